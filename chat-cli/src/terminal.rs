//! What a terminal says of itself.

/// What is assumed where a terminal does not say.
const SIZE: Size = Size { columns: 80, rows: 24 };

/// How large a terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// The size of the terminal that is written to, which need not be the one that controls the process.
#[cfg(unix)]
pub(crate) fn terminal_size(out: &impl std::os::fd::AsFd) -> Size {
    known(rustix::termios::tcgetwinsize(out).ok().map(|size| (size.ws_col, size.ws_row)))
}

/// The size of the terminal.
#[cfg(not(unix))]
pub(crate) fn terminal_size<T>(_: &T) -> Size {
    known(crossterm::terminal::size().ok())
}

fn known(size: Option<(u16, u16)>) -> Size {
    let known = |told: u16, assumed: usize| if told == 0 { assumed } else { usize::from(told) };
    size.map_or(SIZE, |(columns, rows)| Size {
        columns: known(columns, SIZE.columns),
        rows: known(rows, SIZE.rows),
    })
}

/// Whether the terminal wraps what has become too wide for it, as most do; these few are known to cut it off.
pub(crate) fn wraps() -> bool {
    let is_set = |key: &str| std::env::var_os(key).is_some();
    let term = std::env::var("TERM").unwrap_or_default();
    let screen = term.starts_with("screen") && !is_set("TMUX");
    !(screen || term.starts_with("linux") || is_set("XTERM_VERSION"))
}

/// A line from the keyboard; `None` at its end.
pub(crate) fn read_line() -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let bytes = std::io::stdin().read_line(&mut line)?;
    Ok((bytes > 0).then(|| line.trim().to_owned()))
}

/// While it exists, what is typed at the terminal is not shown, and neither Ctrl-Z nor Ctrl-\ does anything: a shell would be
/// left with a terminal that shows nothing.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Hidden(rustix::termios::Termios);

#[cfg(unix)]
impl Hidden {
    /// Begins to hide. What was typed before is thrown away: it was meant for something else.
    ///
    /// # Errors
    /// Standard input is no terminal, or it is gone.
    pub(crate) fn new() -> std::io::Result<Hidden> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        // Zero is no key (_POSIX_VDISABLE).
        hidden.special_codes[SpecialCodeIndex::VSUSP] = 0;
        hidden.special_codes[SpecialCodeIndex::VQUIT] = 0;
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Hidden(before))
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        // The terminal may be gone; there is nobody to tell.
        let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, &self.0);
    }
}

/// Here, what is typed cannot be hidden.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Hidden(());

#[cfg(not(unix))]
impl Hidden {
    /// Never begins to hide.
    ///
    /// # Errors
    /// Always.
    pub(crate) fn new() -> std::io::Result<Hidden> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}
