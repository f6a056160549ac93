//! Keys that answer offers, and steer files.

use super::*;

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
    story.files_are(known);
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

/// What is said of a key that came too soon for anybody to have seen that offer.
const TOO_SOON: &str = "file 3 came on the screen only now: press the key again";

#[test]
fn a_key_answers_the_offer_that_was_seen_and_none_that_came_in_the_same_blink() {
    let mut story = Story::new();
    story.drawn(1000);
    story.files_are(vec![offer_of(3)]);
    story.drawn(199);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, TOO_SOON));
    story.drawn(1);
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 3"));
    // The last one is first now.
    story.files_are(vec![offer_of(4), offer_of(3)]);
    story.drawn(199);
    assert_eq!((story.keys("[Alt-N]"), story.keys("[Alt-Y]")), (entered("/decline 3"), entered("/accept 3")));
    story.drawn(1);
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 4"));
    story.files_are(vec![]);
    assert_eq!(
        (story.keys("[Alt-Y]"), story.question()),
        (Outcome::Changed, "file 4 is not offered any more")
    );
    story.files_are(vec![offer_of(3)]);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, TOO_SOON));
    // In another window it is shown first, and has to be seen there.
    story.model.windows.go_to_of(&of("dev"));
    story.drawn(200);
    assert_eq!((story.keys("[Alt-Y]"), &story.model.windows.current().of), (Outcome::Changed, &of("lobby")));
    story.drawn(100);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, TOO_SOON));
    story.drawn(200);
    story.keys("b[Tab]");
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 3"));
    // What lies over the messages hides it.
    story.keys("[F1]");
    story.drawn(200);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, TOO_SOON));
}

#[test]
fn a_key_answers_no_offer_whose_row_is_not_on_the_screen() {
    let mut story = Story::new();
    story.files_are(vec![offer_of(3)]);
    for number in 3..103 {
        story.model.hear(said("lobby", number, "bob", "x"));
    }
    story.drawn(1000);
    assert_eq!(
        (story.keys("[Alt-Y]"), story.found()),
        (Outcome::Changed, Some("offers \"x\" (10 B), file 3: Alt-Y accepts, Alt-N declines"))
    );
    story.drawn(199);
    assert_eq!((story.keys("[Alt-Y]"), story.question()), (Outcome::Changed, TOO_SOON));
    story.drawn(1);
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 3"));
    // One that comes below is not on the screen, either.
    story.files_are(vec![offer_of(4), offer_of(3)]);
    story.drawn(1000);
    assert_eq!(story.keys("[Alt-Y]"), Outcome::Changed);
    story.drawn(200);
    assert_eq!(story.keys("[Alt-Y]"), entered("/accept 4"));
}

#[test]
fn a_letter_steers_the_file_that_was_seen_as_chosen() {
    let mut story = Story::new();
    story.files_are(vec![offer_of(3)]);
    story.keys("[F2]");
    story.drawn(100);
    let too_soon = "this list came on the screen only now: press the key again";
    assert_eq!((story.keys("y"), story.question()), (Outcome::Changed, too_soon));
    story.drawn(100);
    story.files_are(vec![offer_of(4), offer_of(3)]);
    story.drawn(0);
    assert_eq!((story.keys("y"), story.keys("n")), (entered("/accept 3"), entered("/decline 3")));
    // Once chosen it stays so, and may be answered as soon as it is chosen.
    story.files_are(vec![offer_of(5), offer_of(4), offer_of(3)]);
    story.drawn(1000);
    assert_eq!(story.keys("y"), entered("/accept 3"));
    story.model.overlay = Some(Overlay::new(Shows::Files { chosen: Some(TransferId(4)) }));
    assert_eq!(story.keys("y"), entered("/accept 4"));
    assert_eq!(
        (shows(&story), story.draft().as_str()),
        (Some(Shows::Files { chosen: Some(TransferId(4)) }), "|")
    );
}
