//! Stories of keys.

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
use crate::tui::view::Move;
use chat_net::chat_core::{Query, TransferId};

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
        self.model.drawn(self.now);
        self.now += Duration::from_millis(ms);
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

#[test]
fn words_are_found_while_they_are_typed() {
    let mut story = Story::new();
    for (number, text) in [(3, "one fish"), (4, "two Fish"), (5, "a bird")] {
        story.model.hear(said("lobby", number, "bob", text));
    }
    story.keys("half[Ctrl-F]fi");
    assert_eq!((story.found(), story.place()), (Some("two Fish"), "2 of 2"));
    story.keys("[Down]");
    assert_eq!((story.found(), story.place()), (Some("two Fish"), "2 of 2, none is newer"));
    story.keys("[Up]");
    assert_eq!((story.found(), story.place()), (Some("one fish"), "1 of 2"));
    story.keys("[Ctrl-F]");
    assert_eq!((story.found(), story.place()), (Some("one fish"), "1 of 2, none is older"));
    story.model.hear(said("lobby", 6, "bob", "three fish"));
    story.keys("[Down][Down]");
    assert_eq!((story.found(), story.place()), (Some("three fish"), "3 of 3"));
    // With more words there may be none above any more.
    story.model.hear(said("lobby", 7, "bob", "a fish bone"));
    story.keys("[Up]sh b");
    assert_eq!((story.found(), story.place()), (Some("a fish bone"), "1 of 1"));
    story.keys("x");
    assert_eq!(story.found(), None);
    assert!(story.question().contains("nothing here"), "{}", story.question());
    story.keys("[Ctrl-U]bird[Esc]");
    assert_eq!((story.found(), story.question(), story.draft().as_str()), (None, "", "half|"));
    assert_eq!(story.model.lobby().scroll, Scroll::End);
    story.keys("[Ctrl-F]one f[Enter]");
    assert_eq!((story.found(), story.question()), (Some("one fish"), ""));
    assert_eq!(story.keys("[Ctrl-F][Alt-Down]"), Outcome::Look(Look::Next));
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
    assert_eq!(Story::new().keys("/help kick[Enter]"), entered("/help kick"));
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
fn one_goes_to_what_was_found_and_back_by_keys() {
    let mut story = Story::new();
    let query = Query::Search { words: "hi".into(), room: None, before_time: None, limit: 20 };
    let say = |number, text| said("lobby", number, "bob", text);
    for number in 3..6 {
        story.model.hear(say(number, "hi"));
    }
    story.model.found(&query, &[told(true, say(3, "hi")), told(true, say(5, "hi"))], false);
    story.model.windows.go_to_of(&of("dev"));
    story.keys("half[F7]");
    assert_eq!(shows(&story), Some(Shows::Found { chosen: 0 }));
    for (back, list) in
        [("[Esc]", true), ("[F7]", true), ("[PgUp][Esc]", true), ("x", false), ("[Alt-Down]", false)]
    {
        story.model.overlay = Some(Overlay::new(Shows::Found { chosen: 1 }));
        story.keys("[Enter]");
        assert_eq!(
            (shows(&story), story.found(), &story.model.windows.current().of),
            (None, Some("hi"), &of("lobby"))
        );
        assert!(story.question().starts_with("#lobby, message 3; Esc goes back"), "{}", story.question());
        assert!(story.model.lobby().is_marked);
        story.keys(back);
        assert!(
            !story.model.lobby().is_marked && story.question().is_empty(),
            "{back}: {}",
            story.question()
        );
        assert_eq!(shows(&story), list.then_some(Shows::Found { chosen: 1 }), "{back}");
        let is_back = story.model.windows.current().of == of("dev");
        assert_eq!(is_back, list, "{back}");
        story.model.windows.go_to_of(&of("dev"));
    }
    story.model.hear(left("dev", 9, "alice"));
    story.model.found(&query, &[told(true, said("gone", 3, "bob", "hi"))], false);
    story.keys("[F7][Enter]");
    assert_eq!(story.question(), "you are not in #gone any more");
    assert_eq!(shows(&story), Some(Shows::Found { chosen: 0 }));
}

#[test]
fn files_are_answered_and_steered_from_their_list() {
    let mut story = Story::new();
    let file = |number, from: &str, to: &str, state| Standing {
        offer: offer(number, from, to, "x", 10),
        is_mine: from == "alice",
        state,
    };
    let known = vec![
        file(5, "bob", "alice", State::Running(Default::default())),
        file(6, "bob", "alice", State::Paused(Default::default(), "you paused it".into())),
        file(7, "alice", "bob", State::Running(Default::default())),
        file(8, "bob", "#lobby", State::Offered),
        file(9, "bob", "#lobby", State::Declined),
        file(10, "bob", "#lobby", State::Over("nobody took it in time".into())),
    ];
    for key in ["[Alt-N]", "[Alt-Y]"] {
        assert_eq!((story.keys(key), story.question()), (Outcome::Changed, "no file is offered"));
    }
    story.model.files_are(known);
    story.drawn(200);
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 8"));
    assert_eq!(story.keys("[Alt-N]"), entered("/decline 8"));
    story.model.windows.go_to(0);
    assert_eq!(story.keys("[Alt-Y]"), Outcome::Changed, "it is shown before it is answered");
    assert_eq!(story.model.windows.current().of, of("lobby"));
    for (number, key, outcome) in [
        (5, "p", entered("/pause 5")),
        (5, "c", entered("/cancel 5")),
        (5, "y", Outcome::Nothing),
        (6, "p", entered("/resume 6")),
        (7, "p", Outcome::Nothing),
        (7, "c", entered("/cancel 7")),
        (8, "y", entered("/accept 8")),
        (8, "n", entered("/decline 8")),
        (8, "[Alt-Y]", entered("/accept 8")),
        (9, "y", entered("/accept 9")),
        (9, "n", Outcome::Nothing),
        (10, "c", Outcome::Nothing),
    ] {
        story.model.overlay = Some(Overlay::new(Shows::Files { chosen: Some(TransferId(number)) }));
        assert_eq!(story.keys(key), outcome, "{number} {key}");
        assert!(shows(&story).is_some() && story.draft() == "|", "{number} {key}");
    }
}

/// A file that bob offers in the lobby.
fn offer_of(number: u64) -> Standing {
    Standing { offer: offer(number, "bob", "#lobby", "x", 10), is_mine: false, state: State::Offered }
}

#[test]
fn a_key_answers_the_offer_that_was_seen_and_none_that_came_in_the_same_blink() {
    let mut story = Story::new();
    story.drawn(1000);
    story.model.files_are(vec![offer_of(3)]);
    story.drawn(199);
    let too_soon = "file 3 came on the screen only now: press the key again";
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, too_soon));
    story.drawn(1);
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 3"));
    // The last one is first now.
    story.model.files_are(vec![offer_of(4), offer_of(3)]);
    story.drawn(199);
    assert_eq!((story.keys("[Alt-N]"), story.keys("[Alt-Y]")), (entered("/decline 3"), entered("/accept 3")));
    story.drawn(1);
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 4"));
    story.model.files_are(vec![]);
    assert_eq!(
        (story.keys("[Alt-Y]"), story.question()),
        (Outcome::Changed, "file 4 is not offered any more")
    );
    story.model.files_are(vec![offer_of(3)]);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, too_soon));
    // In another window it is shown first, and has to be seen there.
    story.model.windows.go_to_of(&of("dev"));
    story.drawn(200);
    assert_eq!((story.keys("[Alt-Y]"), &story.model.windows.current().of), (Outcome::Changed, &of("lobby")));
    story.drawn(100);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, too_soon));
    story.drawn(200);
    story.keys("b[Tab]");
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 3"));
    // What lies over the messages hides it.
    story.keys("[F1]");
    story.drawn(200);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, too_soon));
}

#[test]
fn a_letter_steers_the_file_that_was_seen_as_chosen() {
    let mut story = Story::new();
    story.model.files_are(vec![offer_of(3)]);
    story.keys("[F2]");
    story.drawn(100);
    let too_soon = "this list came on the screen only now: press the key again";
    assert_eq!((story.keys("y"), story.question()), (Outcome::Changed, too_soon));
    story.drawn(100);
    story.model.files_are(vec![offer_of(4), offer_of(3)]);
    story.drawn(0);
    assert_eq!((story.keys("y"), story.keys("n")), (entered("/accept 3"), entered("/decline 3")));
    // Once chosen it stays so, and may be answered as soon as it is chosen.
    story.model.files_are(vec![offer_of(5), offer_of(4), offer_of(3)]);
    story.drawn(1000);
    assert_eq!(story.keys("y"), entered("/accept 3"));
    story.model.overlay = Some(Overlay::new(Shows::Files { chosen: Some(TransferId(4)) }));
    assert_eq!(story.keys("y"), entered("/accept 4"));
    assert_eq!(
        (shows(&story), story.draft().as_str()),
        (Some(Shows::Files { chosen: Some(TransferId(4)) }), "|")
    );
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
