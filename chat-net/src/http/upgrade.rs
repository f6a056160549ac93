//! The handshake of a WebSocket, by RFC 6455 section 4.2: what a request must have, and the answer.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::headers::members;
use crate::codec::Form;

/// What is appended to a client's key (section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The subprotocols that are spoken, the first if a client names none.
pub(super) const SUBPROTOCOLS: [(&str, Form); 2] =
    [("chat.v1.json", Form::WsJson), ("chat.v1.bincode", Form::WsBincode)];

/// A request that may become a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) form: Form,
    /// The value of `Sec-WebSocket-Accept`.
    pub(super) accept: HeaderValue,
    /// The value of `Sec-WebSocket-Protocol`, if the client named any.
    pub(super) subprotocol: Option<HeaderValue>,
}

/// Why a request does not become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) sentence: &'static str,
}

const fn bad(sentence: &'static str) -> Refused {
    Refused { status: StatusCode::BAD_REQUEST, sentence }
}

/// The value of `Sec-WebSocket-Accept` that answers a client's `Sec-WebSocket-Key`, by RFC 6455 section 4.2.2. `None` if the
/// key is not sixteen bytes of base64. For servers of one's own that use [`codec::websocket`](crate::codec::websocket).
#[must_use]
pub fn accept_value(key: &str) -> Option<String> {
    STANDARD.decode(key).is_ok_and(|key| key.len() == 16).then(|| {
        let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
        STANDARD.encode(digest)
    })
}

/// Looks at a request to `/ws`.
pub(super) fn accept(method: &Method, version: Version, headers: &HeaderMap) -> Result<Accepted, Refused> {
    if !has_token(headers, header::UPGRADE, "websocket") || !has_token(headers, header::CONNECTION, "upgrade")
    {
        return Err(Refused {
            status: StatusCode::UPGRADE_REQUIRED,
            sentence: "this address speaks WebSocket only; open / for the page",
        });
    }
    if method != Method::GET || version != Version::HTTP_11 {
        return Err(bad("a WebSocket begins with a GET of HTTP/1.1"));
    }
    match headers.get(header::SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes) {
        Some(b"13") => {}
        _ => {
            return Err(Refused {
                status: StatusCode::UPGRADE_REQUIRED,
                sentence: "only version 13 of WebSocket is spoken here",
            });
        }
    }
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Err(bad("a WebSocket needs one Sec-WebSocket-Key"));
    };
    let accept = key.to_str().ok().and_then(accept_value).and_then(|value| HeaderValue::try_from(value).ok());
    let accept = accept.ok_or(bad("the Sec-WebSocket-Key is not sixteen bytes of base64"))?;
    let (subprotocol, form) = subprotocol(headers)?;
    Ok(Accepted { form, accept, subprotocol })
}

/// The first of the client's subprotocols that is spoken here.
fn subprotocol(headers: &HeaderMap) -> Result<(Option<HeaderValue>, Form), Refused> {
    let mut named = members(headers, header::SEC_WEBSOCKET_PROTOCOL).peekable();
    if named.peek().is_none() {
        return Ok((None, SUBPROTOCOLS[0].1));
    }
    named
        .find_map(|name| SUBPROTOCOLS.into_iter().find(|(known, _)| *known == name))
        .map(|(name, form)| (Some(HeaderValue::from_static(name)), form))
        .ok_or(bad("none of these subprotocols is spoken here; chat.v1.json and chat.v1.bincode are"))
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    members(headers, name).any(|found| found.eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(changes: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let sound = [
            ("upgrade", "websocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        for (name, value) in sound.iter().chain(changes) {
            match *value {
                "" => drop(headers.remove(*name)),
                value => drop(headers.insert(*name, HeaderValue::from_static(value))),
            }
        }
        headers
    }

    fn look(changes: &[(&'static str, &'static str)]) -> Result<Accepted, Refused> {
        accept(&Method::GET, Version::HTTP_11, &headers(changes))
    }

    /// The key and its answer are the example of RFC 6455 section 1.3.
    #[test]
    fn a_sound_handshake_is_accepted() {
        let accepted = look(&[]).unwrap();
        assert_eq!(accepted.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!((accepted.form, accepted.subprotocol), (Form::WsJson, None));
        let accepted = look(&[("sec-websocket-protocol", "mqtt, chat.v1.bincode,chat.v1.json")]).unwrap();
        assert_eq!(accepted.form, Form::WsBincode);
        assert_eq!(accepted.subprotocol.unwrap(), "chat.v1.bincode");
    }

    #[test]
    fn what_is_no_handshake_is_refused_with_its_status() {
        for (change, status) in [
            (("upgrade", ""), 426),
            (("upgrade", "h2c"), 426),
            (("connection", "keep-alive"), 426),
            (("sec-websocket-version", "8"), 426),
            (("sec-websocket-version", ""), 426),
            (("sec-websocket-key", ""), 400),
            (("sec-websocket-key", "short"), 400),
            (("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ"), 400),
            (("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZSBpcyBsb25n"), 400),
            (("sec-websocket-protocol", "mqtt"), 400),
        ] {
            assert_eq!(look(&[change]).unwrap_err().status, status, "{change:?}");
        }
        let all = headers(&[]);
        assert_eq!(accept(&Method::POST, Version::HTTP_11, &all).unwrap_err().status, 400);
        assert_eq!(accept(&Method::GET, Version::HTTP_10, &all).unwrap_err().status, 400);
    }
}
