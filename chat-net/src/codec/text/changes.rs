//! What people at a line are told of changes in a room.

use chat_core::{Departure, Event, GapReason, Number, RoomName, Timestamp, UserName};

use super::print::Print;

impl Print<'_> {
    /// What changed in a room: who is there, or what it is about.
    pub(super) fn changed(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Joined { place, user } => {
                self.begin(at, &place.room, user);
                self.raw(" joined\n");
            }
            // The answer about a room that one was not in.
            Event::Left { place, .. } if place.number.0 == 0 => {
                self.raw("- you are not in #");
                self.raw(place.room.as_str());
                self.raw("\n");
            }
            Event::Left { place, user, why } => {
                self.begin(at, &place.room, user);
                self.raw(match why {
                    Departure::Left => " left\n",
                    Departure::Quit => " left (quit)\n",
                    Departure::Lost => " left (lost)\n",
                });
            }
            Event::Churned { place, joined, left, total, joined_users, left_users } => {
                self.at(at, &place.room);
                self.raw("* ");
                self.churn(*joined, " joined", joined_users);
                self.raw(", ");
                self.churn(*left, " left", left_users);
                self.args(format_args!(", {total} are here\n"));
            }
            Event::TopicChanged { place, by, topic } => {
                self.begin(at, &place.room, by);
                match topic {
                    Some(topic) => {
                        self.raw(" set the topic: ");
                        self.foreign(topic.as_str());
                    }
                    None => self.raw(" cleared the topic"),
                }
                self.raw("\n");
            }
            _ => {}
        }
    }

    /// `[14:05:09] #lobby * alice`
    pub(super) fn begin(&mut self, at: Timestamp, room: &RoomName, user: &UserName) {
        self.at(at, room);
        self.raw("* ");
        self.raw(user.as_str());
    }

    pub(super) fn gap(&mut self, room: &RoomName, first_available: Number, why: GapReason) {
        self.raw("- ");
        self.room(room);
        self.raw(match why {
            GapReason::NewEpoch => ": the room was made anew while you were away",
            GapReason::NotKept => ": some of what you missed is no longer kept",
            GapReason::Corrupt => ": some of what you missed is damaged and cannot be shown",
        });
        self.args(format_args!("; it goes on with number {first_available}\n"));
    }

    /// `12 joined (alice bob …)`
    fn churn(&mut self, count: u64, what: &str, first: &[UserName]) {
        self.args(format_args!("{count}{what}"));
        let mut before = " (";
        for user in first {
            self.raw(before);
            self.raw(user.as_str());
            before = " ";
        }
        if !first.is_empty() {
            self.raw(if count > first.len() as u64 { " …)" } else { ")" });
        }
    }
}
