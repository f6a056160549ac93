//! Names for folders and files, of what others named.

use std::fmt::Write;

use crate::tui::model::Of;

/// The folder of the server at `HOST:PORT`: `chat.example.org_8443`, `++1_8080`.
pub(super) fn folder(addr: &str) -> String {
    let (host, port) = addr.rsplit_once(':').unwrap_or((addr, ""));
    format!("{}_{}", safe(host.trim_start_matches('[').trim_end_matches(']')), safe(port))
}

/// The file of a window: `server.log`, `#lobby.log`, `@alice.log`.
pub(super) fn file(of: &Of) -> String {
    match of {
        Of::Server => "server.log".to_owned(),
        Of::Room(room) => format!("#{}.log", safe(room.as_str())),
        Of::User(user) => format!("@{}.log", safe(user.as_str())),
    }
}

/// In small letters, as names that differ in case alone are the same here and in some file systems; with nothing in it
/// that has a meaning in a path. Different names stay different.
fn safe(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        match byte.to_ascii_lowercase() {
            byte @ (b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') => safe.push(char::from(byte)),
            b'.' if at > 0 => safe.push('.'),
            // Of an IPv6 address; no file in Windows has a colon in its name.
            b':' => safe.push('+'),
            byte => write!(safe, "%{byte:02x}").expect("a String takes every write"),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::tests::{of, user};

    #[test]
    fn a_server_has_a_folder_that_is_nowhere_else() {
        for (addr, name) in [
            ("chat.example.org:8443", "chat.example.org_8443"),
            ("Chat.Example.ORG:8443", "chat.example.org_8443"),
            ("[2001:db8::1]:80", "2001+db8++1_80"),
            ("[::1]:80", "++1_80"),
            ("..:80", "%2e._80"),
            ("[../../etc]:80", "%2e.%2f..%2fetc_80"),
            ("a\\b:80", "a%5cb_80"),
            ("a+b\n:80", "a%2bb%0a_80"),
        ] {
            assert_eq!(folder(addr), name);
        }
    }

    #[test]
    fn a_window_has_a_file_whatever_the_case_of_its_name() {
        assert_eq!(file(&Of::Server), "server.log");
        assert_eq!(file(&of("Dev.Ops")), "#dev.ops.log");
        assert_eq!(file(&Of::User(user("Alice"))), "@alice.log");
        assert_eq!(file(&of("server")), "#server.log");
    }
}
