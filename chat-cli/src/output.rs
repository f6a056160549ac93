//! Standard output, where a reader that went away is an ordinary error and not a panic.

use std::borrow::Cow;
use std::io::{self, Write};

use chat_net::chat_core::printable;

/// Prints one line and flushes it, so that whoever reads a pipe sees it now.
///
/// # Errors
/// What the system says; [`crate::exit::is_broken_pipe`] knows the one that is no failure.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Prints text as it is.
///
/// # Errors
/// As [`line()`].
pub(crate) fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints one line of status or complaint on standard error; nobody can be told if that fails.
pub(crate) fn status(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints on standard error why the program fails, made safe to print: a server may have written part of it.
pub(crate) fn complaint(why: &str) {
    status(&format!("chat-cli: {}", printable(why)));
}

/// Prints an object as one line. It may end up in a terminal, which takes more characters for orders than JSON
/// wants escaped: DEL and C1, which can stand inside strings only.
///
/// # Errors
/// As [`line()`].
pub(crate) fn json_line(object: &str) -> io::Result<()> {
    line(&escaped(object))
}

fn escaped(object: &str) -> Cow<'_, str> {
    if !object.contains(char::is_control) {
        return Cow::Borrowed(object);
    }
    let escaped = object.chars().map(|c| match c {
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    Cow::Owned(escaped.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_escaped() {
        assert!(matches!(escaped(r#"{"body":"é 漢字"}"#), Cow::Borrowed(_)));
        let object = serde_json::json!({ "body": "a\u{9b}31m\u{7f}\u{1b}b\u{85}" }).to_string();
        let line = escaped(&object);
        assert_eq!(line, r#"{"body":"a\u009b31m\u007f\u001bb\u0085"}"#);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["body"], "a\u{9b}31m\u{7f}\u{1b}b\u{85}");
    }
}
