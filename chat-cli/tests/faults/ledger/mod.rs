//! What was said, what its senders were told, and what everybody heard and read: and whether all of it agrees.

mod listener;
#[cfg(test)]
mod tests;
mod text;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use chat_net::chat_core::{Event, Place, Timestamp};

use listener::Listener;
pub(crate) use text::TextId;

/// So many complaints are kept.
const COMPLAINTS: usize = 20;

/// What became of a text, as far as its sender knows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It was said and not answered: it may be there, once, or not.
    Unknown,
    /// It is there, at this place.
    Accepted(Place),
    /// A whisper that was taken.
    Whispered,
    /// It is not there.
    Refused,
}

#[derive(Debug, Default)]
struct Room {
    epoch: Option<u64>,
    /// By number: what the event was, in short.
    events: BTreeMap<u64, u64>,
    /// Numbers of the messages among them.
    messages: BTreeSet<u64>,
}

/// Everything that is known, checked as it comes.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    fates: HashMap<TextId, Fate>,
    /// Where a text was first met.
    found: HashMap<TextId, (String, u64)>,
    rooms: BTreeMap<String, Room>,
    listeners: BTreeMap<(String, String), Listener>,
    /// Who was told which whisper.
    whispers: HashMap<TextId, String>,
    refusals: BTreeMap<u16, u64>,
    accepted: u64,
    complaints: Vec<String>,
}

impl Ledger {
    /// Before it is sent.
    pub(crate) fn said(&mut self, id: TextId) {
        if self.fates.insert(id, Fate::Unknown).is_some() {
            self.complain(format!("{id} was said twice: the test is wrong"));
        }
    }

    /// The sender was told that it has this place.
    pub(crate) fn accepted(&mut self, id: TextId, place: &Place) {
        self.accepted += 1;
        self.fates.insert(id, Fate::Accepted(place.clone()));
        match self.found.get(&id) {
            Some((room, number)) if (room.as_str(), *number) != (place.room.as_str(), place.number.0) => {
                let found = format!("{room}/{number}");
                self.complain(format!("{id} was heard at {found}, and its sender told {place}"));
            }
            _ => {}
        }
        self.epoch(place);
    }

    pub(crate) fn whisper_accepted(&mut self, id: TextId) {
        self.accepted += 1;
        self.fates.insert(id, Fate::Whispered);
    }

    /// The sender was told that it was not taken.
    pub(crate) fn refused(&mut self, id: TextId, code: u16) {
        *self.refusals.entry(code).or_default() += 1;
        self.fates.insert(id, Fate::Refused);
        if let Some((room, number)) = self.found.get(&id).cloned() {
            self.complain(format!("{id} was refused with {code}, and heard at {room}/{number}"));
        }
    }

    /// A listener was told of a numbered event.
    pub(crate) fn heard(&mut self, listener: &str, past: bool, at: Timestamp, event: &Event) {
        let Some(place) = event.place() else { return };
        self.seen(listener, at, event);
        let key = (listener.to_owned(), place.room.as_str().to_owned());
        let told = self.listeners.entry(key).or_default().told(listener, past, event);
        if let Err(why) = told {
            self.complain(format!("{listener} in {}: {why}", place.room));
        }
    }

    /// A listener's own leave was answered.
    pub(crate) fn left(&mut self, listener: &str, place: &Place) {
        let key = (listener.to_owned(), place.room.as_str().to_owned());
        self.listeners.entry(key).or_default().left(place.number.0);
    }

    /// A whisper reached its receiver.
    pub(crate) fn whispered(&mut self, listener: &str, body: &str) {
        let Some(id) = self.known(body, listener) else { return };
        if self.whispers.insert(id, listener.to_owned()).is_some() {
            self.complain(format!("the whisper {id} was told twice"));
        }
        if self.fates.get(&id) == Some(&Fate::Refused) {
            self.complain(format!("the whisper {id} was refused, and told"));
        }
    }

    /// The listener says that a part of a room is missing for ever.
    pub(crate) fn gap(&mut self, listener: &str, what: &Event) {
        self.complain(format!("{listener} was told of a {what}"));
    }

    /// Somebody met a numbered event: heard it, read it in history, or found it in an export.
    pub(crate) fn seen(&mut self, who: &str, at: Timestamp, event: &Event) {
        let Some(place) = event.place() else { return };
        self.epoch(place);
        let mut hasher = DefaultHasher::new();
        (at, event.to_string()).hash(&mut hasher);
        let (print, number) = (hasher.finish(), place.number.0);
        let room = self.rooms.entry(place.room.as_str().to_owned()).or_default();
        match room.events.entry(number) {
            std::collections::btree_map::Entry::Occupied(known) => {
                if *known.get() != print {
                    self.complain(format!("{who} has another event than was told before: {event} at {at}"));
                }
                return;
            }
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(print);
            }
        }
        let body = match event {
            Event::Said { body, .. } => {
                room.messages.insert(number);
                body
            }
            Event::TopicChanged { topic: Some(topic), .. } => topic,
            _ => return,
        };
        if let Some(id) = self.known(body.as_str(), who) {
            self.found(who, id, place);
        }
    }

    /// A text at a place where nothing was met before.
    fn found(&mut self, who: &str, id: TextId, place: &Place) {
        match self.found.entry(id) {
            Entry::Vacant(new) => {
                new.insert((place.room.as_str().to_owned(), place.number.0));
            }
            Entry::Occupied(known) => {
                let (room, number) = known.get();
                let twice =
                    format!("{id} is there twice: at {room}/{number} and, as {who} has it, at {place}");
                self.complain(twice);
            }
        }
        match self.fates.get(&id) {
            Some(Fate::Accepted(told)) if told != place => {
                let wrong = format!("{id} was accepted at {told}, and {who} has it at {place}");
                self.complain(wrong);
            }
            Some(Fate::Refused) => self.complain(format!("{id} was refused, and {who} has it at {place}")),
            Some(Fate::Whispered) => {
                self.complain(format!("{id} was whispered, and {who} has it at {place}"));
            }
            _ => {}
        }
    }

    /// The id of a text that was said, as it was said.
    fn known(&mut self, body: &str, who: &str) -> Option<TextId> {
        let id = TextId::of(body).filter(|id| self.fates.contains_key(id));
        if id.is_none() {
            self.complain(format!("{who} has a text that nobody said: {body:?}"));
        }
        id
    }

    fn epoch(&mut self, place: &Place) {
        let epoch = self.rooms.entry(place.room.as_str().to_owned()).or_default().epoch;
        match epoch {
            Some(epoch) if epoch != place.epoch.0 => {
                self.complain(format!("the epoch was {epoch} and is now that of {place}"));
            }
            Some(_) => {}
            None => {
                let room = self.rooms.entry(place.room.as_str().to_owned()).or_default();
                room.epoch = Some(place.epoch.0);
            }
        }
    }

    /// All that can be read of a room now, as `who` read it: `numbers` of all events, or of the messages only.
    pub(crate) fn whole(&mut self, who: &str, room: &str, numbers: &[u64], messages_only: bool) {
        if let Some(pair) = numbers.windows(2).find(|pair| pair[0] >= pair[1]) {
            self.complain(format!("{who} has {room} out of order: {pair:?}"));
        }
        let dense = numbers.iter().copied().eq(1..=numbers.len() as u64);
        if !messages_only && !dense {
            let at = numbers.iter().zip(1..).find(|(number, expected)| **number != *expected);
            self.complain(format!("{who} has a hole in {room}: (it has, expected) {at:?}"));
        }
        let read: BTreeSet<u64> = numbers.iter().copied().collect();
        self.rooms.entry(room.to_owned()).or_default();
        let known = &self.rooms[room];
        let is_expected = |number: &u64| !messages_only || known.messages.contains(number);
        let missing: Vec<u64> =
            known.events.keys().copied().filter(|n| is_expected(n) && !read.contains(n)).take(5).collect();
        let lost: Vec<String> = self
            .fates
            .iter()
            .filter_map(|(id, fate)| match fate {
                Fate::Accepted(place) if place.room.as_str() == room => Some((id, place)),
                _ => None,
            })
            .filter(|(_, place)| is_expected(&place.number.0) && !read.contains(&place.number.0))
            .map(|(id, place)| format!("{id} at {place}"))
            .take(5)
            .collect();
        if !missing.is_empty() {
            self.complain(format!("{who} lacks what others have of {room}: {missing:?} …"));
        }
        if !lost.is_empty() {
            self.complain(format!("{who} lacks what was accepted: {lost:?} …"));
        }
    }

    /// Everybody has been told everything: accepted texts were met where they should be, and accepted whispers
    /// arrived.
    pub(crate) fn settled(&mut self) {
        let mut complaints = Vec::new();
        for (id, fate) in &self.fates {
            match fate {
                Fate::Accepted(place) if !self.found.contains_key(id) => {
                    complaints.push(format!("{id}, accepted at {place}, was met nowhere"));
                }
                Fate::Whispered if !self.whispers.contains_key(id) => {
                    complaints.push(format!("the whisper {id} was accepted and told to nobody"));
                }
                _ => {}
            }
        }
        complaints.into_iter().for_each(|complaint| self.complain(complaint));
    }

    /// Whether every listener in this room has it up to `number`.
    pub(crate) fn is_level(&self, room: &str, number: u64) -> bool {
        let mut listeners = self.listeners.iter().filter(|((_, heard), _)| heard == room);
        listeners.all(|(_, told)| told.last().is_none_or(|last| last >= number))
    }

    pub(crate) fn complain(&mut self, complaint: String) {
        if self.complaints.len() < COMPLAINTS {
            self.complaints.push(complaint);
        }
    }

    /// Fails the test if anything did not agree.
    pub(crate) fn check(&self, when: &str) {
        assert!(self.complaints.is_empty(), "{when}: {:#?}", self.complaints);
    }

    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    pub(crate) fn accepted_count(&self) -> u64 {
        self.accepted
    }

    /// How often each code was answered.
    pub(crate) fn refusals(&self) -> &BTreeMap<u16, u64> {
        &self.refusals
    }

    pub(crate) fn rooms(&self) -> Vec<String> {
        self.rooms.keys().cloned().collect()
    }

    /// Texts that have no answer, now.
    pub(crate) fn unknown(&self) -> usize {
        self.fates.values().filter(|fate| **fate == Fate::Unknown).count()
    }
}
