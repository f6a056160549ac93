//! The page: files that are part of the program, served with a policy that lets them run nothing else.

use std::io::Write;
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::headers::members;

/// One file.
pub(super) struct File {
    name: &'static str,
    bytes: &'static [u8],
    /// For those who take it, made when the first asks.
    gzip: OnceLock<Vec<u8>>,
    /// What tells this file from another of its name.
    tag: OnceLock<String>,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The first is what `/` shows.
        static FILES: [File; [$($name),*].len()] =
            [$(File { name: $name, bytes: include_bytes!(concat!("page/", $name)), gzip: OnceLock::new(), tag: OnceLock::new() }),*];
    };
}

files![
    "index.html",
    "account.js",
    "actions.js",
    "announce.js",
    "asking.js",
    "base64.js",
    "blake3.js",
    "chat-client.js",
    "commands.js",
    "complete.js",
    "compose.js",
    "dialogs.js",
    "dom.js",
    "door.js",
    "drawers.js",
    "dropping.js",
    "emoji.js",
    "filecard.js",
    "hash-worker.js",
    "hashing.js",
    "header.js",
    "hold.js",
    "icon.svg",
    "ignored.js",
    "keepsake.js",
    "keys.js",
    "lines.js",
    "login.js",
    "logview.js",
    "main.js",
    "members.js",
    "menu.js",
    "mirror.js",
    "model.js",
    "moderate.js",
    "modes.js",
    "notify.js",
    "order.js",
    "paint.js",
    "picking.js",
    "place.js",
    "receiving.js",
    "roomdialog.js",
    "rows.js",
    "scroll.js",
    "search.js",
    "sending.js",
    "session.js",
    "sidebar.js",
    "status.js",
    "style.css",
    "text.js",
    "theme.js",
    "time.js",
    "transfers.js",
];

/// Nothing but the page's own files is loaded or run, and it talks to nobody but its own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; \
                      img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The file of that name; the first for no name.
pub(super) fn file(name: &str) -> Option<&'static File> {
    if name.is_empty() { FILES.first() } else { FILES.iter().find(|file| file.name == name) }
}

impl File {
    /// The file, or that it is the one that the browser has already.
    pub(super) fn response(&'static self, request: &HeaderMap) -> Response<Body> {
        let tag = self.tag.get_or_init(|| format!("\"{}\"", &blake3::hash(self.bytes).to_hex()[..16]));
        let is_known =
            members(request, header::IF_NONE_MATCH).any(|known| known.trim_start_matches("W/") == tag);
        let gzip = members(request, header::ACCEPT_ENCODING).any(takes_gzip);
        let mut response = Response::new(match (is_known, gzip) {
            (true, _) => Body::empty(),
            (false, true) => Body::from(&self.gzip.get_or_init(|| gzip_of(self.bytes))[..]),
            (false, false) => Body::from(self.bytes),
        });
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, kind(self.name)),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::VARY, "accept-encoding"),
            // A browser asks each time, and is told that nothing changed: a new server has its own page at once.
            (header::CACHE_CONTROL, "no-cache"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if gzip && !is_known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        // Weak, because the bytes differ by encoding.
        if let Ok(tag) = HeaderValue::from_str(&format!("W/{tag}")) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// Whether a member of `Accept-Encoding` takes gzip (RFC 9110 section 12.5.3).
fn takes_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
    is_gzip && !parts.any(|weight| matches!(weight.trim_end_matches(['0', '.']), "q=" | "Q="))
}

fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let done = encoder.write_all(bytes).and_then(|()| encoder.finish());
    done.expect("a vector takes every write")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_page_is_served_under_its_name() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/page");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| [".html", ".css", ".js", ".svg"].iter().any(|end| name.ends_with(end)))
            .collect();
        let served: BTreeSet<String> = FILES.iter().map(|file| file.name.to_owned()).collect();
        assert_eq!(served, there);
    }

    #[test]
    fn all_of_it_is_small_on_its_way() {
        let bytes: usize = FILES.iter().map(|file| gzip_of(file.bytes).len()).sum();
        assert!(bytes <= 110 * 1000, "{bytes} bytes");
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (coding, takes) in [
            ("gzip", true),
            ("GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
        ] {
            assert_eq!(takes_gzip(coding), takes, "{coding}");
        }
    }
}
