//! Chunks of files on the wire: their binary form without a copy, their JSON form in base64.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bincode::de::Decoder;
use bincode::enc::{Encoder, write::Writer};
use bincode::error::{DecodeError, EncodeError};
use bytes::Bytes;
use chat_core::TransferId;
use serde::{Deserialize, Serialize};

use super::wire::Chunk;

impl bincode::Encode for Chunk {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.transfer, self.pass, self.offset, self.data.len() as u64).encode(encoder)?;
        encoder.writer().write(&self.data)
    }
}

impl<C> bincode::Decode<C> for Chunk {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Chunk, DecodeError> {
        let (transfer, pass, offset) = bincode::Decode::decode(decoder)?;
        let data: Vec<u8> = bincode::Decode::decode(decoder)?;
        Ok(Chunk { transfer, pass, offset, data: data.into() })
    }
}

bincode::impl_borrow_decode!(Chunk);

/// A chunk as JSON carries it: the bytes in base64 (RFC 4648 section 4, with padding).
#[derive(Serialize, Deserialize)]
pub(super) struct JsonChunk<'a> {
    transfer: TransferId,
    #[serde(default)]
    pass: u32,
    offset: u64,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

impl From<&Chunk> for JsonChunk<'_> {
    fn from(chunk: &Chunk) -> Self {
        let Chunk { transfer, pass, offset, data } = chunk;
        JsonChunk { transfer: *transfer, pass: *pass, offset: *offset, data: STANDARD.encode(data).into() }
    }
}

impl JsonChunk<'_> {
    /// The chunk, or what is wrong with it.
    pub(super) fn decode<E: serde::de::Error>(self) -> Result<Chunk, E> {
        let JsonChunk { transfer, pass, offset, data } = self;
        let data = STANDARD.decode(data.as_bytes()).map_err(|error| E::custom(format!("data: {error}")))?;
        Ok(Chunk { transfer, pass, offset, data: Bytes::from(data) })
    }
}
