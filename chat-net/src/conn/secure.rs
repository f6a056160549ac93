//! The door where TLS is spoken: the handshake, then the same door again inside; and what is told to those who come
//! without it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chat_core::Code;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::io::{Drain, Halves, Source};
use super::turned_away::{answer, farewell, http, not_for_us};
use super::whole::Whole;
use super::{Opened, Shared, Whence, io, open_as, read, recognise_first};
use crate::admission::Admitted;
use crate::codec::Form;
use crate::door::Recognised;
use crate::tls::Tls;

/// How a server speaks TLS.
#[derive(Clone, Debug)]
pub(crate) struct Secure {
    pub(crate) tls: Tls,
    /// Whether nothing else is taken.
    pub(crate) is_required: bool,
}

/// The longest beginning of an HTTP request that is looked at, to say where it should go.
const HEAD_BYTES: usize = 8 * 1024;

/// Opens a connection. What was said before the handshake is not what is said inside.
pub(super) async fn open(
    shared: Arc<Shared>,
    secure: Secure,
    halves: Halves,
    admitted: Admitted,
) -> Option<Opened> {
    let (mut source, drain, socket) = halves;
    let limits = &shared.limits;
    let deadline = Instant::now() + Duration::from_millis(limits.handshake_ms);
    // Who speaks TLS speaks first, and must not be greeted because the way is long.
    let patience_ms = if secure.is_required { limits.handshake_ms } else { limits.sniff_ms };
    let mut first = Vec::new();
    let known = recognise_first(&shared, &mut source, &mut first, patience_ms, None).await?;
    match known {
        Recognised::Tls => {
            let within = Some(Whence { is_encrypted: true, ..Whence::of(&source) });
            let mut halves =
                handshake(&shared, &secure.tls, Whole::new(first, (source, drain, socket)), deadline).await?;
            let mut first = Vec::new();
            let silence_ms = shared.limits.sniff_ms;
            let known = recognise_first(&shared, &mut halves.0, &mut first, silence_ms, within).await?;
            open_as((known, first), within, shared, halves, admitted).await
        }
        known if !secure.is_required => {
            open_as((known, first), None, shared, (source, drain, socket), admitted).await
        }
        Recognised::Http => {
            shared.counters.connection_refused(Code::TlsRequired);
            let redirected = redirect(first, source, drain, deadline, admitted);
            Some(Opened::Answer(Box::pin(redirected)))
        }
        known => {
            shared.counters.connection_refused(Code::TlsRequired);
            Some(Opened::Answer(Box::pin(answer(drain, refusal(known), Some(admitted)))))
        }
    }
}

async fn handshake(shared: &Shared, tls: &Tls, whole: Whole, deadline: Instant) -> Option<Halves> {
    let accepting = TlsAcceptor::from(tls.config()).accept(whole);
    let accepted = tokio::select! {
        accepted = timeout_at(deadline, accepting) => accepted,
        () = shared.ending.cancelled() => return None,
    };
    match accepted {
        Ok(Ok(stream)) => Some(io::other(Box::new(stream))),
        Ok(Err(error)) => {
            tracing::debug!(%error, "TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!("TLS handshake took too long");
            None
        }
    }
}

/// What is told to those who speak no TLS, in their own form.
fn refusal(known: Recognised) -> Bytes {
    match known {
        Recognised::Framed(form) => farewell(form, Code::TlsRequired),
        Recognised::JsonLines => farewell(Form::JsonLines, Code::TlsRequired),
        Recognised::NeedMore | Recognised::Person => farewell(Form::Text, Code::TlsRequired),
        other => not_for_us(other),
    }
}

/// Sends a browser to the same place, encrypted.
async fn redirect(
    mut first: Vec<u8>,
    mut source: Source,
    drain: Drain,
    deadline: Instant,
    admitted: Admitted,
) {
    let ends = |head: &[u8]| head.windows(4).any(|end| end == b"\r\n\r\n");
    while !ends(&first) && first.len() < HEAD_BYTES {
        match timeout_at(deadline, read(&mut source, &mut first)).await {
            Ok(Ok(1..)) => {}
            // What came is judged.
            _ => break,
        }
    }
    answer(drain, elsewhere(&first), Some(admitted)).await;
}

const SPEAK_HTTPS: &str = "Everything on this port is encrypted: use https.\n";

/// RFC 9110 section 15.4.9. What the request says is repeated only if it can be nothing but a host and a path.
fn elsewhere(head: &[u8]) -> Bytes {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let path = lines.next().and_then(|line| line.split(|byte| *byte == b' ').nth(1)).unwrap_or_default();
    let is_path = path.starts_with(b"/") && path.iter().all(u8::is_ascii_graphic);
    let path = if is_path { path } else { b"/" };
    let host = lines.take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_at_checked(line.iter().position(|byte| *byte == b':')?)?;
        name.eq_ignore_ascii_case(b"host").then(|| value[1..].trim_ascii())
    });
    let in_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte);
    let status = match host.filter(|host| !host.is_empty() && host.iter().all(in_host)) {
        Some(host) => format!(
            "308 Permanent Redirect\r\nLocation: https://{}{}",
            String::from_utf8_lossy(host),
            String::from_utf8_lossy(path),
        ),
        None => "400 Bad Request".to_owned(),
    };
    http(&status, SPEAK_HTTPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_where_it_wanted_and_nowhere_else() {
        let to = |head: &str| {
            let answer = String::from_utf8(elsewhere(head.as_bytes()).to_vec()).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, SPEAK_HTTPS);
            match head.split_once("Location: ") {
                Some((status, rest)) => {
                    assert!(status.starts_with("HTTP/1.1 308 "), "{answer}");
                    rest.lines().next().unwrap().to_owned()
                }
                None => {
                    assert!(head.starts_with("HTTP/1.1 400 "), "{answer}");
                    String::new()
                }
            }
        };
        for (head, url) in [
            ("GET / HTTP/1.1\r\nHost: chat.example:8080\r\n\r\n", "https://chat.example:8080/"),
            ("GET /a?b=c HTTP/1.1\r\nAccept: x\r\nhOST:[::1]:80\r\n\r\n", "https://[::1]:80/a?b=c"),
            ("GET /ws HTTP/1.1\nHost: h\n\n", "https://h/ws"),
            ("GET http://evil.example/ HTTP/1.1\r\nHost: h\r\n\r\n", "https://h/"),
            ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "https://h/"),
            ("GET /\u{1}x HTTP/1.1\r\nHost: h\r\n\r\n", "https://h/"),
            ("GET / HTTP/1.1\r\nHost: h/@evil.example\r\n\r\n", ""),
            ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", ""),
            ("GET / HTTP/1.1\r\nHost:\r\n\r\n", ""),
            ("GET / HTTP/1.1\r\n\r\nHost: h\r\n\r\n", ""),
            ("GET ", ""),
        ] {
            assert_eq!(to(head), url, "{head}");
        }
    }
}
