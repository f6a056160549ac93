//! What somebody who has no windows knows of the talk: the rooms they are in, and which one is current.

use std::sync::Arc;

use chat_net::chat_core::{Body, Epoch, Event, Number, Place, RoomName, UserName};
use chat_net::codec::text::Ignored;
use chat_net::codec::{Told, Welcome};

use super::line::Line;
use super::typed::Known;

/// So many numbers are remembered of each room.
const OWN: usize = 100;

/// The rooms.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    me: Arc<str>,
    current: Option<RoomName>,
    /// The rooms it is in, in the order it joined them.
    rooms: Vec<Room>,
    ignored: Ignored,
}

/// A room that it is in.
#[derive(Debug)]
struct Room {
    name: RoomName,
    topic: Option<Body>,
    /// The numbers of what the person said there and did not delete: the last ones.
    own: Vec<Number>,
    /// That they are of: in another one the same numbers are other messages.
    epoch: Option<Epoch>,
}

impl Known for Rooms {
    fn me(&self) -> &str {
        &self.me
    }

    fn current(&self) -> Option<&RoomName> {
        self.current.as_ref()
    }

    fn topic(&self) -> Option<&str> {
        self.room(self.current.as_ref()?)?.topic.as_ref().map(Body::as_str)
    }

    fn last_own(&self) -> Option<Number> {
        self.room(self.current.as_ref()?)?.own.last().copied()
    }

    fn go_to(&mut self, room: &RoomName) -> Option<RoomName> {
        let name = self.room(room)?.name.clone();
        self.current = Some(name.clone());
        Some(name)
    }

    fn ignored(&mut self) -> &mut Ignored {
        &mut self.ignored
    }
}

impl Rooms {
    /// The person has that name from now on.
    pub(super) fn named(&mut self, me: &Arc<str>) {
        self.me = Arc::clone(me);
    }

    /// Whether an event is of somebody whom the person ignores.
    pub(super) fn hides(&self, event: &Event) -> bool {
        self.ignored.hides(event)
    }

    /// Takes what the server told, as it comes; gives the line that says where the person talks now, if somebody else
    /// changed that.
    pub(super) fn learn(&mut self, told: &Told) -> Option<Line> {
        if let Some(place) = told.event.place() {
            self.is_in_epoch(place);
        }
        match &told.event {
            Event::Members { place, .. } => {
                self.come_into(&place.room);
                self.is_in_epoch(place);
                self.current.get_or_insert_with(|| place.room.clone());
            }
            Event::Left { place, .. } if self.is_out(told) => _ = self.left(&place.room),
            Event::Kicked { place, .. } if self.is_out(told) => return self.left(&place.room),
            Event::TopicChanged { place, topic, .. } => {
                self.come_into(&place.room).topic.clone_from(topic);
            }
            Event::Said { place, from, .. } if self.is_me(from) => self.said(place),
            Event::Deleted { place, target, .. } => {
                if let Some(room) = self.room_mut(&place.room) {
                    room.own.retain(|number| number != target);
                }
            }
            Event::Gap { place, .. } => self.is_in_epoch(place),
            _ => {}
        }
        None
    }

    /// Whether the person came out of a room by that.
    pub(super) fn is_out(&self, told: &Told) -> bool {
        let (Event::Left { user, .. } | Event::Kicked { user, .. }) = &told.event else { return false };
        self.is_me(user) && !told.past
    }

    /// `/join` was done: its room is the current one.
    pub(super) fn joined(&mut self, room: &RoomName) {
        self.come_into(room);
        self.current = Some(room.clone());
    }

    /// Those of which the person was put out while the connection was away.
    pub(super) fn lost(&self, welcome: &Welcome) -> Vec<RoomName> {
        let is_in =
            |room: &&RoomName| welcome.rooms.iter().any(|at| room.as_str().eq_ignore_ascii_case(&at.room));
        self.rooms.iter().map(|room| &room.name).filter(|room| !is_in(room)).cloned().collect()
    }

    /// The person is in the room no more: gives the line that says where they talk now, if that changed.
    pub(super) fn left(&mut self, name: &RoomName) -> Option<Line> {
        self.rooms.retain(|room| room.name != *name);
        if self.current.as_ref() != Some(name) {
            return None;
        }
        self.current = self.rooms.last().map(|room| room.name.clone());
        Some(Line::note(&match &self.current {
            Some(room) => format!("you are in #{name} no more, and are talking in #{room} now"),
            None => format!("you are in #{name} no more, and in no other room; type /join ROOM"),
        }))
    }

    fn is_me(&self, user: &UserName) -> bool {
        user.as_str().eq_ignore_ascii_case(&self.me)
    }

    /// The person said that, here or by another device.
    fn said(&mut self, place: &Place) {
        let Some(room) = self.room_mut(&place.room) else { return };
        if let Err(at) = room.own.binary_search(&place.number) {
            room.own.insert(at, place.number);
        }
        let more = room.own.len().saturating_sub(OWN);
        room.own.drain(..more);
    }

    /// Forgets numbers that mean something else from now on.
    fn is_in_epoch(&mut self, place: &Place) {
        let known = self.room_mut(&place.room);
        if let Some(room) = known.filter(|room| room.epoch != Some(place.epoch)) {
            room.own.clear();
            room.epoch = Some(place.epoch);
        }
    }

    /// The room, which it is in from now on, if it was not already.
    fn come_into(&mut self, name: &RoomName) -> &mut Room {
        let at = self.rooms.iter().position(|known| known.name == *name).unwrap_or_else(|| {
            self.rooms.push(Room { name: name.clone(), topic: None, own: Vec::new(), epoch: None });
            self.rooms.len() - 1
        });
        &mut self.rooms[at]
    }

    fn room(&self, name: &RoomName) -> Option<&Room> {
        self.rooms.iter().find(|room| room.name == *name)
    }

    fn room_mut(&mut self, name: &RoomName) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.name == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::testing::{members, note, place, told, user};
    use crate::join::typed::{Step, Typing};
    use chat_net::chat_core::{Ask, GapReason};

    fn me() -> Rooms {
        let mut rooms = Rooms::default();
        rooms.named(&"me".into());
        rooms
    }

    fn typed(rooms: &mut Rooms, line: &str) -> Step {
        Typing::default().typed(line, rooms)
    }

    fn numbered(number: u64, event: impl FnOnce(Place) -> Event) -> Told {
        told(false, event(Place { number: Number(number), ..place("lobby") }))
    }

    #[test]
    fn what_one_said_last_is_deleted_first() {
        let mut rooms = me();
        assert!(
            matches!(typed(&mut rooms, "/delete"), Step::Refuse(why) if why.to_string().starts_with("! not_a_member: "))
        );
        rooms.learn(&members("lobby", true));
        assert!(
            matches!(typed(&mut rooms, "/delete"), Step::Refuse(why) if why.to_string().starts_with("! no_such_message: "))
        );
        let body = || Body::new(&Arc::from("hi"), 99).unwrap();
        for (number, from) in [(7, "me"), (8, "ME"), (9, "alice")] {
            rooms.learn(&numbered(number, |place| Event::Said { place, from: user(from), body: body() }));
        }
        let delete = |number| Step::Ask(Ask::Delete { room: "lobby".into(), number: Number(number) });
        assert_eq!(typed(&mut rooms, "/delete"), delete(8));
        let deleted = |place| Event::Deleted { place, by: user("me"), target: Number(8), from: user("me") };
        rooms.learn(&numbered(10, deleted));
        assert_eq!(typed(&mut rooms, "/delete"), delete(7));
        assert_eq!(typed(&mut rooms, "/delete 9"), delete(9));
    }

    #[test]
    fn in_a_new_epoch_a_number_is_somebody_elses_message() {
        let mut rooms = me();
        rooms.learn(&members("lobby", true));
        let body = Body::new(&Arc::from("hi"), 99).unwrap();
        rooms.learn(&numbered(7, |place| Event::Said { place, from: user("me"), body }));
        let first_available = Number(1);
        let gap = told(
            false,
            Event::Gap {
                place: Place { epoch: Epoch(2), number: Number(9), ..place("lobby") },
                first_available,
                why: GapReason::NewEpoch,
            },
        );
        rooms.learn(&gap);
        assert!(
            matches!(typed(&mut rooms, "/delete"), Step::Refuse(why) if why.to_string().starts_with("! no_such_message: "))
        );
    }

    #[test]
    fn a_topic_is_remembered() {
        let mut rooms = me();
        rooms.learn(&members("lobby", true));
        assert_eq!(typed(&mut rooms, "/topic"), note("#lobby has no topic; set one with /topic TEXT"));
        let topic = Some(Body::new(&Arc::from("a\x07".trim_end_matches('\x07')), 99).unwrap());
        rooms.learn(&told(true, Event::TopicChanged { place: place("lobby"), by: user("alice"), topic }));
        assert_eq!(typed(&mut rooms, "/topic"), note("the topic of #lobby is: a"));
    }
}
