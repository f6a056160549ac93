//! Going to a message that was found, and back.

use chat_net::chat_core::Query;

use super::*;
use crate::tui::model::{Scroll, Shows, Windows};

/// What asks for messages with `fish`: the newest, or those before a time.
fn query(before_time: Option<Timestamp>) -> Query {
    Query::Search { words: "fish".into(), room: None, before_time, limit: 20 }
}

/// A page of what was found in the lobby: numbers with texts.
fn hits(model: &mut Model, hits: &[(u64, &str)], has_more: bool) -> usize {
    let found: Vec<_> =
        hits.iter().map(|(number, text)| told(true, said("lobby", *number, "bob", text))).collect();
    model.found(&query(None), &found, has_more)
}

/// In the lobby since number 500, in whose past `fish` was said at 120; looking at what is in `dev`.
fn elsewhere() -> Model {
    let mut model = Model::in_lobby(500);
    model.hear_past(said("lobby", 500, "bob", "hello"));
    model.hear_past(Event::CaughtUp { place: at("lobby", 501) });
    model.enter("dev", 1, &["alice"]);
    model.windows.go_to_of(&of("dev"));
    hits(&mut model, &[(120, "a fish"), (501, "joined")], false);
    model
}

fn wanted(model: &Model) -> Option<Anchor> {
    let window = model.windows.current();
    window.wanted(window.rows.end().plus(-3), window.rows.end())
}

fn question(model: &Model) -> &str {
    model.question.as_ref().map_or("", |question| question.as_str())
}

/// The number of the row that stands out.
fn marked(model: &Model) -> Option<u64> {
    let window = model.windows.current();
    window.rows.get(window.found.filter(|_| window.is_marked)?)?.number()
}

/// The page around 120.
fn around(model: &mut Model, text: &str) {
    let events =
        (100..140).map(|number| said("lobby", number, "bob", if number == 120 { text } else { "x" }));
    model.answer("lobby", Anchor::Around(Number(120)), events.collect(), true, true);
}

#[test]
fn a_message_that_is_not_here_is_fetched_and_stands_out() {
    let mut model = elsewhere();
    model.go_to_found(1).unwrap();
    assert_eq!(model.windows.current().of, of("lobby"));
    assert_eq!(wanted(&model), Some(Anchor::Around(Number(120))));
    assert!(
        question(&model).starts_with("#lobby: the message is being fetched; Esc"),
        "{}",
        question(&model)
    );
    around(&mut model, "a fish");
    assert_eq!(
        (marked(&model), question(&model).split(';').next()),
        (Some(120), Some("#lobby, message 120"))
    );
    assert_eq!(wanted(&model), Some(Anchor::Before(Number(500))), "what is between comes as one goes there");
    model.unmark();
    assert_eq!(marked(&model), None);
    model.come_back();
    assert_eq!((&model.windows.current().of, model.lobby().scroll), (&of("dev"), Scroll::End));
    assert_eq!(model.overlay.as_ref().map(|overlay| overlay.shows), Some(Shows::Found { chosen: 1 }));
    // It is here now.
    model.go_to_found(1).unwrap();
    assert_eq!(marked(&model), Some(120));
}

#[test]
fn what_is_new_in_a_room_stays_new_where_only_its_past_is_looked_at() {
    for is_here in [false, true] {
        let mut model = elsewhere();
        if is_here {
            model.hear(said("lobby", 502, "bob", "a fish"));
            model.windows.go_to_of(&of("lobby"));
            model.windows.go_to_of(&of("dev"));
            hits(&mut model, &[(502, "a fish")], false);
        }
        model.hear(said("lobby", 503, "bob", "alice: hello"));
        model.hear(said("lobby", 504, "bob", "are you there"));
        let new = |model: &Model| {
            let lobby = model.lobby();
            let first = lobby.new_from.and_then(|mark| lobby.rows.get(mark)?.number());
            (lobby.unread, lobby.is_mentioned, first)
        };
        assert_eq!(new(&model), (2, true, Some(503)));
        model.go_to_found(if is_here { 0 } else { 1 }).unwrap();
        if !is_here {
            around(&mut model, "a fish");
        }
        assert_eq!((marked(&model).is_some(), new(&model)), (true, (2, true, Some(503))), "{is_here}");
        model.come_back();
        assert_eq!((model.lobby().scroll, new(&model)), (Scroll::End, (2, true, Some(503))), "{is_here}");
    }
}

#[test]
fn whoever_goes_on_from_there_stays_there() {
    let mut model = elsewhere();
    model.windows.go_to_of(&of("lobby"));
    let top = model.lobby().rows.first();
    model.windows.current_mut().scroll_to(Scroll::At { top, line: 0 });
    model.go_to_found(1).unwrap();
    around(&mut model, "a fish");
    // The row that was at the top has another place by now.
    model.come_back();
    assert_eq!(model.lobby().scroll, Scroll::At { top: model.lobby().rows.find(500).unwrap(), line: 0 });
    model.go_to_found(1).unwrap();
    let there = model.lobby().scroll;
    model.stay();
    model.come_back();
    assert_eq!((model.lobby().scroll, model.visited()), (there, None));
}

#[test]
fn a_message_that_is_gone_is_said_to_be_gone() {
    let mut deleted = elsewhere();
    deleted.go_to_found(1).unwrap();
    let removed = Event::Removed { place: at("lobby", 120), from: user("bob"), by: user("carol") };
    deleted.answer("lobby", Anchor::Around(Number(120)), vec![removed], true, true);
    assert_eq!(
        (question(&deleted).split(';').next(), marked(&deleted)),
        (Some("that message was deleted meanwhile"), Some(120))
    );

    let mut forgotten = elsewhere();
    forgotten.go_to_found(1).unwrap();
    forgotten.answer("lobby", Anchor::Around(Number(120)), vec![said("lobby", 400, "bob", "x")], false, true);
    assert!(question(&forgotten).starts_with("that message is not kept any more; "));
    assert_eq!((marked(&forgotten), wanted(&forgotten)), (None, Some(Anchor::Before(Number(500)))));

    let mut empty = elsewhere();
    empty.go_to_found(1).unwrap();
    empty.answer("lobby", Anchor::Around(Number(120)), vec![], true, true);
    assert!(question(&empty).starts_with("that message is not kept any more; "));

    let mut refused = elsewhere();
    refused.go_to_found(1).unwrap();
    // Another page that was on its way says nothing of it.
    refused.fetch_failed(&room("lobby"), Anchor::Before(Number(500)));
    assert!(question(&refused).contains("is being fetched"));
    assert_eq!(wanted(&refused), Some(Anchor::Around(Number(120))));
    refused.fetch_failed(&room("lobby"), Anchor::Around(Number(120)));
    assert!(question(&refused).starts_with("that message cannot be had now; "));

    let mut left = elsewhere();
    left.hear(super::left("lobby", 502, "alice"));
    left.go_to_found(1).unwrap();
    assert!(question(&left).starts_with("you are not in #lobby any more; "));

    let mut anew = elsewhere();
    let place = Place { epoch: Epoch(2), ..at("lobby", 1) };
    anew.hear(Event::Members { place, fresh: true, total: 1, users: vec![user("alice")] });
    anew.go_to_found(1).unwrap();
    assert!(question(&anew).starts_with("#lobby was made anew meanwhile, "));
}

#[test]
fn a_room_without_a_window_cannot_be_gone_to() {
    let mut model = Model::in_lobby(1);
    let found = [told(true, said("gone", 3, "bob", "a fish"))];
    model.found(&query(None), &found, false);
    assert_eq!(model.go_to_found(0).unwrap_err().as_str(), "you are not in #gone any more");
    assert_eq!((model.visited(), &model.windows.current().of), (None, &of("lobby")));
}

#[test]
fn what_was_found_is_listed_once_and_the_newest_first() {
    let mut model = Model::in_lobby(1);
    assert_eq!(hits(&mut model, &[(7, "b"), (9, "a")], true), 2);
    assert!(model.wants_older().is_none(), "nobody looks at it");
    model.overlay = Some(Overlay::new(Shows::Found { chosen: 0 }));
    let older = model.wants_older().unwrap();
    assert_eq!(older, query(Some(told(true, said("lobby", 7, "bob", "b")).at)));
    assert_eq!(model.wants_older(), None, "it is on its way");
    // A page that was asked for twice.
    let page = |number| told(true, said("lobby", number, "bob", "c"));
    assert_eq!((model.found(&older, &[page(5)], true), model.found(&older, &[page(5)], true)), (1, 0));
    let ignored = model.ignored.set("bob", "alice", true);
    assert!(ignored.is_ok());
    let next = model.wants_older().unwrap();
    assert_eq!(model.found(&next, &[page(3)], true), 0);
    assert_eq!(
        model.wants_older(),
        Some(query(Some(page(3).at))),
        "those of whom nothing is shown are passed"
    );
    let texts: Vec<_> = model.found.hits().iter().map(|hit| hit.text.as_str().to_owned()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
    let by = user("carol");
    model.hear(Event::Deleted { place: at("lobby", 10), target: Number(7), from: user("bob"), by });
    assert_eq!(model.found.hits()[1].text.as_str(), "(deleted by carol)");
    assert!(model.ignored.set("bob", "alice", false).is_ok());
    assert_eq!(hits(&mut model, &[(4, "new words")], false), 1);
    assert_eq!(model.found.hits().len(), 1);
}

#[test]
fn an_answer_about_other_words_is_not_listed() {
    let mut model = Model::in_lobby(1);
    hits(&mut model, &[(7, "a fish")], true);
    assert!(model.look_for_older());
    let older = model.wants_older().unwrap();
    let birds = |before_time| Query::Search { words: "bird".into(), room: None, before_time, limit: 20 };
    let page = |number, text| told(true, said("lobby", number, "bob", text));
    model.found(&birds(None), &[page(9, "a bird")], true);
    assert_eq!(model.found(&older, &[page(5, "a fish")], false), 0);
    assert!(model.found.hits().iter().all(|hit| hit.text.as_str() == "a bird"));
    assert_eq!(model.wants_older(), Some(birds(Some(page(9, "x").at))), "nothing is known of older ones yet");
}

#[test]
fn older_ones_that_could_not_be_had_are_asked_for_again_by_hand() {
    let mut model = Model::in_lobby(1);
    assert!(!model.look_for_older(), "nothing was found");
    hits(&mut model, &[(7, "a fish"), (9, "two")], true);
    assert!(model.look_for_older());
    assert_eq!(model.overlay.as_ref().map(|overlay| overlay.shows), Some(Shows::Found { chosen: 1 }));
    let older = model.wants_older();
    // It was refused: no picture asks again.
    assert_eq!((older.is_some(), model.wants_older()), (true, None));
    assert!(model.look_for_older());
    assert_eq!(model.wants_older(), older);
}

#[test]
fn what_is_not_shown_is_not_gone_through_without_end() {
    let mut model = Model::in_lobby(1);
    assert!(model.ignored.set("bob", "alice", true).is_ok());
    let page = |pages: u64| {
        let numbers = 5_000 - pages * 20..5_020 - pages * 20;
        numbers.map(|number| told(true, said("lobby", number, "bob", "a fish"))).collect::<Vec<_>>()
    };
    model.found(&query(None), &page(0), true);
    assert!(model.look_for_older());
    let mut pages = 1;
    while let Some(next) = model.wants_older() {
        assert_eq!(model.found(&next, &page(pages), true), 0);
        pages += 1;
        assert!(pages < 100);
    }
    assert_eq!(pages, 50, "as many as are listed");
}

#[test]
fn a_full_window_keeps_what_one_went_to() {
    let mut model = Model { windows: Windows::limited(60, usize::MAX), ..Model::default() };
    model.notice(&welcome("alice", false, &[]), NOW);
    model.enter("lobby", 500, &["alice"]);
    for number in 502..600 {
        model.hear(said("lobby", number, "bob", "x"));
    }
    hits(&mut model, &[(120, "a fish")], false);
    model.go_to_found(0).unwrap();
    around(&mut model, "a fish");
    assert_eq!(marked(&model), Some(120));
}
