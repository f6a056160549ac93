//! The ledger complains about each thing that can go wrong, and about nothing else.

use super::*;
use chat_net::chat_core::{Body, Departure, Epoch, Number, RoomName, UserName};

const AT: Timestamp = Timestamp(5);

fn place(number: u64) -> Place {
    Place { room: RoomName::new("dev", 64).unwrap(), epoch: Epoch(9), number: Number(number) }
}

fn user(name: &str) -> UserName {
    UserName::new(name, 32).unwrap()
}

fn text(count: u32) -> TextId {
    TextId { sender: 1, count }
}

fn said(number: u64, count: u32) -> Event {
    let body = Body::new(&text(count).text().into(), 4096).unwrap();
    Event::Said { place: place(number), from: user("ann"), body }
}

fn joined(number: u64, name: &str) -> Event {
    Event::Joined { place: place(number), user: user(name) }
}

/// Bob joins at 2 and hears two messages; a third has no answer and is there; a fourth is not.
fn good() -> Ledger {
    let mut ledger = Ledger::default();
    (1..=4).for_each(|count| ledger.said(text(count)));
    for (number, count) in [(3, 1), (4, 2)] {
        ledger.heard_by_bob(number, count);
        ledger.accepted(text(count), &place(number));
    }
    ledger.heard("bob", true, AT, &said(5, 3));
    ledger.seen("export", AT, &joined(1, "ann"));
    ledger
}

impl Ledger {
    fn heard_by_bob(&mut self, number: u64, count: u32) {
        if self.listeners.is_empty() {
            self.heard("bob", false, AT, &joined(2, "bob"));
        }
        self.heard("bob", false, AT, &said(number, count));
    }

    fn read(&mut self, numbers: &[u64]) {
        self.whole("export", "dev", numbers, false);
        self.settled();
    }
}

#[test]
fn it_is_content_when_all_agrees() {
    let mut ledger = good();
    ledger.whole("history", "dev", &[3, 4, 5], true);
    ledger.read(&[1, 2, 3, 4, 5]);
    ledger.check("a good run");
    assert_eq!((ledger.accepted_count(), ledger.unknown()), (2, 2));
    assert!(ledger.is_level("dev", 5) && !ledger.is_level("dev", 6));
}

#[test]
fn it_complains_about_each_fault() {
    type Fault = fn(&mut Ledger);
    let faults: [(&str, Fault); 16] = [
        ("there twice", |ledger| ledger.heard("bob", false, AT, &said(6, 1))),
        ("another event", |ledger| ledger.seen("export", AT, &said(4, 3))),
        ("another event", |ledger| ledger.seen("export", Timestamp(6), &said(4, 2))),
        ("accepted at", |ledger| {
            ledger.accepted(text(4), &place(6));
            ledger.seen("export", AT, &said(7, 4));
        }),
        ("its sender told", |ledger| ledger.accepted(text(3), &place(6))),
        ("met nowhere", |ledger| {
            ledger.accepted(text(4), &place(6));
            ledger.settled();
        }),
        ("lacks what was accepted", |ledger| {
            ledger.accepted(text(4), &place(6));
            ledger.read(&[1, 2, 3, 4, 5]);
        }),
        ("lacks what others have", |ledger| ledger.read(&[1, 2, 3, 4])),
        ("a hole", |ledger| ledger.read(&[1, 2, 4, 5])),
        ("out of order", |ledger| ledger.read(&[1, 2, 3, 5, 4])),
        ("nobody said", |ledger| ledger.seen("export", AT, &said(6, 99))),
        ("the epoch was", |ledger| {
            ledger.accepted(text(4), &Place { epoch: Epoch(10), ..place(6) });
        }),
        ("and heard at", |ledger| ledger.refused(text(3), 106)),
        ("was refused, and", |ledger| {
            ledger.refused(text(4), 106);
            ledger.seen("export", AT, &said(6, 4));
        }),
        ("after 5 it was told", |ledger| ledger.heard("bob", false, AT, &said(7, 4))),
        ("told to nobody", |ledger| {
            ledger.whisper_accepted(text(4));
            ledger.settled();
        }),
    ];
    for (complaint, fault) in faults {
        let mut ledger = good();
        ledger.check("before the fault");
        fault(&mut ledger);
        let complaints = ledger.complaints();
        assert!(complaints.iter().any(|has| has.contains(complaint)), "{complaint}: {complaints:?}");
    }
}

#[test]
fn who_left_and_came_back_is_shown_what_it_missed_once() {
    let mut ledger = good();
    ledger.heard("bob", false, AT, &Event::Left { place: place(6), user: user("bob"), why: Departure::Left });
    ledger.seen("export", AT, &said(7, 4));
    ledger.heard("bob", false, AT, &joined(8, "bob"));
    ledger.heard("bob", true, AT, &said(7, 4));
    ledger.check("a return");
    ledger.heard("bob", true, AT, &said(5, 3));
    assert!(ledger.complaints()[0].contains("shown 5 after 7"), "{:?}", ledger.complaints());
}

#[test]
fn who_left_while_away_is_told_nothing_of_what_came_before_that() {
    for was_answered in [true, false] {
        let mut ledger = good();
        ledger.seen("export", AT, &said(6, 4));
        if was_answered {
            ledger.left("bob", &place(7));
        }
        ledger.heard("bob", false, AT, &joined(8, "bob"));
        ledger.heard("bob", true, AT, &said(6, 4));
        assert_eq!(ledger.complaints().is_empty(), was_answered, "{:?}", ledger.complaints());
    }
}

#[test]
fn a_whisper_is_told_once() {
    let mut ledger = good();
    ledger.whisper_accepted(text(4));
    ledger.whispered("bob", &text(4).text());
    ledger.settled();
    ledger.check("a whisper");
    ledger.whispered("bob", &text(4).text());
    assert!(ledger.complaints()[0].contains("told twice"), "{:?}", ledger.complaints());
}
