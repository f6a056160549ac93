//! Standard output, where a reader that went away is an ordinary error and not a panic.

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
