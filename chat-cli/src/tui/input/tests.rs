//! Stories of keys.

mod files;
mod find;
mod recall;

use std::time::Duration;

use tokio::time::Instant;

use super::{Input, Outcome, count};
use crate::draft::Draft;
use crate::files::testing::offer;
use crate::files::{Standing, State};
use crate::tui::keys::Look;
use crate::tui::keys::tests::key;
use crate::tui::model::tests::{left, of, said, told};
use crate::tui::model::{Model, Overlay, Scroll, Shows};
use crate::tui::view::{self, Move, Theme};
use chat_net::chat_core::{Event, Query, TransferId};
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;

/// Alice in the lobby, with what she types into.
struct Story {
    input: Input,
    model: Model,
    now: Instant,
}

impl Story {
    fn new() -> Story {
        let mut model = Model::in_lobby(1);
        model.enter("dev", 1, &["alice", "dave"]);
        Story { input: Input::default(), model, now: Instant::now() }
    }

    /// Types words, and presses what stands between `[` and `]`; gives what came of the last key.
    fn keys(&mut self, keys: &str) -> Outcome {
        let mut last = Outcome::Nothing;
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let (name, behind) = match rest.strip_prefix('[').and_then(|named| named.split_once(']')) {
                Some(named) => named,
                None => rest.split_at(c.len_utf8()),
            };
            rest = behind;
            let mut event = key(if c == '[' { name } else { "a" });
            if c != '[' {
                event.code = crossterm::event::KeyCode::Char(c);
            }
            last = self.input.press(event, &mut self.model, self.now);
        }
        last
    }

    /// A picture is drawn, and so much time passes.
    fn drawn(&mut self, ms: u64) {
        let area = Rect::new(0, 0, 80, 24);
        let drawn = view::draw(&self.model, &Theme::default(), area, &mut Buffer::empty(area));
        self.model.drawn(self.now, drawn.rows);
        self.now += Duration::from_millis(ms);
    }

    /// These are the files that are known; the row of each open offer stands where it was made.
    fn files_are(&mut self, known: Vec<Standing>) {
        for file in known.iter().filter(|file| file.state == State::Offered) {
            let is_known = self.model.file(Some(file.offer.transfer)).is_some();
            if !is_known {
                self.model.hear(Event::Offered(Box::new(file.offer.clone())));
            }
        }
        self.model.files_are(known);
    }

    fn paste(&mut self, text: &str) {
        self.input.paste(text, &mut self.model);
    }

    /// The draft, with `|` where the cursor is.
    fn draft(&self) -> String {
        let draft = &self.model.windows.current().draft;
        format!("{}|{}", &draft.text[..draft.cursor], &draft.text[draft.cursor..])
    }

    fn question(&self) -> &str {
        self.model.question.as_ref().map_or("", |question| question.as_str())
    }

    /// Which of how many rows was found: `2 of 3`.
    fn place(&self) -> &str {
        let behind = self.question().split_once("  ").map_or("", |(_, behind)| behind);
        behind.split_once(" (").map_or(behind, |(place, _)| place)
    }

    /// The text of the row that was found.
    fn found(&self) -> Option<&str> {
        let window = self.model.windows.current();
        Some(window.rows.get(window.found?)?.text.as_str())
    }
}

fn entered(text: &str) -> Outcome {
    Outcome::Entered(text.to_owned())
}

/// What is there after `keys`.
fn after(keys: &str) -> String {
    let mut story = Story::new();
    story.keys(keys);
    story.draft()
}

#[test]
fn several_lines_are_one_message() {
    let mut story = Story::new();
    assert_eq!(story.keys("one[Alt-Enter]two[Enter]"), entered("one\ntwo"));
    assert_eq!(story.draft(), "|");
    for (keys, there) in [
        ("one[Alt-Enter]two[Up]x", "onex|\ntwo"),
        ("one[Alt-Enter]two[Ctrl-A]x", "one\nx|two"),
        ("one[Alt-Enter]two[Up][Home][Down]", "one\n|two"),
        ("one[Alt-Enter]two[Ctrl-U]", "one\n|"),
        ("one[Alt-Enter]two[Up][Ctrl-K]", "one|two"),
        ("one[Alt-Enter]two[Up][Left][Ctrl-K][Ctrl-A][Ctrl-Y]", "e|on\ntwo"),
        ("one two[Ctrl-W][Ctrl-A][Ctrl-Y]", "two|one "),
        ("漢字[Left][Backspace]", "|字"),
        ("on[Ctrl-T]", "no|"),
    ] {
        assert_eq!(after(keys), there, "{keys}");
    }
}

#[test]
fn every_window_has_its_history_and_its_draft() {
    let mut story = Story::new();
    story.keys("to the lobby[Enter]half");
    story.model.windows.go_to_of(&of("dev"));
    assert_eq!(story.draft(), "|");
    story.keys("to dev[Enter][Up]");
    assert_eq!(story.draft(), "to dev|");
    story.model.windows.go_to_of(&of("lobby"));
    assert_eq!(story.draft(), "half|");
    story.keys("[Up][Up]");
    assert_eq!(story.draft(), "to the lobby|");
    story.keys("[Down]");
    assert_eq!(story.draft(), "half|");
}

#[test]
fn changes_are_taken_back_a_word_at_a_time() {
    let mut story = Story::new();
    story.keys("one two[Ctrl-W][Alt-Enter]");
    for there in ["one |", "one two|", "one |", "one|", "|", "|"] {
        story.keys("[Ctrl-_]");
        assert_eq!(story.draft(), there);
    }
}

#[test]
fn an_empty_input_is_left_and_a_full_one_is_emptied() {
    let mut story = Story::new();
    assert_eq!(story.keys("[Ctrl-C]"), Outcome::Interrupt);
    assert_eq!(story.keys("[Ctrl-D]"), Outcome::End);
    assert_eq!(story.keys("x[Ctrl-C]"), Outcome::Changed);
    assert_eq!(story.draft(), "|");
    story.keys("[Ctrl-_]");
    assert_eq!(story.draft(), "x|");
}

#[test]
fn what_can_be_completed_is() {
    for (keys, there) in [
        ("/whi[Tab]", "/whisper |"),
        ("/WHI[Tab]", "/whisper |"),
        ("/whisper b[Tab]", "/whisper bob |"),
        ("b[Tab]", "bob: |"),
        ("hi b[Tab]", "hi bob |"),
        ("hi @b[Tab]", "hi @bob |"),
        ("see #d[Tab]", "see #dev |"),
        ("/join d[Tab]", "/join dev |"),
        ("/join #d[Tab]", "/join #dev |"),
        ("/sendfile b[Tab]", "/sendfile bob |"),
        ("/sendfile #l[Tab]", "/sendfile #lobby |"),
        ("/mode mod[Tab]", "/mode moderated |"),
        ("/help sendf[Tab]", "/help sendfile |"),
        ("/kick bob b[Tab]", "/kick bob bob |"),
        ("//whi[Tab]", "//whi|"),
        ("well :tad[Tab]", "well 🎉|"),
        ("b you[Ctrl-A][Right][Tab]", "bob:| you"),
        // Nobody talks to oneself, and nobody else is called so.
        ("al[Tab]", "al|"),
        ("[Tab]", "|"),
        ("/quit b[Tab]", "/quit b|"),
    ] {
        assert_eq!(after(keys), there, "{keys}");
    }
}

#[test]
fn several_that_fit_are_gone_through_both_ways() {
    let mut story = Story::new();
    story.model.enter("lobby", 10, &["alice", "ben", "bob", "bill"]);
    story.model.hear(said("lobby", 12, "bob", "hi"));
    story.keys("b[Tab]");
    assert_eq!((story.draft().as_str(), story.question()), ("bob: |", "bob:  ben:  bill:"));
    for (keys, there) in
        [("[Tab]", "ben: |"), ("[Tab][Tab]", "bob: |"), ("[Shift-Tab]", "bill: |"), ("[Esc]", "b|")]
    {
        story.keys(keys);
        assert_eq!(story.draft(), there);
    }
    story.keys("[Tab]yes");
    assert_eq!((story.draft().as_str(), story.question()), ("bob: yes|", ""));
}

#[test]
fn a_completion_ends_with_its_window() {
    let mut story = Story::new();
    story.model.enter("lobby", 10, &["alice", "ben", "bob"]);
    story.keys("b[Tab]");
    story.model.windows.go_to_of(&of("dev"));
    story.keys("[Tab]d[Tab]");
    assert_eq!((story.draft().as_str(), story.question()), ("dave: |", ""));
    story.model.windows.go_to_of(&of("lobby"));
    assert_eq!(story.draft(), "ben: |");
}

#[test]
fn paths_are_completed_with_their_blanks() {
    let folder = std::env::temp_dir().join(format!("chat-paths-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("holiday pictures")).unwrap();
    std::fs::write(folder.join("holiday pictures/a b.jpg"), "").unwrap();
    std::fs::write(folder.join("holiday pictures/.hidden"), "").unwrap();
    let place = folder.display();
    let mut story = Story::new();
    let tab = |story: &mut Story| {
        story.keys("[Tab]");
        while story.question().starts_with("the folder is being read") {
            story.keys("[Tab]");
        }
    };
    story.keys(&format!("/sendfile bob {place}/hol"));
    tab(&mut story);
    assert_eq!(story.draft(), format!("/sendfile bob {place}/holiday pictures/|"));
    tab(&mut story);
    assert_eq!(story.draft(), format!("/sendfile bob {place}/holiday pictures/a b.jpg|"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_name_between_colons_becomes_an_emoji_and_can_be_had_back() {
    assert_eq!(after("yes :+1:"), "yes 👍|");
    assert_eq!(after("yes :+1:[Ctrl-_]"), "yes :+1:|");
    assert_eq!(after("at 10:100: no, :nonsense:"), "at 10:100: no, :nonsense:|");
}

#[test]
fn three_lines_are_pasted_and_four_are_asked_about() {
    let mut story = Story::new();
    story.paste("1\r\n2\r\n3\r\n");
    assert_eq!((story.draft().as_str(), story.question()), ("1\n2\n3|", ""));
    story.keys("[Ctrl-C]x");
    for (answer, outcome, there) in [
        ("[Enter]", entered("x1\n2\n3\n4"), "|"),
        ("f", Outcome::File("1\n2\n3\n4".into()), "|"),
        ("e", Outcome::Changed, "1\n2\n3\n4|"),
        ("[Esc]", Outcome::Changed, "1\n2\n3\n4|"),
    ] {
        story.paste("1\n2\n3\n4");
        assert!(story.question().starts_with("4 lines pasted: Enter sends"), "{}", story.question());
        // What is no answer loses nothing.
        story.keys("z[Tab][PgUp]");
        assert!(story.question().starts_with("4 lines pasted: Enter sends"));
        assert_eq!(story.keys(answer), outcome, "{answer}");
        assert_eq!((story.draft().as_str(), story.question()), (there, ""), "{answer}");
    }
}

#[test]
fn a_blank_behind_the_slash_begins_no_command() {
    for typed in ["/\u{3000}\u{3000}\u{3000}sendfile bob pa", "/  sendfile bob x", "/ ", "/\u{3000}"] {
        let mut story = Story::new();
        story.paste(typed);
        assert_eq!(story.keys("[Tab]"), Outcome::Changed);
        assert_eq!(story.draft(), format!("{typed}|"));
    }
}

#[test]
fn what_is_pasted_where_no_file_can_go_is_not_lost() {
    let mut story = Story::new();
    story.model.windows.go_to(0);
    story.paste("1\n2\n3\n4");
    assert_eq!(story.keys("f"), Outcome::Changed);
    assert!(story.question().starts_with("4 lines pasted"));
}

#[test]
fn a_path_that_is_pasted_is_no_command() {
    let mut story = Story::new();
    story.paste("/quit\n2\n3\n4");
    assert_eq!(story.keys("[Enter]"), entered("//quit\n2\n3\n4"));
}

#[test]
fn a_paste_without_end_can_only_be_a_file() {
    let mut story = Story::new();
    let long = "line\n".repeat(20_000);
    story.paste(&long);
    assert!(!story.question().contains("Enter"), "{}", story.question());
    story.keys("[Enter]e");
    assert_eq!(story.keys("f"), Outcome::File(long.trim_end().to_owned()));
    assert_eq!(story.draft(), "|");
}

/// What is shown over the messages.
fn shows(story: &Story) -> Option<Shows> {
    story.model.overlay.as_ref().map(|overlay| overlay.shows)
}

#[test]
fn help_is_opened_by_key_and_by_command_and_closed_by_every_key_that_people_try() {
    for open in ["[F1]", "/help[Enter]", "/HELP [Enter]", "/transfers[Enter][F1]"] {
        for (close, draft) in [
            ("[F1]", "|"),
            ("[Esc]", "|"),
            ("q", "|"),
            ("[Enter]", "|"),
            ("[Ctrl-C]", "|"),
            ("x", "x|"),
            ("yes", "yes|"),
        ] {
            let mut story = Story::new();
            story.keys(open);
            assert_eq!(shows(&story), Some(Shows::Help), "{open}");
            assert_eq!(story.keys(close), Outcome::Changed, "{close}");
            assert_eq!((shows(&story), story.draft().as_str()), (None, draft), "{close}");
        }
    }
    for (typed, line) in
        [("/help kick", "/help kick"), (" /help", " /help"), (" /transfers ", " /transfers ")]
    {
        let mut story = Story::new();
        assert_eq!(
            story.keys(&format!("{typed}[Enter]")),
            entered(line),
            "blanks before it make it a message"
        );
        assert_eq!(shows(&story), None);
    }
}

#[test]
fn what_is_over_the_messages_is_scrolled_and_what_is_below_stays() {
    let mut story = Story::new();
    story.keys("half[F1]");
    for (key, by) in [
        ("[Up]", Move::Up(1)),
        ("[Down]", Move::Down(1)),
        ("[PgUp]", Move::PageUp),
        ("[PgDn]", Move::PageDown),
        ("[Home]", Move::Top),
        ("[End]", Move::End),
    ] {
        assert_eq!(story.keys(key), Outcome::Leaf(by), "{key}");
    }
    assert_eq!(story.keys("[Ctrl-L]"), Outcome::Redraw);
    assert_eq!((shows(&story), story.draft().as_str()), (Some(Shows::Help), "half|"));
    assert_eq!(story.keys("[Alt-Down]"), Outcome::Look(Look::Next));
    assert_eq!(shows(&story), None);
    story.keys("[F1]");
    story.paste("!");
    assert_eq!((shows(&story), story.draft().as_str()), (None, "half!|"));
}

#[test]
fn a_window_is_chosen_from_the_list() {
    let mut story = Story::new();
    story.keys("[F4]");
    assert_eq!(shows(&story), Some(Shows::Windows { chosen: 1 }));
    story.model.overlay = Some(Overlay::new(Shows::Windows { chosen: 2 }));
    story.keys("[Enter]");
    assert_eq!((shows(&story), &story.model.windows.current().of), (None, &of("dev")));
}

#[test]
fn what_is_too_long_is_not_sent_and_stays() {
    let mut story = Story::new();
    let long = "x".repeat(4097);
    story.model.windows.current_mut().draft = Draft::new(long.clone());
    assert_eq!(count(&story.model).as_deref(), Some("4097/4096 too long"));
    assert_eq!(story.keys("[Enter]"), Outcome::Changed);
    assert!(story.question().starts_with("not sent: 4097 bytes, and 4096 may be"), "{}", story.question());
    assert_eq!(story.draft(), format!("{long}|"));
    assert_eq!((story.keys("[Backspace]"), story.question()), (Outcome::Changed, ""));
    assert_eq!(count(&story.model).as_deref(), Some("4096/4096"));
    assert_eq!(story.keys("[Enter]"), entered(&"x".repeat(4096)));
    // What says to whom is not part of it, and what is no message has no such limit.
    for (text, says) in [
        (format!("/w bob {}", "x".repeat(4096)), Some("4096/4096")),
        (format!("//{}", "x".repeat(4096)), Some("4097/4096 too long")),
        (format!("/sendfile bob {}", "x".repeat(5000)), None),
        ("é".repeat(1800), None),
        ("é".repeat(1900), Some("3800/4096")),
    ] {
        story.model.windows.current_mut().draft = Draft::new(text);
        assert_eq!(count(&story.model).as_deref(), says);
    }
    let mut unknown = Story::new();
    unknown.model.body_bytes = None;
    unknown.model.windows.current_mut().draft = Draft::new(long.clone());
    assert_eq!(unknown.keys("[Enter]"), entered(&long));
}

#[test]
fn a_paste_that_is_too_long_for_one_message_stays_to_be_mended() {
    let mut story = Story::new();
    story.paste(&"a line of some length\n".repeat(300));
    assert_eq!(story.keys("[Enter]"), Outcome::Changed);
    assert!(story.question().starts_with("not sent: "), "{}", story.question());
    assert!(story.draft().len() > 4096);
}
