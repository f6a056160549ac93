//! Lines as a person reads them: with colours that say nothing the words do not.

use std::time::{SystemTime, UNIX_EPOCH};

use anstyle::{AnsiColor, Effects, Style};
use chat_net::chat_core::Timestamp;

use super::line::{Kind, Line};
use crate::cli::ColorWhen;

/// Colours for names; each keeps its own in every session. Black and white could be the background, on which yellow and
/// what is bright may not be read, and red is for refusals.
const NAMES: [AnsiColor; 6] = [
    AnsiColor::Green,
    AnsiColor::Blue,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::BrightBlue,
    AnsiColor::BrightMagenta,
];

const FAINT: Style = Style::new().effects(Effects::DIMMED);
const BOLD: Style = Style::new().effects(Effects::BOLD);
const REFUSED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// The time of day.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Which of so many colours a name has: the same always, whatever its case.
pub(crate) fn colour_number(name: &str, colours: usize) -> usize {
    // FNV-1a: the same for ever, whatever the standard library's hash becomes.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    });
    (hash % colours as u64) as usize
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    on: bool,
}

impl Palette {
    /// Whether there are colours: as told, or else in a terminal that wants and knows them.
    pub(crate) fn new(when: ColorWhen, is_terminal: bool, env: impl Fn(&str) -> Option<String>) -> Palette {
        let unwanted = || {
            let dumb = env("TERM").is_some_and(|term| term == "dumb");
            dumb || env("NO_COLOR").is_some_and(|value| !value.is_empty())
        };
        let on = match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !unwanted(),
        };
        Palette { on }
    }

    /// Whether there are.
    pub(crate) fn is_coloured(self) -> bool {
        self.on
    }

    /// The prompt, in bold.
    pub(crate) fn prompt(self, prompt: &str) -> String {
        self.paint(BOLD, prompt)
    }

    /// Lines as they are printed, each ended by a newline, coloured.
    pub(crate) fn lines(self, lines: &[Line]) -> String {
        lines.iter().map(|line| self.line(line) + "\n").collect()
    }

    /// A line as it is printed, coloured, without its end.
    pub(crate) fn line(self, line: &Line) -> String {
        if !self.on {
            return line.to_string();
        }
        match line.kind {
            Kind::Talk => self.timed(&line.text),
            Kind::Missed => format!("{} {}", self.paint(FAINT, "~"), self.timed(&line.text)),
            Kind::Note => self.paint(FAINT, &line.to_string()),
            Kind::Fault => {
                let printed = line.to_string();
                let reason = printed.find(':').map_or(printed.len(), |at| at + 1);
                self.paint(REFUSED, &printed[..reason]) + &printed[reason..]
            }
        }
    }

    fn timed(self, text: &str) -> String {
        match text.split_once("] ") {
            Some((time, rest)) => format!("{} {}", self.paint(FAINT, &format!("{time}]")), self.talk(rest)),
            None => self.paint(FAINT, text),
        }
    }

    /// `#lobby <alice> hello`, `#lobby * bob joined` or `alice whispers: psst`. Names and rooms have no blanks,
    /// and stand before anything that others wrote.
    fn talk(self, rest: &str) -> String {
        let mut words = rest.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(room), Some("*"), Some(name), what) if room.starts_with('#') => {
                let what = what.map_or_else(String::new, |what| self.paint(FAINT, &format!(" {what}")));
                format!("{} * {}{what}", self.paint(BOLD, room), self.name(name))
            }
            (Some(room), Some(name), ..) if room.starts_with('#') && name.starts_with('<') => {
                let bare = name.trim_matches(['<', '>']);
                let body = &rest[room.len() + 1 + name.len()..];
                format!("{} <{}>{body}", self.paint(BOLD, room), self.name(bare))
            }
            (Some(name), Some(_), ..) => format!("{}{}", self.name(name), &rest[name.len()..]),
            _ => rest.to_owned(),
        }
    }

    fn name(self, name: &str) -> String {
        self.paint(NAMES[colour_number(name, NAMES.len())].on_default(), name)
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.on { format!("{}{text}{}", style.render(), style.render_reset()) } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Removes colours again.
    fn bare(text: &str) -> String {
        let mut parts = text.split('\x1b');
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |bare, part| bare + part.split_once('m').unwrap().1)
    }

    fn talk(words: &str) -> Line {
        Line::talk(Timestamp(1_763_733_909_123), Timestamp(1_763_733_909_999), words)
    }

    const ON: Palette = Palette { on: true };

    #[test]
    fn colours_change_no_character() {
        let lines = [
            talk("#lobby <alice> hello  you #x <b>"),
            talk("#lobby * bob joined"),
            talk("#lobby * bob set the topic: a b  c"),
            talk("alice whispers: psst"),
            talk("#lobby <alice> [x] y").missed(),
            Line::note("users in #lobby (2): alice bob"),
            Line::fault("name_taken: \"bob\" is taken, choose another name"),
            Line::fault("odd"),
        ];
        let printed: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let coloured = ON.lines(&lines);
        assert_eq!(bare(&coloured), printed);
        assert!(coloured.lines().all(|line| line.contains('\x1b')));
        assert_eq!(Palette { on: false }.lines(&lines), printed);
    }

    #[test]
    fn a_name_keeps_its_colour_whatever_its_case_and_place() {
        let said = ON.line(&talk("#lobby <alice> hello"));
        let joined = ON.line(&talk("#dev * alice joined"));
        let name = ON.name("alice");
        assert!(said.contains(&name) && joined.contains(&name));
        assert_eq!(ON.name("ALICE").replace("ALICE", "alice"), name);
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let on = |when, terminal, set: &'static [(&str, &str)]| {
            let env =
                |key: &str| set.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
            Palette::new(when, terminal, env).on
        };
        assert!(on(ColorWhen::Auto, true, &[("TERM", "xterm"), ("NO_COLOR", "")]));
        assert!(!on(ColorWhen::Auto, false, &[]));
        assert!(!on(ColorWhen::Auto, true, &[("NO_COLOR", "1")]));
        assert!(!on(ColorWhen::Auto, true, &[("TERM", "dumb")]));
        assert!(on(ColorWhen::Always, false, &[("NO_COLOR", "1")]));
        assert!(!on(ColorWhen::Never, true, &[]));
    }
}
