//! Nothing grows without end.

use super::*;
use crate::tui::model::{Row, Scroll, Windows};

fn small(rows: usize, bytes: usize) -> Model {
    let mut model = Model::in_lobby(0);
    let mut windows = Windows::limited(rows, bytes);
    std::mem::swap(&mut model.windows, &mut windows);
    model.enter("lobby", 0, &["alice"]);
    model.windows.go_to_of(&of("lobby"));
    model
}

fn all(model: &Model) -> usize {
    model.windows.iter().map(|window| window.rows.len()).sum()
}

#[test]
fn the_oldest_of_the_longest_window_goes_first_and_can_be_fetched_again() {
    let mut model = small(20, usize::MAX);
    model.enter("dev", 0, &["alice"]);
    for number in 2..=5 {
        model.hear(said("dev", number, "bob", "x"));
    }
    for number in 2..=40 {
        model.hear(said("lobby", number, "bob", "x"));
    }
    assert_eq!((all(&model), model.window(&of("dev")).rows.len()), (20, 5));
    assert_eq!(model.shown(&of("lobby"))[0], "~26 bob: x");
    let (top, bottom) = (model.lobby().rows.first(), model.lobby().rows.end());
    assert_eq!(model.lobby().wanted(top, bottom), Some(Anchor::Before(Number(26))));
}

#[test]
fn few_but_long_rows_are_too_many_too() {
    let mut model = small(usize::MAX, 200_000);
    for number in 2..=60 {
        model.hear(said("lobby", number, "bob", &"x".repeat(4096)));
    }
    assert!((20..25).contains(&all(&model)), "{}", all(&model));
}

#[test]
fn whoever_reads_far_above_keeps_what_they_read() {
    let mut model = small(20, usize::MAX);
    for number in 2..=20 {
        model.hear(said("lobby", number, "bob", "x"));
    }
    let top = model.lobby().rows.first();
    model.windows.current_mut().scroll_to(Scroll::At { top, line: 0 });
    for number in 21..=60 {
        model.hear(said("lobby", number, "bob", "x"));
    }
    let shown = model.shown(&of("lobby"));
    assert_eq!(model.lobby().new_from, None, "what was new is not there");
    assert_eq!((shown.len(), &*shown[0], &*shown[19]), (20, "1 alice joined", "20 bob: x"));
    model.windows.current_mut().scroll_to(Scroll::End);
    let end = model.lobby().rows.end();
    let anchor = model.lobby().wanted(end.plus(-5), end).unwrap();
    assert_eq!(anchor, Anchor::After(Number(20)));
    let page = (21..=60).map(|number| said("lobby", number, "bob", "x")).collect();
    model.answer("lobby", anchor, page, true, false);
    assert_eq!(model.shown(&of("lobby")).last().unwrap(), "60 bob: x");
    assert!(!model.lobby().rows.tail_gap());
}

#[test]
fn the_newest_whispers_are_kept_whatever_is_read() {
    let mut model = small(20, usize::MAX);
    let bob = Of::User(user("bob"));
    model.hear(whisper("bob", "alice", "first"));
    model.windows.go_to_of(&bob);
    let top = model.window(&bob).rows.first();
    model.windows.current_mut().scroll_to(Scroll::At { top, line: 0 });
    for number in 0..40 {
        model.hear(whisper("bob", "alice", &format!("whisper {number}")));
    }
    assert_eq!(model.shown(&bob).last().unwrap(), "- bob: whisper 39");
}

#[test]
fn a_hundred_thousand_usual_rows_fit() {
    // An author and sixty characters, with all that the rows of one window grow by when there is no more room.
    let text = "x".repeat(60);
    let mut model = small(100, usize::MAX);
    model.hear(said("lobby", 2, "bob", &text));
    let counted = model.lobby().rows.newest().unwrap().bytes();
    assert!((counted + size_of::<Row>()) * 100_000 <= 100 << 20, "{counted}");
}

#[test]
fn a_crowd_of_whisperers_does_not_open_windows_without_end() {
    let mut model = Model::in_lobby(0);
    for number in 0..1000 {
        model.hear(whisper(&format!("u{number}"), "alice", "psst"));
    }
    assert_eq!(model.windows.len(), 256);
    assert_eq!(model.shown(&Of::Server).last().unwrap(), "- u999: psst");
    for number in 0..100 {
        model.enter(&format!("r{number}"), 7, &["alice"]);
    }
    assert_eq!((model.windows.len(), model.window(&of("r99")).out()), (356, None));
    let server = model.window(&Of::Server);
    assert!(!server.is_open && server.members.total() == 0 && server.rows.last() == 0);
}
