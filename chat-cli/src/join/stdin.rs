//! Standard input as lines, for when it is no terminal.

use std::io::{self, BufRead, BufReader, Read};

use tokio::sync::mpsc;

/// Lines that are read ahead; then whoever writes them waits.
const AHEAD: usize = 16;

/// Bytes of one line; more than any server takes.
const LINE_BYTES: u64 = 64 * 1024;

/// What standard input gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line that is too long; it was dropped.
    TooLong,
}

/// Reads standard input in a thread of its own, for as long as somebody listens. At its end, the channel ends.
pub(crate) fn lines() -> mpsc::Receiver<Input> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Ok(Some(line)) = next(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next line, ended by LF, CR LF or the end of the input.
fn next(input: &mut impl BufRead) -> io::Result<Option<Input>> {
    let mut line = Vec::new();
    if input.take(LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let ended = line.pop_if(|byte| *byte == b'\n').is_some();
    if !ended && line.len() as u64 == LINE_BYTES {
        skip_line(input)?;
        return Ok(Some(Input::TooLong));
    }
    line.pop_if(|byte| *byte == b'\r');
    Ok(Some(Input::Line(line)))
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, done) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut bytes: &[u8]) -> Vec<Input> {
        std::iter::from_fn(|| next(&mut bytes).unwrap()).collect()
    }

    #[test]
    fn lines_end_in_any_way() {
        let line = |text: &str| Input::Line(text.into());
        assert_eq!(all(b"a\nb\r\n\nlast"), [line("a"), line("b"), line(""), line("last")]);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_whole() {
        let long = "x".repeat(LINE_BYTES as usize + 10);
        assert_eq!(all(format!("{long}\nb\n").as_bytes()), [Input::TooLong, Input::Line("b".into())]);
        assert_eq!(all(long.as_bytes()), [Input::TooLong]);
    }
}
