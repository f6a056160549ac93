//! Who reads what a mirror hands on, and believes nothing: everything once, in order, without a hole that was
//! not told.

use std::collections::{BTreeMap, BTreeSet};

use chat_core::client::Reception;
use chat_core::{Ask, Epoch, Event, Number, Place, RoomName};

/// The next event of a room.
#[derive(Clone, Copy, Debug)]
struct Next {
    epoch: Epoch,
    number: Number,
}

#[derive(Debug, Default)]
pub(crate) struct Reader {
    me: String,
    next: BTreeMap<RoomName, Next>,
    read: BTreeSet<(Epoch, Number)>,
    bodies: BTreeSet<String>,
    /// The next whisper of the session.
    pub(crate) whisper: u64,
    /// Whether the server keeps few whispers: then some may be lost with a connection.
    few_whispers: bool,
}

impl Reader {
    pub(crate) fn new(me: &str, few_whispers: bool) -> Reader {
        Reader { me: me.to_owned(), few_whispers, ..Reader::default() }
    }

    /// A connection was welcomed.
    pub(crate) fn welcomed(&mut self, resumed: bool, rooms: &[(Place, Number)], known: &BTreeSet<RoomName>) {
        if !resumed {
            self.whisper = 1;
            return;
        }
        // A join whose answer was lost: all that came after it is owed.
        for (head, joined) in rooms.iter().filter(|(head, _)| !known.contains(&head.room)) {
            self.next.insert(head.room.clone(), Next { epoch: head.epoch, number: joined.next() });
        }
    }

    /// Where the copy of a room ends.
    pub(crate) fn position(&self, room: &RoomName) -> Option<(Epoch, u64)> {
        let next = self.next.get(room)?;
        let unread = (next.number.0..).find(|number| !self.read.contains(&(next.epoch, Number(*number))));
        unread.map(|number| (next.epoch, number - 1))
    }

    pub(crate) fn has_read(&self, body: &str) -> bool {
        self.bodies.contains(body)
    }

    /// Something was told, and the mirror judged it.
    pub(crate) fn told(&mut self, verdict: Reception, answers: Option<&Ask>, event: &Event) {
        match event {
            Event::Members { place, fresh: true, .. } => {
                if let Some(Ask::Join { since: None, .. }) = answers {
                    let next = Next { epoch: place.epoch, number: place.number.next() };
                    self.next.insert(place.room.clone(), next);
                }
            }
            Event::Gap { place, first_available, .. } => {
                // Own answers may have brought the copy further than the server knows.
                let held = self.next.get(&place.room).filter(|next| next.epoch == place.epoch);
                let number = held.map_or(Number(0), |next| next.number).max(*first_available);
                let next = Next { epoch: place.epoch, number };
                self.next.insert(place.room.clone(), next);
            }
            Event::Whispered { number, body, .. } if verdict.is_for_user() => {
                assert!(self.bodies.insert(body.to_string()), "whispered twice: {event}");
                if number.0 > 0 {
                    let few = self.few_whispers && number.0 > self.whisper;
                    assert!(number.0 == self.whisper || few, "{event} came where {} was next", self.whisper);
                    self.whisper = number.0 + 1;
                }
            }
            _ => {
                if let Some(place) = event.place() {
                    self.read(verdict, place, event);
                }
            }
        }
    }

    fn read(&mut self, verdict: Reception, place: &Place, event: &Event) {
        if !verdict.is_for_user() {
            return;
        }
        assert!(self.read.insert((place.epoch, place.number)), "handed on twice: {event}");
        // A join tells the topic before all that was missed, whose place it may have among that.
        let is_topic = matches!(event, Event::TopicChanged { .. });
        let is_put_out = matches!(event, Event::Kicked { user, .. } if *user.as_str() == *self.me);
        let next = match self.next.get_mut(&place.room) {
            Some(next) => next,
            // The answer to the join was lost, and then the membership.
            None if is_put_out => return,
            None => panic!("out of nowhere: {event}"),
        };
        if is_put_out && place.epoch != next.epoch {
            // The same, of a room that was made anew.
            *next = Next { epoch: place.epoch, number: place.number };
        }
        if verdict == Reception::Past && is_topic {
            return;
        }
        assert_eq!(place.epoch, next.epoch, "{event}");
        if verdict == Reception::Past {
            assert!(place.number < next.number, "{event}");
        } else {
            // What came before one was put out is not owed any more.
            if is_put_out {
                next.number = next.number.max(place.number);
            }
            while place.number > next.number && self.read.contains(&(next.epoch, next.number)) {
                next.number = next.number.next();
            }
            assert_eq!(place.number, next.number, "{event}");
            next.number = next.number.next();
        }
        if let Event::Said { body, .. } = event {
            assert!(self.bodies.insert(body.to_string()), "said twice: {event}");
        }
    }
}
