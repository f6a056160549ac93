//! What was asked for and is answered: pages of messages, lists of members, roles.

use chat_net::chat_core::{Anchor, Answer, RoomName, UserName};
use chat_net::codec::Told;

use super::members::LISTED;
use super::row::Row;
use super::windows::Of;
use super::{Fetch, Model};

impl Model {
    /// A page is asked for.
    pub(crate) fn fetching(&mut self, room: &RoomName, anchor: Anchor) {
        if let Some(window) = self.windows.find_mut(&Of::Room(room.clone())) {
            window.fetch = Fetch::Running { anchor, last: window.rows.last() };
        }
    }

    /// The page cannot be had; it is not wanted again before the next connection, or until [`Model::fetch_again`].
    pub(crate) fn fetch_failed(&mut self, room: &RoomName, anchor: Anchor) {
        let of = Of::Room(room.clone());
        if let Some(window) = self.windows.find_mut(&of) {
            window.fetch = Fetch::Failed;
        }
        self.sought(&of, anchor, false);
        self.seek_on(&of);
    }

    /// A page that failed says nothing of another one, which is still to be asked for.
    fn seek_on(&mut self, of: &Of) {
        let window = self.windows.find_mut(of).filter(|window| window.seeks.is_some());
        if let Some(window) = window.filter(|window| window.fetch == Fetch::Failed) {
            window.fetch = Fetch::Idle;
        }
    }

    /// Somebody wants more of the current window, though it could not be had.
    pub(crate) fn fetch_again(&mut self) {
        let window = self.windows.current_mut();
        if window.fetch == Fetch::Failed {
            window.fetch = Fetch::Idle;
        }
    }

    /// Takes a page of a room's messages, and what the server says at its end.
    pub(crate) fn page(&mut self, anchor: Anchor, told: &[Told], answer: &Answer) {
        let Answer::History { room, .. } = answer else { return };
        let of = Of::Room(room.clone());
        self.put_page(&of, anchor, told, answer);
        // Before anything is forgotten: what is looked at stays.
        self.sought(&of, anchor, true);
        self.seek_on(&of);
        self.windows.keep_limit();
    }

    fn put_page(&mut self, of: &Of, anchor: Anchor, told: &[Told], answer: &Answer) {
        let Answer::History { epoch, more, newer, .. } = answer else { return };
        let in_order = |told: &&Told| told.event.place().is_some_and(|place| place.epoch == *epoch);
        let numbered = |told: &Told| told.event.place().map(|place| place.number.0);
        let told: Vec<&Told> = told.iter().filter(in_order).collect();
        let (first, last) =
            (told.first().and_then(|told| numbered(told)), told.last().and_then(|told| numbered(told)));
        let mut rows: Vec<Row> = Vec::with_capacity(told.len());
        for told in told {
            let row = self.row(told.at, &told.event).zip(numbered(told));
            rows.extend(row.map(|(row, number)| row.numbered(number)));
        }
        rows.sort_by_key(Row::number);
        let Some(window) = self.windows.find_mut(of) else { return };
        // All that was told before the page was asked for is behind it, or in it.
        let last_asked = match std::mem::take(&mut window.fetch) {
            Fetch::Running { last, .. } => last,
            Fetch::Idle | Fetch::Failed => 0,
        };
        if !window.rows.is_numbered_by(*epoch) {
            return;
        }
        let (mut low, mut high) = match anchor {
            Anchor::Before(number) => (first.unwrap_or(number.0), number.0.saturating_sub(1)),
            Anchor::After(number) => (number.0.saturating_add(1), last.unwrap_or(number.0)),
            _ => (first.unwrap_or(u64::MAX), last.unwrap_or(0)),
        };
        low = if *more { low } else { 0 };
        high = if *newer { high } else { high.max(last_asked).max(low) };
        if low > high {
            // Nothing came, though there is said to be more.
            window.fetch = Fetch::Failed;
            return;
        }
        let before = (window.rows.len(), window.rows.gaps());
        let shift = window.rows.merge(rows, low..=high);
        window.shift(shift);
        let (rows, gaps) = (window.rows.len(), window.rows.gaps());
        // What is asked for would be the same page again.
        let is_sought = matches!(anchor, Anchor::Around(_));
        let is_stuck = *newer && matches!(anchor, Anchor::After(_)) || !gaps.is_empty() && gaps == before.1;
        if rows == before.0 && is_stuck && !is_sought {
            window.fetch = Fetch::Failed;
        }
    }

    /// These are the members of a room, in all their pages or so many as are listed.
    pub(crate) fn members(&mut self, room: &RoomName, users: Vec<UserName>) {
        if let Some(window) = self.windows.find_mut(&Of::Room(room.clone())) {
            let mut total = users.len() as u64;
            if users.len() >= LISTED {
                total = total.max(window.members.total());
            }
            window.members.are(users, total);
        }
    }

    /// The members of a room cannot be known now: those who are shown are those who are known of.
    pub(crate) fn members_failed(&mut self, room: &RoomName) {
        if let Some(window) = self.windows.find_mut(&Of::Room(room.clone())) {
            window.members.is_stale = false;
        }
    }

    /// Who is what in a room: the answer to [`Query::Room`](chat_net::chat_core::Query::Room).
    pub(crate) fn roles(&mut self, answer: &Answer) {
        let Answer::Room { room, users, more, .. } = answer else { return };
        if let Some(window) = self.windows.find_mut(&Of::Room(room.clone())) {
            window.members.roles_are(users.iter().map(|user| (user.user.clone(), user.role)), !more);
        }
    }
}
