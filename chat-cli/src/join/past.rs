//! What was before: a room's last messages when one comes, and what one missed when one comes back. Each part is
//! closed by a line, so that one sees where the live talk begins.

use chat_net::chat_core::{Epoch, Event, GapReason, Number, Place, RoomName};
use chat_net::codec::Welcome;

/// What one room tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// What happens.
    Live,
    /// What was said before one came: so many messages so far.
    BeforeMe { messages: u64 },
    /// What was missed: so many messages so far, and whether anything was told yet.
    Missed { messages: u64, begun: bool },
}

#[derive(Debug)]
struct Room {
    name: RoomName,
    epoch: Epoch,
    /// The number of the last event that was told in order.
    last: Number,
    phase: Phase,
}

/// What all rooms tell.
#[derive(Debug, Default)]
pub(crate) struct Past {
    rooms: Vec<Room>,
    /// Whether the session of before goes on: then one's own words are known.
    resumed: bool,
}

/// What a past event is to the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// As it is.
    Plain,
    /// As missed; before it, this line if it is the first.
    Missed(Option<String>),
    /// Not at all: it is what the person typed here.
    Nothing,
}

impl Past {
    /// Another connection: gives the line that says what was missed, as far as that is known.
    pub(crate) fn back(&mut self, welcome: &Welcome) -> String {
        self.resumed = welcome.resumed;
        for room in &mut self.rooms {
            room.phase = Phase::Missed { messages: 0, begun: false };
        }
        if !welcome.resumed {
            return "connected again, in a new session; what you missed comes now, as far as it is kept"
                .into();
        }
        let is_behind = |room: &&Room| {
            let head = welcome.rooms.iter().find(|head| room.name.as_str().eq_ignore_ascii_case(&head.room));
            head.is_some_and(|head| (head.since.epoch, head.since.number) != (room.epoch, room.last))
        };
        let behind: Vec<String> =
            self.rooms.iter().filter(is_behind).map(|room| format!("#{}", room.name)).collect();
        match behind.as_slice() {
            [] => "connected again; nothing was missed in your rooms".into(),
            rooms => format!("connected again; what you missed in {} comes now, marked ~", rooms.join(", ")),
        }
    }

    /// The answer to a join.
    pub(crate) fn entered(&mut self, place: &Place, fresh: bool) {
        let phase = Phase::BeforeMe { messages: 0 };
        let (epoch, last) = (place.epoch, place.number);
        match self.room(place) {
            // What was missed is told behind this, too.
            Some(room) if !fresh || matches!(room.phase, Phase::Missed { .. }) => {}
            Some(room) => *room = Room { name: place.room.clone(), epoch, last, phase },
            None => {
                let phase = if fresh { phase } else { Phase::Live };
                self.rooms.push(Room { name: place.room.clone(), epoch, last, phase });
            }
        }
    }

    pub(crate) fn left(&mut self, name: &RoomName) {
        self.rooms.retain(|room| room.name != *name);
    }

    /// An event of a room, told live or as past.
    pub(crate) fn told(&mut self, event: &Event, past: bool, me: &str) -> Shown {
        let resumed = self.resumed;
        let Some((place, room)) = event.place().and_then(|place| Some((place, self.room(place)?))) else {
            return Shown::Plain;
        };
        if room.epoch != place.epoch || place.number > room.last {
            (room.epoch, room.last) = (place.epoch, place.number);
        }
        if !past {
            return Shown::Plain;
        }
        let from = match event {
            Event::Said { from, .. } => Some(from.as_str()),
            _ => None,
        };
        match &mut room.phase {
            Phase::Live => Shown::Plain,
            Phase::BeforeMe { messages } => {
                *messages += u64::from(from.is_some());
                Shown::Plain
            }
            // Typed here, and on its way when the connection broke, or waiting for its return.
            Phase::Missed { .. } if resumed && from.is_some_and(|from| from.eq_ignore_ascii_case(me)) => {
                Shown::Nothing
            }
            // The own return, into a room that was made anew.
            Phase::Missed { .. } if matches!(event, Event::Joined { user, .. } if user.as_str().eq_ignore_ascii_case(me)) => {
                Shown::Nothing
            }
            Phase::Missed { messages, begun } => {
                *messages += u64::from(from.is_some());
                let first = !std::mem::replace(begun, true);
                Shown::Missed(first.then(|| format!("#{}: while you were away:", place.room)))
            }
        }
    }

    /// An event of a room that is not shown.
    pub(crate) fn skipped(&mut self, event: &Event) {
        if let Some((place, room)) = event.place().and_then(|place| Some((place, self.room(place)?)))
            && (room.epoch != place.epoch || place.number > room.last)
        {
            (room.epoch, room.last) = (place.epoch, place.number);
        }
    }

    /// The room is live from here on: gives the line that closes what was before, if anything was.
    pub(crate) fn caught_up(&mut self, place: &Place) -> Option<String> {
        let room = self.room(place)?;
        (room.epoch, room.last) = (place.epoch, place.number.max(room.last));
        let name = &place.room;
        match std::mem::replace(&mut room.phase, Phase::Live) {
            Phase::BeforeMe { messages: 1.. } => Some(format!("#{name}: that was before you came")),
            Phase::Missed { begun: true, messages } => {
                let messages = match messages {
                    0 => "no messages".to_owned(),
                    1 => "1 message".to_owned(),
                    messages => format!("{messages} messages"),
                };
                Some(format!("#{name}: that is all you missed: {messages}"))
            }
            _ => None,
        }
    }

    /// Part of what was missed is not told: gives the line that says which, and why.
    pub(crate) fn gap(&mut self, place: &Place, first_available: Number, why: GapReason) -> String {
        let name = &place.room;
        let known = self.room(place).map(|room| {
            let known = (room.epoch, room.last);
            (room.epoch, room.last) = (place.epoch, Number(first_available.0.saturating_sub(1)));
            known
        });
        let missing = match known {
            Some((epoch, last)) if epoch == place.epoch && last.next() < first_available => {
                let upto = first_available.0 - 1;
                let (from, count) = (last.next(), upto - last.0);
                if count == 1 {
                    format!("number {from}")
                } else {
                    format!("numbers {from} to {upto} ({count} of them)")
                }
            }
            _ => format!("everything before number {first_available}"),
        };
        match why {
            GapReason::NewEpoch => {
                format!("#{name}: the room was made anew; what you missed in the old one is gone")
            }
            GapReason::NotKept => {
                format!("#{name}: missing: {missing}: no longer kept, or too many; try /history")
            }
            GapReason::Corrupt => format!("#{name}: missing: {missing}: damaged on the server"),
        }
    }

    fn room(&mut self, place: &Place) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.name == place.room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_net::chat_core::{Body, Since, Timestamp, UserName};
    use chat_net::codec::{RoomPosition, WireLimits};
    use std::sync::Arc;

    fn place(number: u64) -> Place {
        Place { room: RoomName::new("lobby", 64).unwrap(), epoch: Epoch(1), number: Number(number) }
    }

    fn said(number: u64, from: &str) -> Event {
        let body = Body::new(&Arc::from("hi"), 99).unwrap();
        Event::Said { place: place(number), from: UserName::new(from, 32).unwrap(), body }
    }

    fn welcome(resumed: bool, head: u64) -> Welcome {
        let since = Since { epoch: Epoch(1), number: Number(head) };
        Welcome {
            user: "me".into(),
            resumed,
            token: "".into(),
            resumable_ms: 1,
            at: Timestamp(0),
            durability: "memory".into(),
            rooms: vec![RoomPosition { room: "lobby".into(), since }],
            limits: WireLimits { body_bytes: 1, frame_bytes: 1, rooms: 1, unanswered: 1 },
        }
    }

    /// In the lobby since number 5.
    fn here() -> Past {
        let mut past = Past::default();
        past.entered(&place(4), true);
        assert_eq!(past.told(&said(3, "alice"), true, "me"), Shown::Plain);
        assert_eq!(past.caught_up(&place(5)).as_deref(), Some("#lobby: that was before you came"));
        past
    }

    #[test]
    fn a_quiet_room_has_nothing_to_close() {
        let mut past = Past::default();
        past.entered(&place(4), true);
        assert_eq!(past.caught_up(&place(5)), None);
    }

    #[test]
    fn what_was_missed_has_a_line_before_and_behind() {
        let mut past = here();
        past.told(&said(6, "alice"), false, "me");
        assert!(past.back(&welcome(true, 9)).contains("what you missed in #lobby"));
        let first = Some("#lobby: while you were away:".to_owned());
        assert_eq!(past.told(&said(7, "alice"), true, "me"), Shown::Missed(first));
        assert_eq!(past.told(&said(8, "ME"), true, "me"), Shown::Nothing, "typed here");
        assert_eq!(past.told(&said(9, "bob"), true, "me"), Shown::Missed(None));
        assert_eq!(past.caught_up(&place(9)).unwrap(), "#lobby: that is all you missed: 2 messages");
        assert_eq!(past.told(&said(10, "bob"), true, "me"), Shown::Plain);
    }

    #[test]
    fn nothing_missed_is_said_and_needs_no_more_lines() {
        let mut past = here();
        assert_eq!(past.back(&welcome(true, 5)), "connected again; nothing was missed in your rooms");
        assert_eq!(past.caught_up(&place(5)), None);
    }

    #[test]
    fn in_a_new_session_ones_own_words_are_shown_too() {
        let mut past = here();
        assert!(past.back(&welcome(false, 0)).contains("in a new session"));
        past.entered(&place(7), true);
        assert!(matches!(past.told(&said(6, "me"), true, "me"), Shown::Missed(Some(_))));
        assert!(past.caught_up(&place(8)).unwrap().ends_with("1 message"));
    }

    #[test]
    fn a_gap_says_what_is_missing_and_why() {
        let mut past = here();
        past.back(&welcome(true, 90));
        let line = past.gap(&place(90), Number(51), GapReason::NotKept);
        assert!(line.starts_with("#lobby: missing: numbers 6 to 50 (45 of them): no longer kept"), "{line}");
        let line = past.gap(&place(90), Number(52), GapReason::Corrupt);
        assert_eq!(line, "#lobby: missing: number 51: damaged on the server");
        let line = past.gap(&Place { epoch: Epoch(2), ..place(3) }, Number(1), GapReason::NewEpoch);
        assert!(line.contains("made anew"), "{line}");
    }
}
