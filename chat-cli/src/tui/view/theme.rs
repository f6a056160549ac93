//! Colours, which say nothing that the words and signs do not.

use ratatui_core::style::{Color, Modifier, Style};

use crate::cli::{ColorWhen, ThemeWhich};
use crate::join::{Palette, colour_number};

/// Colours for names, of the sixteen that every terminal has: black and white could be the background, on which yellow and
/// what is bright may not be read, and red is for refusals.
const BASIC: [Color; 6] =
    [Color::Green, Color::Blue, Color::Magenta, Color::Cyan, Color::LightBlue, Color::LightMagenta];

/// The same of 256: each has a contrast of 3 and more (WCAG 2.2, 1.4.11) to black and to white.
const MANY: [u8; 30] = [
    28, 29, 30, 31, 32, 33, 61, 63, 64, 67, 69, 98, 99, 100, 104, 105, 127, 129, 133, 135, 136, 137, 163,
    165, 168, 170, 171, 199, 200, 201,
];

/// Of 256, with the same contrast: for what names whoever reads, and for what is new.
const ORANGE: u8 = 166;
const TEAL: u8 = 31;

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

    /// The name of whoever speaks. Where there are sixteen colours only, what is bold may be shown bright, too.
    pub(super) fn speaker(self, name: &str) -> Style {
        let style = self.name(name);
        if self.colours == Colours::Sixteen { style } else { style.patch(self.bold()) }
    }

    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn refused(self) -> Style {
        self.coloured(Color::Red, Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What names whoever reads.
    pub(super) fn mention(self) -> Style {
        self.coloured(Color::Magenta, Color::Indexed(ORANGE)).add_modifier(Modifier::BOLD)
    }

    /// What is new, and what could be done now.
    pub(super) fn offer(self) -> Style {
        self.coloured(Color::Cyan, Color::Indexed(TEAL))
    }

    /// A line that is not part of the talk.
    pub(super) fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn hint(self) -> Style {
        self.bar().add_modifier(Modifier::BOLD)
    }

    fn coloured(self, of_sixteen: Color, of_many: Color) -> Style {
        match self.colours {
            Colours::None => Style::new(),
            Colours::Sixteen => Style::new().fg(of_sixteen),
            Colours::Many => Style::new().fg(of_many),
        }
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

    /// How light one of the 256 is, of those that are given by red, green and blue (16 to 231): relative luminance as WCAG has it.
    fn luminance(colour: u8) -> f64 {
        let level = |sixth: u8| if sixth == 0 { 0.0 } else { f64::from(55 + 40 * u32::from(sixth)) / 255.0 };
        let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let light = |sixth: u8| linear(level(sixth));
        let of = colour - 16;
        0.2126 * light(of / 36) + 0.7152 * light(of / 6 % 6) + 0.0722 * light(of % 6)
    }

    #[test]
    fn what_has_a_colour_can_be_read_on_black_and_on_white() {
        for colour in MANY.into_iter().chain([ORANGE, TEAL]) {
            let light = luminance(colour) + 0.05;
            assert!(light / 0.05 >= 3.0 && 1.05 / light >= 3.0, "{colour}");
        }
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
