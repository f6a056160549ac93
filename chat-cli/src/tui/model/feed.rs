//! What the connection tells, put into windows.

use std::sync::Arc;

use chat_net::chat_core::{Body, Event, Offer, Place, RequestId, Role, Target, Timestamp, UserName};
use chat_net::client::Notice;
use chat_net::codec::{Told, Welcome};

use super::mention::mentions;
use super::moved::{Move, Moved};
use super::row::{Kind, Row};
use super::windows::Of;
use super::{Fetch, Link, Model, spoken};
use crate::join::{self, Line};
use crate::tui::clean::Clean;

impl Model {
    /// Takes what the connection told, at that time by the clock of this machine.
    pub(crate) fn notice(&mut self, notice: &Notice, now: Timestamp) {
        match notice {
            Notice::Connected(welcome) => self.welcomed(welcome),
            Notice::Told(told) => self.told(told),
            Notice::Disconnected { why, retry_in } => {
                let why = Clean::line(&why.to_string());
                let told_before = matches!(&self.link, Link::Away { why: before, .. } if *before == why);
                if !told_before {
                    self.happens(now, &format!("lost the connection: {}", why.as_str()));
                }
                self.link = Link::Away { why, left_s: retry_in.as_secs() };
            }
            Notice::Ended { why } => {
                let why = Clean::line(&why.to_string());
                self.happens(now, &format!("the connection has ended: {}", why.as_str()));
                self.link = Link::Ended { why };
            }
            _ => {}
        }
    }

    fn welcomed(&mut self, welcome: &Welcome) {
        self.me = Arc::clone(&welcome.user);
        self.link = Link::Here { lag_ms: None, silent_s: 0 };
        self.body_bytes = usize::try_from(welcome.limits.body_bytes).ok();
        self.welcomes = self.welcomes.saturating_add(1);
        let is_back = self.welcomes > 1;
        for window in self.windows.known_mut() {
            // It may have been lost again before it was in all rooms again.
            window.is_missing = is_back && (window.is_open || window.is_missing);
            // Of which rooms one was put out meanwhile is told next; a new session has yet to go into all of them.
            let is_in = welcome.resumed && welcome.rooms.iter().any(|at| window.of.is_room(&at.room));
            if window.is_open && !is_in {
                (window.is_open, window.out) = (false, "gone");
            }
            window.members.may_be_old();
            // What was asked for over the old connection is asked for again by whoever asked.
            if window.fetch == Fetch::Failed {
                window.fetch = Fetch::Idle;
            }
        }
        let how = match (is_back, welcome.resumed) {
            (true, true) => "connected again",
            (true, false) => "connected again, in a new session",
            (false, _) => "connected",
        };
        self.happens(welcome.at, &format!("{how} as {}", welcome.user));
    }

    /// Something becomes of the connection.
    fn happens(&mut self, at: Timestamp, text: &str) {
        self.record_and_push(&Of::Server, Row::new(at, Kind::Note, Clean::new(text)));
    }

    /// Shows what this program says, in the window of that.
    pub(crate) fn lines(&mut self, of: &Of, at: Timestamp, lines: &[Line]) {
        for line in lines {
            self.windows.push(of, Row::line(at, line));
        }
    }

    fn told(&mut self, told: &Told) {
        let at = told.at;
        match &told.event {
            Event::Members { place, fresh, total, users } => {
                // Only the connection itself, which nobody asks, goes back into a room from where it was on.
                if told.re != RequestId::NONE {
                    self.windows.open(&Of::Room(place.room.clone())).is_missing = false;
                }
                self.entered(place, *fresh, *total, users);
            }
            Event::CaughtUp { place } => {
                let window = self.windows.open(&Of::Room(place.room.clone()));
                window.rows.past_ends();
                window.rows.passed(place.number.0);
                window.members.linger(&[]);
                window.is_missing = false;
            }
            Event::Gap { place, .. } => self.gap(at, place, &told.event),
            Event::Refused(refusal) => {
                let of = self.windows.current().of.clone();
                self.lines(&of, at, &join::refusal(refusal));
            }
            // Of a room it says that nothing is missing there.
            hidden if hidden.place().is_none() && self.ignored.hides(hidden) => {}
            Event::Whispered { from, to, body, .. } => self.whispered(at, from, to, body),
            Event::Offered(offer) => self.offered(at, offer),
            Event::Invited { room, user, by } => {
                let is_me = self.is_me(user);
                let row = Row::new(at, Kind::Moderation, spoken::invited(room, user, by, is_me));
                self.record_and_push(&Of::Server, Row { mentions: is_me, ..row });
            }
            Event::Lingering { room: Some(room), users } => {
                self.windows.open(&Of::Room(room.clone())).members.linger(users);
            }
            Event::Ranked { room, user, role } => {
                self.windows.open(&Of::Room(room.clone())).members.has_role(user, *role);
            }
            // The answer about a room that one was not in.
            Event::Left { place, .. } if place.number.0 == 0 => {
                let of = self.windows.current().of.clone();
                self.lines(&of, at, &[Line::note(&format!("you are not in #{}", place.room))]);
            }
            event => {
                if let Some(place) = event.place() {
                    self.happened(told, place, event);
                }
            }
        }
    }

    fn entered(&mut self, place: &Place, fresh: bool, total: u64, users: &[UserName]) {
        let window = self.windows.open(&Of::Room(place.room.clone()));
        window.is_open = true;
        if fresh {
            window.members.may_be_old();
        }
        window.members.are(users.iter().cloned(), total);
        window.rows.numbered_by(place.epoch);
        if fresh && !window.is_missing {
            window.topic = None;
            window.rows.entered(place.number.0);
        }
    }

    /// Part of what was missed is not told, or there is a room of the same name in its place.
    fn gap(&mut self, at: Timestamp, place: &Place, event: &Event) {
        let of = Of::Room(place.room.clone());
        let window = self.windows.open(&of);
        if !window.rows.numbered_by(place.epoch) {
            window.rows.broken();
        }
        window.members.is_stale = true;
        let words = spoken::happened(&self.zone, at, &place.room, event);
        self.record_and_push(&of, Row::new(at, Kind::Refused, words.unwrap_or_default()));
    }

    /// Something in a room's order: either it comes next, or it was before one came.
    fn happened(&mut self, told: &Told, place: &Place, event: &Event) {
        let (at, of) = (told.at, Of::Room(place.room.clone()));
        let number = place.number.0;
        let window = self.windows.open(&of);
        window.rows.numbered_by(place.epoch);
        let is_next = !window.rows.is_known(number);
        if is_next {
            self.changed(&of, event);
        }
        // Whoever is more is `ranked` next. Of those who came while one was away the server is asked.
        if let (Event::Joined { user, .. }, false) = (event, told.past) {
            self.windows.open(&of).members.has_role(user, Role::Member);
        }
        let row = self.row(at, event).map(|row| row.numbered(number));
        if is_next {
            self.record_in(&place.room, told, row.as_ref());
        }
        let window = self.windows.open(&of);
        match row {
            Some(row) if is_next => self.push_or_fold(&of, row),
            // A topic from long ago is told with its own number, though nothing around it is.
            Some(row) if row.kind != Kind::Topic => {
                let shift = window.rows.push_past(row);
                window.shift(shift);
                self.windows.keep_limit();
            }
            Some(_) => self.changed(&of, event),
            None => window.rows.passed(number),
        }
    }

    /// Puts a row at the end; or into the last one, if both say who came and went.
    fn push_or_fold(&mut self, of: &Of, row: Row) {
        let window = self.windows.open(of);
        let (at, number) = (row.at, row.number);
        let zone = &self.zone;
        let folds = window.rows.newest().is_some_and(|last| {
            matches!((&last.kind, &row.kind), (Kind::Moved(_), Kind::Moved(_)))
                && zone.local(last.at).day() == zone.local(at).day()
                && last.era == window.rows.era()
                && !window.rows.tail_gap()
        });
        if !folds {
            return self.windows.push(of, row);
        }
        let last = window.rows.end().plus(-1);
        window.rows.change(last, |last| {
            if let (Kind::Moved(moved), Kind::Moved(next)) = (&mut last.kind, row.kind) {
                moved.then(*next);
                last.text = moved.text();
            }
            (last.at, last.number) = (at, number);
        });
        window.rows.passed(number);
    }

    /// What a room's event changes beside the rows.
    fn changed(&mut self, of: &Of, event: &Event) {
        let is_me = |user: &UserName| user.as_str().eq_ignore_ascii_case(&self.me);
        let leaves = matches!(event, Event::Left { user, .. } | Event::Kicked { user, .. } if is_me(user));
        let me = Arc::clone(&self.me);
        let window = self.windows.open(of);
        match event {
            _ if leaves => {
                (window.is_open, window.is_missing) = (false, false);
                window.out = match event {
                    Event::Kicked { banned: true, .. } => "banned",
                    Event::Kicked { .. } => "kicked",
                    _ => "left",
                };
                window.members.clear();
            }
            Event::Joined { user, .. } => {
                window.is_open |= user.as_str().eq_ignore_ascii_case(&me);
                window.members.joined(user);
            }
            Event::Left { user, .. } | Event::Kicked { user, .. } => window.members.left(user),
            Event::Churned { joined, left, total, joined_users, left_users, .. } => {
                joined_users.iter().for_each(|user| window.members.joined(user));
                left_users.iter().for_each(|user| window.members.left(user));
                window.members.total_is(*total);
                let named = |count: u64, users: &[UserName]| users.len() as u64 >= count;
                window.members.is_stale |= !named(*joined, joined_users) || !named(*left, left_users);
            }
            Event::TopicChanged { topic, .. } => {
                window.topic = topic.as_ref().map(|topic| Clean::line(topic.as_str()));
            }
            Event::RoleChanged { user, role, .. } => window.members.has_role(user, *role),
            Event::Deleted { place, target, by, .. } => {
                if let Some(mark) = window.rows.find(target.0) {
                    window.rows.change(mark, |row| {
                        (row.kind, row.text, row.mentions) = (Kind::Deleted, spoken::deleted(by), false);
                    });
                }
                self.found.deleted(&place.room, (place.epoch, *target), by);
            }
            _ => {}
        }
    }

    /// The row that a room's event becomes, if it becomes one.
    pub(super) fn row(&self, at: Timestamp, event: &Event) -> Option<Row> {
        match event {
            hidden if self.ignored.hides(hidden) => None,
            // It is seen where the message was.
            Event::Deleted { .. } => None,
            Event::Said { from, body, .. } => Some(self.speech(at, Kind::Said, from, body)),
            Event::Removed { from, by, .. } => {
                Some(Row::new(at, Kind::Deleted, spoken::deleted(by)).by(from.clone()))
            }
            Event::Joined { user, .. } => Some(moved(at, Moved::one(user.clone(), Move::Joined))),
            Event::Left { user, why, .. } => Some(moved(at, Moved::one(user.clone(), Move::Left(*why)))),
            Event::Churned { joined, left, total, joined_users, left_users, .. } => {
                Some(moved(at, Moved::many((*joined, joined_users), (*left, left_users), *total)))
            }
            event => {
                let is_topic = matches!(event, Event::TopicChanged { .. });
                let kind = if is_topic { Kind::Topic } else { Kind::Moderation };
                let words = spoken::happened(&self.zone, at, &event.place()?.room, event)?;
                Some(Row::new(at, kind, words))
            }
        }
    }

    fn speech(&self, at: Timestamp, kind: Kind, from: &UserName, body: &Body) -> Row {
        let text = Clean::new(body.as_str());
        let mentions = !self.is_me(from) && (kind == Kind::Whispered || mentions(text.as_str(), &self.me));
        Row { mentions, is_own: self.is_me(from), ..Row::new(at, kind, text).by(from.clone()) }
    }

    fn whispered(&mut self, at: Timestamp, from: &UserName, to: &UserName, body: &Body) {
        let partner = if self.is_me(from) { to } else { from };
        let row = self.speech(at, Kind::Whispered, from, body);
        self.record_and_push(&Of::User(partner.clone()), row);
    }

    fn offered(&mut self, at: Timestamp, offer: &Offer) {
        let (is_mine, to_me) = (self.is_me(&offer.from), matches!(&offer.to, Target::User(_)));
        let of = Of::offer(offer, is_mine);
        let to_me = to_me && !is_mine;
        let row = Row::new(at, Kind::Offer(offer.transfer), spoken::offer(offer, to_me));
        self.record_and_push(&of, Row { mentions: to_me, is_own: is_mine, ..row.by(offer.from.clone()) });
        self.tell_of(offer.transfer);
    }
}

fn moved(at: Timestamp, moved: Moved) -> Row {
    let text = moved.text();
    Row::new(at, Kind::Moved(Box::new(moved)), text)
}
