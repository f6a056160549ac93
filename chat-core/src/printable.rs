//! How foreign text is made safe for a terminal, and what it hides is shown.

use std::borrow::Cow;
use std::fmt::Write;

/// Foreign text made safe to print on one line of a terminal.
///
/// Newlines become `↵`, tabs a space; every other control character (C0, DEL, C1), every character that turns
/// the direction of text (Unicode's bidirectional controls, UAX #9 §2) and every character that is invisible
/// (Unicode's `Default_Ignorable_Code_Point`, tags among them) is shown as `<U+XXXX>`. Three kinds stay where
/// the text would look wrong without them: a joiner inside an emoji, a joiner behind a letter of a script that
/// needs it, and one variation selector behind what it selects. Text without any of these is borrowed, not
/// copied.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_special) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => safe.push('↵'),
            '\t' => safe.push(' '),
            c if is_special(c) && !belongs(before, c, chars.peek().copied()) => {
                write!(safe, "<U+{:04X}>", u32::from(c)).expect("a String takes every write");
            }
            c => safe.push(c),
        }
        before = Some(c);
    }
    Cow::Owned(safe)
}

/// Whether it may not be printed as it is, wherever it stands.
fn is_special(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether an invisible character is part of what can be seen around it.
fn belongs(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    match c {
        '\u{200d}' if is_emoji(before) => after.is_some_and(is_emoji),
        '\u{200c}' | '\u{200d}' => joins_letters(before),
        '\u{fe0f}' if matches!(before, '0'..='9' | '#' | '*') => after == Some('\u{20e3}'),
        '\u{fe00}'..='\u{fe0f}' => !before.is_ascii() && !is_special(before),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
        '\u{e0100}'..='\u{e01ef}' => {
            matches!(before, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        }
        _ => false,
    }
}

/// Pictures, and what may stand in the middle of one. Wider than Unicode's own list: letters are not in it.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}' | '\u{fe0f}')
}

/// Letters of the scripts in which a joiner changes what is seen: from Arabic to Myanmar, Khmer, Mongolian.
fn joins_letters(c: char) -> bool {
    c.is_alphanumeric() && matches!(c, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18aa}')
        // The virama of Indic scripts, a mark that asks for what comes next.
        || matches!(c, '\u{94d}' | '\u{9cd}' | '\u{a4d}' | '\u{acd}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}'
            | '\u{ccd}' | '\u{d4d}' | '\u{dca}' | '\u{1039}' | '\u{17d2}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_command_a_terminal() {
        assert!(matches!(printable("plain é 漢字"), Cow::Borrowed(_)));
        assert_eq!(printable("a\nb\tc"), "a↵b c");
        assert_eq!(printable("\x1b[2J\u{9b}m\u{7f}"), "<U+001B>[2J<U+009B>m<U+007F>");
        assert_eq!(printable("\u{202e}gnp.exe"), "<U+202E>gnp.exe");
    }

    #[test]
    fn what_is_invisible_is_shown() {
        for (text, shown) in [
            ("pay\u{200b}pal", "pay<U+200B>pal"),
            ("pay\u{200d}pal\u{200c}", "pay<U+200D>pal<U+200C>"),
            ("so\u{ad}ft", "so<U+00AD>ft"),
            ("\u{2060}\u{2063}x", "<U+2060><U+2063>x"),
            ("\u{3164}", "<U+3164>"),
            ("x\u{e0041}\u{e007f}", "x<U+E0041><U+E007F>"),
            ("x\u{e0101}", "x<U+E0101>"),
            ("a\u{fe0f}", "a<U+FE0F>"),
            ("☺\u{fe0f}\u{fe00}\u{fe01}", "☺\u{fe0f}<U+FE00><U+FE01>"),
            ("👩\u{200d}", "👩<U+200D>"),
            ("\u{200d}👩", "<U+200D>👩"),
            ("1\u{fe0f}2", "1<U+FE0F>2"),
            ("می\u{200c}\u{200c}", "می\u{200c}<U+200C>"),
        ] {
            assert_eq!(printable(text), shown, "{text:?}");
        }
    }

    #[test]
    fn what_belongs_to_what_is_seen_stays() {
        for text in [
            "👩\u{200d}👩\u{200d}👧",
            "🏳\u{fe0f}\u{200d}🌈",
            "❤\u{fe0f}\u{200d}🔥",
            "👩🏽\u{200d}💻",
            "☺\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "葛\u{e0100}",
        ] {
            assert_eq!(printable(text), text, "{text:?}");
        }
    }

    #[test]
    fn what_is_printed_is_printed_again_as_it_is() {
        for text in ["a\u{200d}\u{fe0f}👩\u{200d}\u{200d}👧\u{fe0f}\n", "\u{1b}\u{200c}می\u{200c}\u{fe0f}"]
        {
            let once = printable(text);
            assert_eq!(printable(&once), once);
        }
    }
}
