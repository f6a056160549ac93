//! Pages come in any order, overlap, and meet: nothing is shown twice, out of order, or believed to be all when it is
//! not.

use super::*;
use crate::join::Line;
use crate::tui::model::Fetch;

/// Every fifth event of the room is no message, and in no page.
fn is_message(number: u64) -> bool {
    !number.is_multiple_of(5)
}

/// What a server with `head` events answers, in pages of `size`.
fn page(anchor: Anchor, head: u64, size: usize) -> (Vec<u64>, bool, bool) {
    let all: Vec<u64> = (1..=head).filter(|number| is_message(*number)).collect();
    let split = match anchor {
        Anchor::Before(number) => all.partition_point(|n| *n < number.0),
        Anchor::After(number) => (all.partition_point(|n| *n <= number.0) + size).min(all.len()),
        Anchor::Around(number) => (all.partition_point(|n| *n < number.0) + size / 2).min(all.len()),
        _ => all.len(),
    };
    let first = match anchor {
        Anchor::After(number) => all.partition_point(|n| *n <= number.0),
        _ => split.saturating_sub(size),
    };
    (all[first..split].to_vec(), first > 0, split < all.len())
}

fn fetch(model: &mut Model, anchor: Anchor, head: u64, size: usize) {
    let (numbers, more, newer) = page(anchor, head, size);
    let events = numbers.iter().map(|number| said("lobby", *number, "bob", "x")).collect();
    model.answer("lobby", anchor, events, more, newer);
}

/// Between two rows with no gap between them, no message is missing; and all are in order.
fn check(model: &Model, head: u64) -> Result<(), String> {
    let rows = &model.lobby().rows;
    let mut last = 0;
    for at in 0..rows.len() {
        let row = rows.get(rows.first().plus(at.cast_signed() as i64)).unwrap();
        let Some(number) = row.number() else { continue };
        if number <= last {
            return Err(format!("{number} behind {last}"));
        }
        if row.gap.is_none() && (last + 1..number).any(is_message) {
            return Err(format!("nothing says that something is missing between {last} and {number}"));
        }
        last = number;
    }
    let is_all = !(last + 1..=head).any(is_message);
    if is_all || rows.tail_gap() { Ok(()) } else { Err(format!("nothing says that more is behind {last}")) }
}

#[test]
fn paging_up_comes_to_the_beginning() {
    let mut model = Model::in_lobby(40);
    let mut asked = Vec::new();
    for _ in 0..9 {
        let (first, end) = (model.lobby().rows.first(), model.lobby().rows.end());
        let Some(anchor) = model.lobby().wanted(first, end) else { break };
        asked.push(anchor);
        fetch(&mut model, anchor, 41, 10);
        check(&model, 41).unwrap();
    }
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert_eq!(model.shown(&of("lobby"))[..2], ["1 bob: x", "2 bob: x"]);
    assert_eq!(model.lobby().rows.len(), 33);
}

#[test]
fn a_jump_into_the_past_leaves_two_gaps_that_close() {
    let mut model = Model::in_lobby(100);
    fetch(&mut model, Anchor::Around(Number(50)), 101, 10);
    let gaps = |model: &Model| model.shown(&of("lobby")).iter().filter(|row| row.starts_with('~')).count();
    assert_eq!(gaps(&model), 2);
    for size in [10, 50, 10, 50] {
        let end = model.lobby().rows.end();
        if let Some(anchor) = model.lobby().wanted(model.lobby().rows.first(), end) {
            fetch(&mut model, anchor, 101, size);
            check(&model, 101).unwrap();
        }
    }
    assert_eq!(gaps(&model), 0);
}

#[test]
fn a_page_that_is_told_twice_changes_nothing() {
    let mut model = Model::in_lobby(20);
    fetch(&mut model, Anchor::Before(Number(21)), 21, 10);
    let before = model.shown(&of("lobby"));
    fetch(&mut model, Anchor::Before(Number(21)), 21, 10);
    assert_eq!(model.shown(&of("lobby")), before);
}

#[test]
fn what_is_read_stays_where_it_is_when_rows_come_before_it() {
    let mut model = Model::in_lobby(100);
    fetch(&mut model, Anchor::Around(Number(20)), 101, 4);
    let mark = model.lobby().rows.find(101).unwrap();
    model.windows.current_mut().jump_to(mark, 0);
    fetch(&mut model, Anchor::Before(Number(101)), 101, 10);
    fetch(&mut model, Anchor::Before(Number(10)), 101, 10);
    let crate::tui::model::Scroll::At { top, .. } = model.lobby().scroll else { panic!() };
    assert_eq!(model.lobby().rows.get(top).unwrap().number(), Some(101));
    assert_eq!(model.lobby().found, Some(top));
}

#[test]
fn what_cannot_be_had_is_not_asked_for_for_ever() {
    let mut model = Model::in_lobby(20);
    let (first, end) = (model.lobby().rows.first(), model.lobby().rows.end());
    let anchor = model.lobby().wanted(first, end).unwrap();
    model.fetching(&room("lobby"), anchor);
    assert_eq!(model.lobby().wanted(first, end), None, "one at a time");
    model.fetch_failed(&room("lobby"), Anchor::Before(Number(100)));
    assert_eq!(model.lobby().wanted(first, end), None);
    model.fetch_again();
    assert_eq!(model.lobby().wanted(first, end), Some(anchor));
    // It says that there is more, and sends none.
    model.answer("lobby", anchor, vec![], true, true);
    assert_eq!(model.lobby().fetch, Fetch::Failed);
    model.lose();
    model.notice(&welcome("alice", true, &[("lobby", 21)]), NOW);
    assert_eq!(model.lobby().wanted(first, end), Some(anchor));
}

#[test]
fn a_page_of_the_ignored_leads_further_up() {
    let mut model = Model::in_lobby(20);
    model.ignored.set("bob", "alice", true).unwrap();
    fetch(&mut model, Anchor::Before(Number(21)), 21, 8);
    let (first, end) = (model.lobby().rows.first(), model.lobby().rows.end());
    assert_eq!(model.lobby().wanted(first, end), Some(Anchor::Before(Number(11))));
}

#[test]
fn a_page_of_another_numbering_is_dropped() {
    let mut model = Model::in_lobby(20);
    let before = model.shown(&of("lobby"));
    let anew = Place { epoch: Epoch(2), ..at("lobby", 3) };
    let event = Event::Said { place: anew, from: user("bob"), body: body("x") };
    let Answer::History { room, count, more, newer, .. } = page_end("lobby", false, true) else { panic!() };
    let end = Answer::History { room, epoch: Epoch(2), count, more, newer };
    model.page(Anchor::Before(Number(21)), &[told(true, event)], &end);
    assert_eq!(model.shown(&of("lobby")), before);
}

#[test]
fn what_is_missing_of_an_older_numbering_is_not_asked_for() {
    let mut model = Model::in_lobby(20);
    let place = Place { epoch: Epoch(2), ..at("lobby", 1) };
    model.hear(Event::Said { place, from: user("bob"), body: body("x") });
    let wanted = |model: &Model| model.lobby().wanted(model.lobby().rows.first(), model.lobby().rows.end());
    assert_eq!(wanted(&model), None);
    model.windows.current_mut().rows.drop_oldest();
    assert_eq!(wanted(&model), None, "a row of the older numbering is not fetched again");
    model.windows.current_mut().rows.drop_oldest();
    assert_eq!(wanted(&model), Some(Anchor::Latest));
}

#[test]
fn a_page_that_changes_nothing_is_not_asked_for_again() {
    let mut model = Model::in_lobby(20);
    model.lines(&of("lobby"), NOW, &vec![Line::note("a note"); 40]);
    model.windows.current_mut().rows.broken();
    let end = model.lobby().rows.end();
    assert_eq!(model.lobby().wanted(end.plus(-5), end), Some(Anchor::Latest));
    // What it says is the latest is older than what is here.
    for _ in 0..2 {
        model.answer("lobby", Anchor::Latest, vec![said("lobby", 20, "bob", "x")], true, true);
    }
    let end = model.lobby().rows.end();
    assert_eq!(model.lobby().wanted(end.plus(-5), end), None);
}

/// Pages from anywhere, live events, and rows that are dropped at either end, in any order.
#[test]
fn whatever_comes_in_whatever_order_it_fits_together() {
    for seed in 0..400_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        // The own coming is no message.
        let mut head = 4 + 5 * random(12);
        let mut model = Model::in_lobby(head);
        head += 1;
        for step in 0..30 {
            let size = usize::try_from(1 + random(12)).unwrap();
            match random(8) {
                0 => fetch(&mut model, Anchor::Before(Number(1 + random(head))), head, size),
                1 => fetch(&mut model, Anchor::After(Number(1 + random(head))), head, size),
                2 => fetch(&mut model, Anchor::Around(Number(1 + random(head))), head, size),
                3 => fetch(&mut model, Anchor::Latest, head, size),
                4 => model.windows.current_mut().rows.drop_oldest(),
                5 => model.windows.current_mut().rows.drop_newest(),
                6 => model.lines(&of("lobby"), NOW, &[Line::note("a note")]),
                _ => {
                    head += 1;
                    if is_message(head) {
                        model.hear(said("lobby", head, "bob", "x"));
                    } else {
                        model.hear(joined("lobby", head, "carol"));
                    }
                }
            }
            check(&model, head).unwrap_or_else(|why| {
                panic!("seed {seed}, step {step}: {why}\n{:#?}", model.shown(&of("lobby")));
            });
        }
    }
}
