//! Which key does what: one table, which is also what a person is shown of it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::model::Shows;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Type this character.
    Type(char),
    Edit(Edit),
    /// Go through what can stand at the cursor, forwards or backwards.
    Complete {
        forwards: bool,
    },
    Enter,
    /// Look for words in what is here.
    Find,
    Look(Look),
    /// Take the file that was offered last, or not.
    Answer {
        accept: bool,
    },
    /// Look for words in what was sent before.
    Recall,
    /// Leave what is going on: a search, a question.
    Escape,
    /// The same; of what was found in what was sent before, nothing stays.
    GiveUp,
    /// Show that over the messages.
    Show(Shows),
    /// Empty the input, or leave if it is.
    Interrupt,
    /// Take out what is at the cursor, or leave if the input is empty.
    DeleteOrEnd,
    Redraw,
    Suspend,
}

/// What a key does to the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    Up,
    Down,
    NewLine,
    Backspace,
    Delete,
    KillWordLeft,
    KillWordRight,
    KillBlankLeft,
    KillToStart,
    KillToEnd,
    Yank,
    Transpose,
    Undo,
    /// What was entered before, and after.
    Earlier,
    Later,
}

/// What a key does to what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The window in that place.
    Window(usize),
    Next,
    Previous,
    /// The one that was looked at before.
    Before,
    /// The next where somebody was named or talked.
    Unread,
    Close,
    PageUp,
    PageDown,
    LineUp,
    LineDown,
    Top,
    Bottom,
    FirstUnread,
    Mention,
}

/// Keys, what they do, and that in words; all in this order are shown.
type Binding = (&'static [&'static str], Action, &'static str);

const TYPING: &[Binding] = &[
    (&["Enter", "Ctrl-J", "Ctrl-M"], Action::Enter, "send"),
    (&["Alt-Enter"], Action::Edit(Edit::NewLine), "begin a new line of the same message"),
    (&["Tab"], Action::Complete { forwards: true }, "complete a command, name, room, path or :emoji:"),
    (&["Shift-Tab"], Action::Complete { forwards: false }, "complete with the one before"),
    (&["Up"], Action::Edit(Edit::Up), "a line up; in the first, what was sent before"),
    (&["Down"], Action::Edit(Edit::Down), "a line down; in the last, what was sent after that"),
    (&["Ctrl-P"], Action::Edit(Edit::Earlier), "what was sent before"),
    (&["Ctrl-N"], Action::Edit(Edit::Later), "what was sent after that"),
    (&["Ctrl-R"], Action::Recall, "find words in what was sent before; again: older"),
    (&["Left", "Ctrl-B"], Action::Edit(Edit::Left), "a character to the left"),
    (&["Right"], Action::Edit(Edit::Right), "a character to the right"),
    (&["Alt-B", "Ctrl-Left", "Alt-Left"], Action::Edit(Edit::WordLeft), "a word to the left"),
    (&["Alt-F", "Ctrl-Right", "Alt-Right"], Action::Edit(Edit::WordRight), "a word to the right"),
    (&["Home", "Ctrl-A"], Action::Edit(Edit::LineStart), "to where the line begins"),
    (&["End", "Ctrl-E"], Action::Edit(Edit::LineEnd), "to where the line ends"),
    (&["Backspace", "Ctrl-H", "Shift-Backspace"], Action::Edit(Edit::Backspace), "delete to the left"),
    (&["Delete"], Action::Edit(Edit::Delete), "delete to the right"),
    (&["Ctrl-W"], Action::Edit(Edit::KillBlankLeft), "cut back to the last blank"),
    (&["Alt-Backspace", "Ctrl-Backspace"], Action::Edit(Edit::KillWordLeft), "cut the word to the left"),
    (&["Alt-D", "Ctrl-Delete", "Alt-Delete"], Action::Edit(Edit::KillWordRight), "cut the word to the right"),
    (&["Ctrl-U"], Action::Edit(Edit::KillToStart), "cut to where the line begins"),
    (&["Ctrl-K"], Action::Edit(Edit::KillToEnd), "cut to where the line ends"),
    (&["Ctrl-Y"], Action::Edit(Edit::Yank), "put in what was cut"),
    (&["Ctrl-T"], Action::Edit(Edit::Transpose), "swap two characters"),
    (&["Ctrl-_"], Action::Edit(Edit::Undo), "take the last change back"),
];

const LOOKING: &[Binding] = &[
    (&["Alt-Down", "Ctrl-PgDn", "F6"], Action::Look(Look::Next), "the next window"),
    (&["Alt-Up", "Ctrl-PgUp", "F5"], Action::Look(Look::Previous), "the previous window"),
    (&["Alt-1"], Action::Look(Look::Window(0)), "the first window; so up to the tenth:"),
    (&["Alt-2"], Action::Look(Look::Window(1)), ""),
    (&["Alt-3"], Action::Look(Look::Window(2)), ""),
    (&["Alt-4"], Action::Look(Look::Window(3)), ""),
    (&["Alt-5"], Action::Look(Look::Window(4)), ""),
    (&["Alt-6"], Action::Look(Look::Window(5)), ""),
    (&["Alt-7"], Action::Look(Look::Window(6)), ""),
    (&["Alt-8"], Action::Look(Look::Window(7)), ""),
    (&["Alt-9"], Action::Look(Look::Window(8)), ""),
    (&["Alt-0"], Action::Look(Look::Window(9)), "the tenth window"),
    (&["Alt-A"], Action::Look(Look::Unread), "the next window with something new"),
    (&["Alt-/"], Action::Look(Look::Before), "the window before"),
    (&["Alt-Q"], Action::Look(Look::Close), "close the window; a room goes on without it"),
    (&["PgUp"], Action::Look(Look::PageUp), "a page up, as far as the server goes back"),
    (&["PgDn"], Action::Look(Look::PageDown), "a page down"),
    (&["Shift-Up", "Ctrl-Up"], Action::Look(Look::LineUp), "a line up"),
    (&["Shift-Down", "Ctrl-Down"], Action::Look(Look::LineDown), "a line down"),
    (&["Alt-Home", "Ctrl-Home"], Action::Look(Look::Top), "the oldest that is here"),
    (&["Alt-End", "Ctrl-End"], Action::Look(Look::Bottom), "the newest"),
    (&["Alt-U"], Action::Look(Look::FirstUnread), "the first that is new"),
    (&["Alt-M"], Action::Look(Look::Mention), "the last that names you, and the one before that"),
    (&["Ctrl-F"], Action::Find, "find words in what is here; /search asks the server"),
];

const OTHER: &[Binding] = &[
    (&["Alt-Y"], Action::Answer { accept: true }, "take the file that was offered last"),
    (&["Alt-N"], Action::Answer { accept: false }, "do not take it"),
    (&["Esc"], Action::Escape, "leave a search, a question, a list"),
    (&["Ctrl-G"], Action::GiveUp, "the same; after Ctrl-R, with what was typed before"),
    (&["F1"], Action::Show(Shows::Help), "help: keys and commands"),
    (&["F2"], Action::Show(Shows::Files { chosen: None }), "files: what is offered, on its way, or done"),
    (&["F3"], Action::Show(Shows::Members), "who is in the room"),
    (&["F4"], Action::Show(Shows::Windows { chosen: 0 }), "all windows, to choose one"),
    (&["F7"], Action::Show(Shows::Found { chosen: 0 }), "what /search found last; Enter goes to a message"),
    (&["Ctrl-L"], Action::Redraw, "draw the screen anew"),
    (&["Ctrl-Z"], Action::Suspend, "stop for a while; fg in the shell goes on"),
    (&["Ctrl-C"], Action::Interrupt, "empty the input; if it is empty, twice: leave"),
    (&["Ctrl-D"], Action::DeleteOrEnd, "delete to the right; leave, if the input is empty"),
];

/// What `key` is for; nothing if it is only let go, or for nothing.
pub(crate) fn action(key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    if let KeyCode::Char(c) = key.code
        // AltGr comes as both together on some systems, and means the character.
        && control == alt
    {
        return Some(Action::Type(c));
    }
    let name = name(key)?;
    bindings().find(|(keys, ..)| keys.contains(&name.as_str())).map(|(_, action, _)| *action)
}

/// Columns for the names of keys.
const KEYS: usize = 22;

/// The keys, each with what it does.
pub(crate) fn help() -> impl Iterator<Item = (String, &'static str)> {
    let said = bindings().filter(|(.., words)| !words.is_empty());
    said.map(|(keys, _, words)| {
        let both = keys.iter().take(2).copied().collect::<Vec<_>>().join(", ");
        (if both.len() > KEYS { keys[0].to_owned() } else { both }, *words)
    })
}

fn bindings() -> impl Iterator<Item = &'static Binding> {
    [TYPING, LOOKING, OTHER].into_iter().flatten()
}

/// What the key is called in the table.
fn name(key: KeyEvent) -> Option<String> {
    let plain = match key.code {
        // What terminals send for Ctrl-_ and for Ctrl-/ is the same byte, and reads as this.
        KeyCode::Char('7' | '/') if key.modifiers.contains(KeyModifiers::CONTROL) => "_".to_owned(),
        KeyCode::Char(c) => c.to_ascii_uppercase().to_string(),
        KeyCode::F(number) => format!("F{number}"),
        code => of_code(code)?.to_owned(),
    };
    let mut name = String::new();
    for (modifier, said) in [(KeyModifiers::CONTROL, "Ctrl-"), (KeyModifiers::ALT, "Alt-")] {
        if key.modifiers.contains(modifier) {
            name.push_str(said);
        }
    }
    // With a letter, it only makes another letter.
    let is_letter = matches!(key.code, KeyCode::Char(_) | KeyCode::BackTab);
    if key.modifiers.contains(KeyModifiers::SHIFT) && !is_letter {
        name.push_str("Shift-");
    }
    Some(name + &plain)
}

fn of_code(code: KeyCode) -> Option<&'static str> {
    Some(match code {
        KeyCode::Enter => "Enter",
        KeyCode::Tab => "Tab",
        KeyCode::BackTab => "Shift-Tab",
        KeyCode::Backspace => "Backspace",
        KeyCode::Delete => "Delete",
        KeyCode::Esc => "Esc",
        KeyCode::Up => "Up",
        KeyCode::Down => "Down",
        KeyCode::Left => "Left",
        KeyCode::Right => "Right",
        KeyCode::Home => "Home",
        KeyCode::End => "End",
        KeyCode::PageUp => "PgUp",
        KeyCode::PageDown => "PgDn",
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The key that is called so.
    pub(crate) fn key(name: &str) -> KeyEvent {
        let (mut modifiers, mut rest) = (KeyModifiers::NONE, name);
        for (said, modifier) in
            [("Ctrl-", KeyModifiers::CONTROL), ("Alt-", KeyModifiers::ALT), ("Shift-", KeyModifiers::SHIFT)]
        {
            if let Some(behind) = rest.strip_prefix(said) {
                (modifiers, rest) = (modifiers | modifier, behind);
            }
        }
        let named = [
            KeyCode::Enter,
            KeyCode::Tab,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::Esc,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::PageUp,
            KeyCode::PageDown,
        ];
        let code = match rest.strip_prefix('F').map(str::parse) {
            Some(Ok(number)) => KeyCode::F(number),
            _ if name == "Shift-Tab" => KeyCode::BackTab,
            _ => named.into_iter().find(|code| of_code(*code) == Some(rest)).unwrap_or_else(|| {
                let mut letters = rest.chars();
                let letter = letters.next().filter(|_| letters.next().is_none());
                KeyCode::Char(letter.unwrap_or_else(|| panic!("no key {name}")).to_ascii_lowercase())
            }),
        };
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn every_key_of_the_table_does_what_it_says_and_stands_there_once() {
        let mut known = BTreeSet::new();
        for (keys, does, _) in bindings() {
            for name in *keys {
                assert!(known.insert(*name), "{name} twice");
                assert_eq!(action(key(name)), Some(*does), "{name}");
            }
        }
    }

    #[test]
    fn letters_are_typed_whatever_makes_them() {
        let typed = |c, modifiers| action(KeyEvent::new(KeyCode::Char(c), modifiers));
        assert_eq!(typed('a', KeyModifiers::NONE), Some(Action::Type('a')));
        assert_eq!(typed('Ä', KeyModifiers::SHIFT), Some(Action::Type('Ä')));
        assert_eq!(typed('@', KeyModifiers::CONTROL | KeyModifiers::ALT), Some(Action::Type('@')));
        assert_eq!(typed('x', KeyModifiers::CONTROL), None);
        // As a terminal sends Ctrl-_ and Ctrl-Shift-A.
        assert_eq!(typed('7', KeyModifiers::CONTROL), Some(Action::Edit(Edit::Undo)));
        assert_eq!(
            typed('A', KeyModifiers::CONTROL | KeyModifiers::SHIFT),
            Some(Action::Edit(Edit::LineStart))
        );
        let let_go = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(action(let_go), None);
    }

    #[test]
    fn what_is_shown_of_the_keys_fits_a_terminal() {
        let help: Vec<_> = help().collect();
        assert!(help.iter().all(|(keys, does)| keys.len() <= KEYS && KEYS + does.len() < 76), "{help:?}");
        assert!(help.contains(&("Alt-Enter".to_owned(), "begin a new line of the same message")), "{help:?}");
        assert!(!help.iter().any(|(keys, _)| keys.contains("Alt-5")), "{help:?}");
    }
}
