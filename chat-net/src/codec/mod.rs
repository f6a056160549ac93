//! What travels between a client and a server, and the forms it travels in. Pure: no codec knows a socket.
//!
//! `wire` is the vocabulary. `frame` and `line` cut a byte stream into payloads; `bincode`, `json` and `text`
//! turn payloads into the vocabulary and back. [`Form`] puts one of each together.

pub mod bincode;
mod chunk;
mod error;
mod form;
pub mod frame;
pub mod json;
pub mod line;
mod secret;
pub mod telnet;
pub mod text;
pub mod websocket;
mod wire;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod properties;

pub use error::{BadAsk, ProtocolError, TooLarge};
pub use form::Form;
pub(crate) use form::Framing;
pub use secret::Secret;
pub use wire::{
    Chunk, Closing, Credit, FromClient, FromServer, Hello, Limits as WireLimits, PROTOCOL_VERSION,
    RoomPosition, Told, Welcome,
};
