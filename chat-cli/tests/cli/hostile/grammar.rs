//! All that the program may write to a terminal, and that it writes nothing else.

use super::corpus::{corpus, is_order};

/// One thing that a terminal is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A character to show, or one that moves the cursor.
    Char(char),
    /// What follows ESC `[`, up to the letter that ends it.
    Csi(String),
}

/// Cuts what is written to a terminal into what it tells it.
///
/// # Errors
/// Something is neither a character nor a sequence of the one kind that is ever written.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut chars = text.chars();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            tokens.push(Token::Char(c));
            continue;
        }
        let rest: String = chars.as_str().chars().take(40).collect();
        let bad = || format!("no sequence of this program: ESC {rest:?}");
        let sequence = rest.strip_prefix('[').ok_or_else(bad)?;
        let end = sequence.find(|c: char| !matches!(c, '?' | ';' | '0'..='9')).ok_or_else(bad)?;
        if !sequence[end..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(bad());
        }
        tokens.push(Token::Csi(sequence[..=end].to_owned()));
        chars.nth(end + 1);
    }
    Ok(tokens)
}

/// Whether all of `text` is made of tokens that may be.
///
/// # Errors
/// The first that may not, with what stands around it.
pub(crate) fn all_are(text: &str, is_fine: impl Fn(&Token) -> bool) -> Result<(), String> {
    let tokens = tokens(text)?;
    match tokens.iter().position(|token| !is_fine(token)) {
        None => Ok(()),
        Some(at) => {
            let around = &tokens[at.saturating_sub(20)..(at + 10).min(tokens.len())];
            Err(format!("{:?} in {around:?}", tokens[at]))
        }
    }
}

/// The colours of plain lines: none again, bold, faint, and those of refusals and of names.
const PLAIN_COLOURS: [&str; 10] = ["0m", "1m", "2m", "31m", "32m", "34m", "35m", "36m", "94m", "95m"];

/// Plain lines: characters to see and newlines; colours, if there are any.
///
/// # Errors
/// There is anything else.
pub(crate) fn plain(text: &str, has_colours: bool) -> Result<(), String> {
    all_are(text, |token| match token {
        Token::Char('\n') => true,
        Token::Char(c) => !is_order(*c),
        Token::Csi(sequence) => has_colours && PLAIN_COLOURS.contains(&sequence.as_str()),
    })
}

/// The modes of the full screen: entered, held and shown a picture, left. The numbers are xterm's.
const MODES: [&str; 23] = [
    "?1049h", "?1049l", "?7h", "?7l", "?25h", "?25l", "?1004h", "?1004l", "?1007s", "?1007l", "?1007r",
    "?1036s", "?1036h", "?1036r", "?1039s", "?1039h", "?1039r", "?2004h", "?2004l", "?2026h", "?2026l", "0m",
    "2J",
];

/// The full screen: characters to see, where they stand, how they look, and its modes.
///
/// # Errors
/// There is anything else: characters that are an order, and sequences that none of the program's own pictures has.
pub(crate) fn screen(text: &str) -> Result<(), String> {
    all_are(text, |token| match token {
        Token::Char(c) => !is_order(*c),
        Token::Csi(sequence) if MODES.contains(&sequence.as_str()) => true,
        Token::Csi(sequence) => match (sequence.strip_suffix('H'), sequence.strip_suffix('m')) {
            (Some(place), _) => is_place(place),
            (_, Some(look)) => is_look(look),
            (None, None) => false,
        },
    })
}

/// What is written without bells and notifications, of which each holds a name and a text that are shown.
///
/// # Errors
/// A notification holds anything else.
pub(crate) fn without_signals(text: &str) -> Result<String, String> {
    let mut parts = text.split("\x1b]777;notify;");
    let mut rest = parts.next().unwrap_or_default().replace('\x07', "");
    for part in parts {
        let (notification, behind) = part.split_once('\x07').ok_or("a notification without an end")?;
        if notification.contains(is_order) || notification.matches(';').count() != 1 {
            return Err(format!("a notification that holds more: {notification:?}"));
        }
        rest.push_str(&behind.replace('\x07', ""));
    }
    Ok(rest)
}

/// Row and column, both from 1 to 3 digits.
fn is_place(place: &str) -> bool {
    let is_number = |part: &str| matches!(part.parse(), Ok(1..=999_u16));
    place.split_once(';').is_some_and(|(row, column)| is_number(row) && is_number(column))
}

/// All of it set anew: bold, faint, italic, underlined, turned around; a colour of text and one behind it.
fn is_look(look: &str) -> bool {
    let Some(rest) = look.strip_prefix("0;") else { return false };
    let numbers: Result<Vec<u8>, _> = rest.split(';').map(str::parse).collect();
    let Ok(mut rest) = numbers.as_deref() else { return false };
    while let Some((first, more)) = rest.split_first() {
        rest = match (first, more) {
            (1..=4 | 7 | 30..=37 | 40..=47 | 90..=97 | 100..=107, more) => more,
            (38 | 48, [5, _, more @ ..] | [2, _, _, _, more @ ..]) => more,
            _ => return false,
        };
    }
    true
}

#[test]
fn what_is_hostile_is_known_as_such() {
    let hostile: Vec<String> = corpus().into_iter().filter(|text| text.contains(is_order)).collect();
    assert!(hostile.len() > 12);
    for text in hostile {
        let is_lines = !text.replace('\n', "").contains(is_order);
        assert_eq!(plain(&text, true).is_ok(), is_lines, "{text:?}");
        assert!(screen(&text).is_err(), "{text:?}");
    }
    assert!(plain("\x1b[1;31m", true).is_err() && plain("\x1b[1m", false).is_err());
    assert_eq!(plain("\x1b[1m#lobby\x1b[0m 漢字\n", true), Ok(()));
    assert_eq!(screen("\x1b[?2026h\x1b[1;14H\x1b[0;1;38;5;33;44mbob\x1b[0m│\x1b[?25h"), Ok(()));
    for other in
        ["\x1b[H", "\x1b[0;8m", "\x1b[0;38;5m", "\x1b[?1000h", "\x1b[1;1r", "a\u{200e}", "\n", "\x07"]
    {
        assert!(screen(other).is_err(), "{other:?}");
    }
}
