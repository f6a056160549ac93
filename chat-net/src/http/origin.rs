//! From which pages a WebSocket is accepted: a page of another site could else speak with the name and rights of whoever
//! looks at it.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

use crate::conn::Whence;

/// Whether a browser's page may connect (RFC 6454, RFC 6455 section 10.2): one from this very host, or a listed one. Who sends no
/// `Origin` is no browser.
///
/// On a connection that came to a loopback address the host must be called so too: any site can let its name stand for
/// 127.0.0.1, and its page would be of the same host. On one that is encrypted the page must have been, too; on one that is not,
/// it may have been: there may be a proxy between.
pub(super) fn may_connect(headers: &HeaderMap, listed: &[String], whence: Whence) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let (Ok(origin), None) = (origin.to_str(), origins.next()) else { return false };
    if listed.iter().any(|listed| same(listed, origin)) {
        return true;
    }
    let Some((is_https, authority)) = parts(origin) else { return false };
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(Ok(host)), None) = (hosts.next().map(|host| host.to_str()), hosts.next()) else { return false };
    host.eq_ignore_ascii_case(authority)
        && (is_https || !whence.is_encrypted)
        && (!whence.is_loopback || is_loopback_name(host))
}

/// Whether two origins are the same, as a browser writes them: scheme, host and port, nothing behind.
fn same(listed: &str, origin: &str) -> bool {
    listed.trim_end_matches('/').eq_ignore_ascii_case(origin)
}

/// Whether an origin is of `https`, and its host and port as they are written there; none if it is no origin of a page.
fn parts(origin: &str) -> Option<(bool, &str)> {
    let (scheme, authority) = origin.split_once("://")?;
    let is_https = scheme.eq_ignore_ascii_case("https");
    let is_web = is_https || scheme.eq_ignore_ascii_case("http");
    let is_plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(&byte));
    (is_web && is_plain && !authority.is_empty()).then_some((is_https, authority))
}

/// `localhost`, a name below it, or a loopback address; with or without a port.
fn is_loopback_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(is_loopback: bool) -> Whence {
        Whence { is_loopback, ..Whence::default() }
    }

    fn may(host: &str, origin: &str, is_loopback: bool) -> bool {
        may_from(host, origin, to(is_loopback))
    }

    fn may_from(host: &str, origin: &str, whence: Whence) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        headers.insert(header::ORIGIN, origin.parse().unwrap());
        may_connect(&headers, &["https://chat.example.org".into(), "http://intra:81/".into()], whence)
    }

    #[test]
    fn a_page_of_the_host_itself_may_and_one_of_another_may_not() {
        let host = "127.0.0.1:8080";
        for origin in ["http://127.0.0.1:8080", "HTTP://127.0.0.1:8080", "https://127.0.0.1:8080"] {
            assert!(may(host, origin, true), "{origin}");
        }
        for origin in [
            "null",
            "file://",
            "http://",
            "http://127.0.0.1",
            "http://127.0.0.1:80",
            "http://127.0.0.1:8081",
            "http://127.0.0.1:80800",
            "http://127.0.0.2:8080",
            "http://localhost:8080",
            "http://127.0.0.1:8080.evil.example",
            "http://evil.example",
            "http://evil.example:8080",
            "http://evil.example/127.0.0.1:8080",
            "http://evil.example?127.0.0.1:8080",
            "http://evil.example#127.0.0.1:8080",
            "http://evil.example@127.0.0.1:8080",
            "http://127.0.0.1:8080@evil.example",
            "http://127.0.0.1:8080/",
            "http://127.0.0.1:8080/page",
            "http:// 127.0.0.1:8080",
            "http://127.0.0.1:8080, http://evil.example",
            "ws://127.0.0.1:8080",
            "ftp://127.0.0.1:8080",
            "chrome-extension://abcdef",
            "javascript:alert(1)",
            "data:text/html,x",
            "127.0.0.1:8080",
            "//127.0.0.1:8080",
            "http:127.0.0.1:8080",
            "https://chat.example.org.evil.example",
            "https://chat.example.org:444",
            "http://chat.example.org",
        ] {
            assert!(!may(host, origin, true), "{origin}");
        }
    }

    #[test]
    fn a_listed_page_may_whatever_the_host_is() {
        for origin in ["https://chat.example.org", "HTTPS://Chat.Example.org", "http://intra:81"] {
            assert!(may("127.0.0.1:8080", origin, true), "{origin}");
        }
    }

    /// Any site can let its name stand for 127.0.0.1 once its page is loaded.
    #[test]
    fn a_name_that_was_made_to_stand_for_loopback_is_no_excuse() {
        assert!(!may("evil.example:8080", "http://evil.example:8080", true));
        assert!(may("chat.intra:8080", "http://chat.intra:8080", false));
        for host in ["localhost:8080", "LOCALHOST", "my.localhost:1", "127.9.9.9:80", "[::1]:8080", "[::1]"] {
            assert!(may(host, &format!("http://{host}"), true), "{host}");
        }
        for host in
            ["localhost.evil.example:8080", "127.0.0.1.evil.example", "[2001:db8::1]:8080", "notlocalhost"]
        {
            assert!(!may(host, &format!("http://{host}"), true), "{host}");
        }
    }

    #[test]
    fn an_encrypted_server_is_not_of_the_same_origin_as_one_that_is_not() {
        let whence = Whence { is_loopback: true, is_encrypted: true, ..Whence::default() };
        assert!(may_from("localhost", "https://localhost", whence));
        assert!(!may_from("localhost", "http://localhost", whence));
        assert!(!may_from("evil.example", "https://evil.example", whence));
    }

    #[test]
    fn who_sends_no_origin_is_no_browser_and_who_sends_two_is_up_to_no_good() {
        let mut headers = HeaderMap::new();
        assert!(may_connect(&headers, &[], to(true)));
        headers.insert(header::HOST, "localhost".parse().unwrap());
        headers.append(header::ORIGIN, "http://localhost".parse().unwrap());
        assert!(may_connect(&headers, &[], to(true)));
        headers.append(header::ORIGIN, "http://localhost".parse().unwrap());
        assert!(!may_connect(&headers, &[], to(true)));
    }
}
