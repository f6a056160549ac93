//! What is said to whoever uses the client, as values: plain lines begin with a sign for what each is, the screen
//! shows it in its own way.

use std::fmt;

use bytes::BytesMut;
use chat_net::chat_core::{Answer, Code, Event, Refusal, RequestId, Timestamp, printable};
use chat_net::client::AskError;
use chat_net::codec::text::{self, Ignored};
use chat_net::codec::{FromServer, Told};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was said or done, with its time.
    Talk,
    /// The same, while the connection was away.
    Missed,
    /// A word of the program's, or of the server's: an answer, or what became of something.
    Note,
    /// What somebody wanted was not done.
    Fault,
}

/// A line. Its text is safe to print, and has no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl Line {
    fn new(kind: Kind, text: &str) -> Line {
        Line { kind, text: printable(text).into_owned() }
    }

    /// A word of the program's own.
    pub(crate) fn note(what: &str) -> Line {
        Line::new(Kind::Note, what)
    }

    /// Something was not done.
    pub(crate) fn fault(what: &str) -> Line {
        Line::new(Kind::Fault, what)
    }

    /// What is wrong with a line that was typed.
    pub(crate) fn refused(code: Code, why: &str) -> Line {
        Line::fault(&format!("{}: {why}", code.name()))
    }

    /// What others do, as it stands among the talk: with its time, and its date if that is another day.
    pub(crate) fn talk(at: Timestamp, now: Timestamp, what: &str) -> Line {
        let (hours, minutes, seconds) = at.clock();
        let (year, month, day) = at.date();
        let date = if at.day() == now.day() { String::new() } else { format!("{year}-{month:02}-{day:02} ") };
        Line::new(Kind::Talk, &format!("[{date}{hours:02}:{minutes:02}:{seconds:02}] {what}"))
    }

    /// The same line, as one that was missed.
    pub(crate) fn missed(self) -> Line {
        Line { kind: Kind::Missed, text: self.to_string() }
    }

    /// Of lines as the text codec prints them, which begin with what they are.
    fn read(printed: &str) -> Line {
        let signs = [(Kind::Note, "- "), (Kind::Fault, "! ")];
        let mut known =
            signs.into_iter().filter_map(|(kind, sign)| Some((kind, printed.strip_prefix(sign)?)));
        let (kind, text) = known.next().unwrap_or((Kind::Talk, printed));
        Line { kind, text: text.to_owned() }
    }
}

/// The line as it is printed, without its end and without colours.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Talk => "",
            Kind::Missed => "~ ",
            Kind::Note => "- ",
            Kind::Fault => "! ",
        })?;
        f.write_str(&self.text)
    }
}

/// The lines that `frame` is shown as; none if it is nothing to read.
pub(crate) fn lines(frame: &FromServer) -> Vec<Line> {
    let mut out = BytesMut::new();
    text::encode_server(frame, false, &mut out);
    read(&out)
}

/// The same of what was before: what is not from today has its date.
pub(crate) fn past_lines(told: &Told, now: Timestamp) -> Vec<Line> {
    let mut out = BytesMut::new();
    text::encode_server_at(&FromServer::Told(told.clone()), now, &mut out);
    read(&out)
}

/// The lines of an answer at `now`, without what is of those whom the person ignores.
pub(crate) fn answer(told: &[Told], answer: &Answer, ignored: &Ignored, now: Timestamp) -> Vec<Line> {
    let seen = told.iter().filter(|told| !ignored.hides(&told.event));
    let end = FromServer::Answered { re: RequestId(1), answer: answer.clone() };
    seen.flat_map(|told| past_lines(told, now)).chain(lines(&end)).collect()
}

/// What can be typed, about that if something is named; `files` are the commands about files.
pub(crate) fn help(about: &str, files: &str) -> Vec<Line> {
    text::help(about, files).lines().map(Line::read).collect()
}

/// The lines of a refusal.
pub(crate) fn refusal(refusal: &Refusal) -> Vec<Line> {
    let event = Event::Refused(refusal.clone());
    lines(&FromServer::Told(Told { re: RequestId::NONE, past: false, at: Timestamp(0), event }))
}

/// The lines of an ask that failed.
pub(crate) fn failed(error: &AskError) -> Vec<Line> {
    match error {
        AskError::Refused(refused) => refusal(refused),
        error => vec![Line::note(&format!("nobody knows whether that was taken: {error}"))],
    }
}

fn read(printed: &[u8]) -> Vec<Line> {
    String::from_utf8_lossy(printed).lines().map(Line::read).collect()
}

/// What comes of something: lines, and where they are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Talk, and answers to what was asked.
    Talk(Vec<Line>),
    /// Refusals, and the state of the connection.
    Status(Vec<Line>),
}

impl Shown {
    /// The lines, for whoever has one place for all.
    pub(crate) fn into_lines(self) -> Vec<Line> {
        match self {
            Shown::Talk(lines) | Shown::Status(lines) => lines,
        }
    }
}

/// One line about the state of something.
impl From<Line> for Shown {
    fn from(line: Line) -> Shown {
        Shown::Status(vec![line])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::testing;

    #[test]
    fn a_line_says_what_it_is_once_and_nothing_in_it_commands_a_terminal() {
        for (line, kind, printed) in [
            (Line::note("a\x1b\nb"), Kind::Note, "- a<U+001B>↵b"),
            (Line::fault("- x"), Kind::Fault, "! - x"),
            (Line::refused(Code::BadAsk, "no"), Kind::Fault, "! bad_ask: no"),
            (Line::talk(Timestamp(0), Timestamp(1), "! b"), Kind::Talk, "[00:00:00] ! b"),
            (Line::talk(Timestamp(0), Timestamp(86_400_000), "b"), Kind::Talk, "[1970-01-01 00:00:00] b"),
            (Line::talk(Timestamp(0), Timestamp(1), "b").missed(), Kind::Missed, "~ [00:00:00] b"),
        ] {
            assert_eq!((line.kind, line.to_string().as_str()), (kind, printed));
        }
    }

    #[test]
    fn what_the_codec_prints_is_read_as_what_it_is() {
        let printed = "- users: bob\n! busy: later\n[00:00:00] #x <bob> - hi\n";
        let lines = read(printed.as_bytes());
        let kinds: Vec<Kind> = lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds, [Kind::Note, Kind::Fault, Kind::Talk]);
        assert_eq!(testing::printed(&lines), printed);
    }
}
