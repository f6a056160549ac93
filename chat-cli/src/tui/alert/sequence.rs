//! The sequences by which terminals notify; there are two, and some terminals have none.

/// What a terminal understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `OSC 777`, with a title: urxvt, foot, ghostty, kitty, Konsole, WezTerm, VTE where it is built in. Others that do not
    /// know it take no notice.
    Titled,
    /// `OSC 9`, one line: iTerm2, ConEmu.
    Line,
    /// Nothing, or not that it notifies.
    Mute,
}

/// What stands between this program and the terminal, and must be told to pass a sequence on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    /// tmux, which passes on with `allow-passthrough on`.
    Tmux,
    /// GNU screen.
    Screen,
}

/// How the terminal is made to notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    form: Form,
    between: Between,
}

impl Terminal {
    /// As the environment tells; of a terminal within another one, its own variables may tell of the other one.
    pub(crate) fn new(env: impl Fn(&str) -> Option<String>) -> Terminal {
        let is_set = |key: &str| env(key).is_some_and(|value| !value.is_empty());
        let is = |key: &str, value: &str| env(key).as_deref() == Some(value);
        let term = env("TERM").unwrap_or_default();
        let between = match (is_set("TMUX"), is_set("STY") && term.starts_with("screen")) {
            (true, _) => Between::Tmux,
            (_, true) => Between::Screen,
            _ => Between::Nothing,
        };
        let is_named = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
        let form = if is_named(&["linux", "vt", "dumb", "alacritty"]) {
            Form::Mute
        } else if is_named(&["xterm-kitty", "xterm-ghostty", "foot", "rxvt", "wezterm"]) {
            Form::Titled
        } else if is("TERM_PROGRAM", "iTerm.app") || is("LC_TERMINAL", "iTerm2") || is_set("ConEmuPID") {
            Form::Line
        } else if is("TERM_PROGRAM", "Apple_Terminal")
            || is("TERM_PROGRAM", "vscode")
            || is_set("ALACRITTY_WINDOW_ID")
            || is_set("WT_SESSION")
        {
            Form::Mute
        } else {
            Form::Titled
        };
        Terminal { form, between }
    }

    /// Whether it is known not to notify.
    pub(super) fn is_mute(self) -> bool {
        self.form == Form::Mute
    }

    /// The sequence; the words have no control characters.
    pub(super) fn notification(self, title: &str, text: &str) -> String {
        // A semicolon ends a word; in OSC 9, it would make an order to the progress bar of what begins with a digit.
        let (title, text) = (title.replace(';', ","), text.replace(';', ","));
        let osc = match self.form {
            Form::Titled => format!("\x1b]777;notify;{title};{text}\x07"),
            Form::Line => format!("\x1b]9;{title}: {text}\x07"),
            Form::Mute => return String::new(),
        };
        match self.between {
            Between::Nothing => osc,
            Between::Tmux => format!("\x1bPtmux;{}\x1b\\", osc.replace('\x1b', "\x1b\x1b")),
            Between::Screen => format!("\x1bP{osc}\x1b\\"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(set: &'static [(&str, &str)]) -> String {
        let find =
            |key: &str| set.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
        Terminal::new(find).notification("bob", "4;x")
    }

    #[test]
    fn each_terminal_gets_what_it_understands() {
        let (titled, line) = ("\x1b]777;notify;bob;4,x\x07", "\x1b]9;bob: 4,x\x07");
        assert_eq!(sequence(&[("TERM", "xterm-kitty"), ("WT_SESSION", "x")]), titled);
        assert_eq!(sequence(&[("TERM", "xterm-256color"), ("VTE_VERSION", "8400")]), titled);
        assert_eq!(sequence(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")]), line);
        for mute in [
            &[("TERM", "linux")][..],
            &[("TERM", "alacritty")],
            &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")],
            &[("TERM", "xterm-256color"), ("WT_SESSION", "x")],
        ] {
            assert_eq!(sequence(mute), "");
        }
    }

    #[test]
    fn what_stands_between_is_told_to_pass_it_on() {
        assert_eq!(
            sequence(&[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux"), ("LC_TERMINAL", "iTerm2")]),
            "\x1bPtmux;\x1b\x1b]9;bob: 4,x\x07\x1b\\"
        );
        assert_eq!(
            sequence(&[("TERM", "screen-256color"), ("STY", "1.a")]),
            "\x1bP\x1b]777;notify;bob;4,x\x07\x1b\\"
        );
    }
}
