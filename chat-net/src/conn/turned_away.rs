//! What is told to connections that speak something else, or are not let in.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chat_core::Code;
use tokio::time::timeout;

use super::io::{Drain, Source};
use super::{FAREWELL, Shared, Whence, recognise_first};
use crate::admission::Admitted;
use crate::codec::Form;
use crate::door::Recognised;
use crate::notice;

/// The code of what a connection is told that speaks something else.
pub(super) fn why_not(what: Recognised) -> Code {
    match what {
        Recognised::UnsupportedVersion => Code::UnsupportedVersion,
        _ => Code::WrongProtocol,
    }
}

const NOT_A_WEB_SERVER: &str =
    "This is a chat server, it has no pages. Join it with `chat-cli join`, or with `nc HOST PORT`.\n";

/// RFC 8446 section 6: a fatal alert, handshake_failure.
const NO_TLS: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28];

/// The same, internal_error, for a connection that is one too many: a handshake is work, which such a one is not worth.
/// To clients it means: come back later.
const NOT_NOW: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x50];

/// What a peer is told that speaks something else, in its own protocol.
pub(super) fn not_for_us(what: Recognised) -> Bytes {
    match what {
        Recognised::Http => http("404 Not Found", NOT_A_WEB_SERVER),
        Recognised::Tls => Bytes::from_static(&NO_TLS),
        Recognised::UnsupportedVersion => farewell(Form::JsonFrames, Code::UnsupportedVersion),
        _ => farewell(Form::Text, Code::WrongProtocol),
    }
}

/// A whole answer to an HTTP request, after which the connection ends.
pub(super) fn http(status: &str, sentence: &str) -> Bytes {
    Bytes::from(format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{sentence}",
        sentence.len(),
    ))
}

/// A farewell as bytes, for connections that have no outbox.
pub(super) fn farewell(form: Form, code: Code) -> Bytes {
    let mut bytes = BytesMut::new();
    form.encode(&crate::codec::FromServer::Closing(notice::closing(code)), false, &mut bytes);
    bytes.freeze()
}

/// What is told to a connection that is not let in, where it is not waited for what it speaks.
pub(crate) fn farewell_at_once(shared: &Shared, code: Code) -> Bytes {
    if shared.is_secure() { Bytes::from_static(&NOT_NOW) } else { farewell(Form::Text, code) }
}

pub(super) async fn answer(mut drain: Drain, bytes: Bytes, _admitted: Option<Admitted>) {
    use tokio::io::AsyncWriteExt;
    // Whoever does not want to hear why does not need to.
    let _ = timeout(FAREWELL, async {
        drain.write_all(&bytes).await?;
        drain.shutdown().await
    })
    .await;
}

/// Tells a connection that is not let in why, in its own form if that shows soon.
pub(crate) async fn refuse(shared: Arc<Shared>, (mut source, drain): (Source, Drain), code: Code) {
    let mut first = Vec::new();
    // It is told soon, whoever else was at its address.
    let (silence_ms, within) = (shared.limits.sniff_ms, Some(Whence::default()));
    let recognising = recognise_first(&shared, &mut source, &mut first, silence_ms, within);
    let Some(known) = Box::pin(recognising).await else { return };
    let bytes = match known {
        Recognised::Tls if shared.is_secure() => Bytes::from_static(&NOT_NOW),
        Recognised::Framed(form) => farewell(form, code),
        Recognised::JsonLines => farewell(Form::JsonLines, code),
        Recognised::NeedMore | Recognised::Person => farewell(Form::Text, code),
        Recognised::Http => http("503 Service Unavailable", &format!("{}\n", code.sentence())),
        other => not_for_us(other),
    };
    answer(drain, bytes, None).await;
}
