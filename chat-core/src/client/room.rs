//! One room in a mirror: where the copy ends, and what may come next.

use crate::client::Reception;
use crate::command::{Ask, Since};
use crate::event::{Event, Place};
use crate::id::Number;
use crate::key::RoomKey;
use crate::name::RoomName;

/// The copy of one room: everything up to its position was handed on, or is known to be lost.
#[derive(Clone, Debug)]
pub(super) struct Room {
    at: Since,
    /// Set while the join was taken but its answer never came: `at` is then only what came before, and the
    /// first event in order says where the copy begins. Holds the last number at the welcome.
    unseen: Option<Number>,
    /// Whether the membership waits for the answer to a join.
    doubtful: bool,
    /// Open while the last messages from before the join may come.
    history: Option<History>,
    /// Topics that joins told before what was missed was told, among which they may come again; at most
    /// [`EARLY_TOPICS`].
    early_topics: Vec<Since>,
    /// What was given to come in, if the room has a key: a new session needs it again.
    key: Option<RoomKey>,
}

/// More than these, and the connection is cut: a resume tells what was missed, and no topic before.
const EARLY_TOPICS: usize = 8;

/// What may be told from before a join, once, in rising order; but for the topic, which comes first.
#[derive(Clone, Debug)]
struct History {
    last: Number,
    upto: Number,
    topic: Option<Number>,
}

impl Room {
    /// A room that the client is in, as a welcome says, without having been told so before.
    pub(super) fn unseen(head: Since, floor: Option<Since>) -> Room {
        let number = floor.filter(|floor| floor.epoch == head.epoch).map_or(Number(0), |floor| floor.number);
        let at = Since { epoch: head.epoch, number };
        Room {
            at,
            unseen: Some(head.number),
            doubtful: false,
            history: None,
            early_topics: Vec::new(),
            key: None,
        }
    }

    /// A room that the client was not in so far. It has a copy up to `floor`, if it was there earlier.
    pub(super) fn joined(place: &Place, fresh: bool, since: Option<Since>, floor: Option<Since>) -> Room {
        let head = since_of(place);
        let mut room = Room {
            at: head,
            unseen: None,
            doubtful: false,
            history: None,
            early_topics: Vec::new(),
            key: None,
        };
        let seen = floor.filter(|floor| floor.epoch == head.epoch).map_or(Number(0), |floor| floor.number);
        match since {
            Some(since) => {
                let number = if since.epoch == head.epoch { since.number.max(seen) } else { since.number };
                room.at = Since { epoch: since.epoch, number };
            }
            None if fresh => room.open(seen, head.number),
            None => {}
        }
        room
    }

    /// Where the copy ends; none if nothing was ever received.
    pub(super) fn position(&self) -> Option<Since> {
        self.unseen.is_none().then_some(self.at)
    }

    /// What a new session asks to be in it.
    pub(super) fn join(&self, name: &RoomName) -> Ask {
        let (room, since) = (name.as_str().into(), self.position());
        match &self.key {
            Some(key) => Ask::Enter { room, key: key.clone(), since },
            None => Ask::Join { room, since },
        }
    }

    pub(super) fn unlocked_by(&mut self, key: RoomKey) {
        self.key = Some(key);
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// The membership depends on a join that is not answered yet.
    pub(super) fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// The session goes on and is a member; history that did not come by now will not.
    ///
    /// A copy that is ahead of the room holds what never happened there: it is given up.
    pub(super) fn resume(&mut self, head: Since) {
        self.doubtful = false;
        self.history = None;
        let same = self.at.epoch == head.epoch;
        let key = self.key.take();
        if same && self.at.number > head.number {
            *self = Room::unseen(head, None);
        } else if self.unseen.is_some() {
            *self = Room::unseen(head, Some(self.at));
        }
        self.key = key;
    }

    /// A new session that has yet to join.
    pub(super) fn restart(&mut self) {
        self.doubtful = true;
        self.history = None;
    }

    /// The answer to a join, for a room that the client knows.
    pub(super) fn members(&mut self, place: &Place, fresh: bool, since: Option<Since>) {
        self.doubtful = false;
        if !fresh {
            return;
        }
        let head = since_of(place);
        match since {
            Some(since) if self.unseen.is_some() => {
                self.at = since;
                self.unseen = None;
            }
            Some(_) => {}
            // The first answer, told again: the copy is further already.
            None if self.unseen.is_none() && self.at.epoch == head.epoch && head.number <= self.at.number => {
            }
            None => {
                let seen = if self.at.epoch == head.epoch { self.at.number } else { Number(0) };
                self.at = head;
                self.unseen = None;
                self.open(seen, head.number);
            }
        }
    }

    /// Judges an event of the room. An answer may come before what it follows; nothing else may.
    pub(super) fn take(&mut self, answers: bool, past: bool, place: &Place, event: &Event) -> Reception {
        if past && !answers && matches!(event, Event::TopicChanged { .. }) && !self.follows(place) {
            return self.early_topic(since_of(place));
        }
        if place.epoch != self.at.epoch {
            return if answers { Reception::Answer } else { Reception::Broken };
        }
        if place.number <= self.at.number {
            return self.earlier(answers, past, place.number, event);
        }
        if !self.is_next(answers, past, place.number) {
            return if answers { Reception::Answer } else { Reception::Broken };
        }
        self.at.number = place.number;
        self.unseen = None;
        if self.early_topics.contains(&self.at) {
            self.forget_topics();
            return Reception::Duplicate;
        }
        if past {
            return Reception::Missed;
        }
        // The own `joined` stands between the answer to the join and the history.
        let own = self.history.as_ref().is_some_and(|history| place.number == history.upto.next());
        if !(own && matches!(event, Event::Joined { .. })) {
            self.history = None;
        }
        Reception::New
    }

    /// Whether a past event is old, or the next: then it is judged as any other.
    fn follows(&self, place: &Place) -> bool {
        place.epoch == self.at.epoch
            && (place.number <= self.at.number || self.is_next(false, true, place.number))
    }

    fn early_topic(&mut self, at: Since) -> Reception {
        if self.early_topics.contains(&at) {
            return Reception::Duplicate;
        }
        if self.early_topics.len() >= EARLY_TOPICS {
            return Reception::Broken;
        }
        self.early_topics.push(at);
        Reception::Past
    }

    /// Those that the copy has passed cannot come again.
    fn forget_topics(&mut self) {
        let at = self.at;
        self.early_topics.retain(|topic| topic.epoch == at.epoch && topic.number > at.number);
    }

    fn is_next(&self, answers: bool, past: bool, number: Number) -> bool {
        match self.unseen {
            None => number == self.at.number.next(),
            Some(_) if answers => false,
            Some(head) if past => number <= head.next(),
            Some(head) => number == head.next(),
        }
    }

    fn earlier(&mut self, answers: bool, past: bool, number: Number, event: &Event) -> Reception {
        let fresh = match &mut self.history {
            Some(history) if past && !answers => history.take(number, event),
            _ => false,
        };
        if fresh { Reception::Past } else { Reception::Duplicate }
    }

    pub(super) fn caught_up(&mut self, place: &Place) -> Reception {
        self.history = None;
        if self.unseen.take().is_some() {
            self.at = since_of(place);
        }
        let whole = place.epoch == self.at.epoch && place.number <= self.at.number;
        if whole { Reception::New } else { Reception::Broken }
    }

    /// Part of the room is gone: the copy goes on at `first`.
    pub(super) fn gap(&mut self, place: &Place, first: Number) {
        let seen = if self.at.epoch == place.epoch { self.at.number } else { Number(0) };
        let lost = Number(first.0.saturating_sub(1));
        self.at = Since { epoch: place.epoch, number: lost.max(seen) };
        self.unseen = None;
        self.forget_topics();
        self.open(seen, self.at.number);
    }

    fn open(&mut self, seen: Number, upto: Number) {
        self.history = Some(History { last: seen, upto, topic: None });
    }
}

impl History {
    /// Whether this was not told before.
    fn take(&mut self, number: Number, event: &Event) -> bool {
        if number <= self.last || number > self.upto || self.topic == Some(number) {
            return false;
        }
        if self.topic.is_none() && matches!(event, Event::TopicChanged { .. }) {
            self.topic = Some(number);
        } else {
            self.last = number;
        }
        true
    }
}

fn since_of(place: &Place) -> Since {
    Since { epoch: place.epoch, number: place.number }
}
