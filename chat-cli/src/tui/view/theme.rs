//! Colours, which say nothing that the words and signs do not.

use ratatui_core::style::{Color, Modifier, Style};

use crate::cli::{ColorWhen, ThemeWhich};
use crate::join::{Palette, colour_number};

/// Colours for names, of the sixteen that every terminal has: black and white could be the background, red is for
/// refusals.
const BASIC: [Color; 10] = [
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
];

/// The same of 256: none that is near black, white or red.
const MANY: [u8; 30] = [
    28, 30, 33, 35, 37, 39, 41, 63, 64, 67, 70, 73, 77, 79, 99, 105, 108, 111, 129, 133, 136, 140, 143, 170,
    172, 176, 178, 179, 207, 214,
];

/// How many colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Colours {
    /// None: what stands out is bold, faint or reversed.
    #[default]
    None,
    Sixteen,
    Many,
}

/// How things look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Theme {
    pub(crate) colours: Colours,
}

impl Theme {
    /// The colours that are wanted; if nothing is said, as many as the terminal says that it has.
    pub(crate) fn new(which: ThemeWhich, when: ColorWhen, env: impl Fn(&str) -> Option<String>) -> Theme {
        let is_coloured = match which {
            ThemeWhich::Auto => Palette::new(when, true, &env).is_coloured(),
            ThemeWhich::None => false,
            ThemeWhich::Sixteen | ThemeWhich::Many => when != ColorWhen::Never,
        };
        let has_many = || {
            let term =
                env("TERM").is_some_and(|term| term.ends_with("256color") || term.ends_with("-direct"));
            term || env("COLORTERM").is_some_and(|value| !value.is_empty())
        };
        let colours = match which {
            _ if !is_coloured => Colours::None,
            ThemeWhich::Many => Colours::Many,
            ThemeWhich::Auto if has_many() => Colours::Many,
            _ => Colours::Sixteen,
        };
        Theme { colours }
    }

    /// A name: the same colour always, whatever its case.
    pub(super) fn name(self, name: &str) -> Style {
        match self.colours {
            Colours::None => Style::new(),
            Colours::Sixteen => Style::new().fg(BASIC[colour_number(name, BASIC.len())]),
            Colours::Many => Style::new().fg(Color::Indexed(MANY[colour_number(name, MANY.len())])),
        }
    }

    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn refused(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What names whoever reads.
    pub(super) fn mention(self) -> Style {
        self.coloured(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// What is new, and what could be done now.
    pub(super) fn offer(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// A line that is not part of the talk.
    pub(super) fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn hint(self) -> Style {
        self.bar().add_modifier(Modifier::BOLD)
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colours == Colours::None { Style::new() } else { Style::new().fg(colour) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(which: ThemeWhich, when: ColorWhen, set: &'static [(&str, &str)]) -> Colours {
        let find =
            |key: &str| set.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
        Theme::new(which, when, find).colours
    }

    #[test]
    fn a_terminal_has_as_many_colours_as_it_says() {
        let colours = |when, set| colours(ThemeWhich::Auto, when, set);
        assert_eq!(colours(ColorWhen::Auto, &[("TERM", "xterm-256color")]), Colours::Many);
        assert_eq!(colours(ColorWhen::Auto, &[("TERM", "xterm"), ("COLORTERM", "truecolor")]), Colours::Many);
        assert_eq!(colours(ColorWhen::Auto, &[("TERM", "linux"), ("COLORTERM", "")]), Colours::Sixteen);
        assert_eq!(colours(ColorWhen::Never, &[("TERM", "xterm-256color")]), Colours::None);
        assert_eq!(colours(ColorWhen::Auto, &[("TERM", "xterm"), ("NO_COLOR", "1")]), Colours::None);
        assert_eq!(colours(ColorWhen::Always, &[("TERM", "xterm"), ("NO_COLOR", "1")]), Colours::Sixteen);
    }

    #[test]
    fn a_theme_that_was_asked_for_is_what_it_is_called() {
        let bare = &[("TERM", "xterm"), ("NO_COLOR", "1")];
        assert_eq!(colours(ThemeWhich::Many, ColorWhen::Auto, bare), Colours::Many);
        assert_eq!(
            colours(ThemeWhich::Sixteen, ColorWhen::Auto, &[("TERM", "xterm-256color")]),
            Colours::Sixteen
        );
        assert_eq!(colours(ThemeWhich::Many, ColorWhen::Never, bare), Colours::None);
        assert_eq!(colours(ThemeWhich::None, ColorWhen::Always, bare), Colours::None);
    }

    #[test]
    fn names_are_told_apart_and_none_looks_like_a_refusal() {
        for colours in [Colours::Sixteen, Colours::Many] {
            let theme = Theme { colours };
            let names = ["alice", "bob", "carol", "dave", "erin", "frank"];
            let mut all: Vec<_> = names.iter().filter_map(|name| theme.name(name).fg).collect();
            assert!(!all.contains(&Color::Red) && all.len() == names.len());
            all.dedup();
            assert!(all.len() > 2, "{all:?}");
        }
    }
}
