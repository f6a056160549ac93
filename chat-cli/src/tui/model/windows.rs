//! All windows, in the order they were opened, and which one is looked at.

use chat_net::chat_core::{Offer, RoomName, Target, UserName};

use super::row::{Kind, Row};
use super::window::{Scroll, Window};
use crate::tui::clean::Clean;

/// So many rows are kept in all windows together; what a room loses of them can be fetched again.
const SCROLLBACK: usize = 100_000;

/// They take at most about so many bytes.
const SCROLLBACK_BYTES: usize = 64 * 1024 * 1024;

/// So many users have a window at most; what others whisper is shown among what the server says. Rooms are as many as
/// the server lets one into.
const USERS: usize = 254;

/// What a window shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// What the server says, and this program.
    Server,
    Room(RoomName),
    /// What is whispered to and from that user.
    User(UserName),
}

impl Of {
    /// The room, if it is one.
    pub(crate) fn room(&self) -> Option<&RoomName> {
        match self {
            Of::Room(room) => Some(room),
            Of::Server | Of::User(_) => None,
        }
    }

    /// Whether it is the room of that name.
    pub(super) fn is_room(&self, name: &str) -> bool {
        self.room().is_some_and(|room| room.as_str().eq_ignore_ascii_case(name))
    }

    /// Where an offer belongs.
    pub(super) fn offer(offer: &Offer, is_mine: bool) -> Of {
        match &offer.to {
            Target::Room(room) => Of::Room(room.clone()),
            Target::User(user) => Of::User(if is_mine { user } else { &offer.from }.clone()),
        }
    }

    /// `#lobby`, `alice`.
    pub(crate) fn title(&self) -> String {
        match self {
            Of::Server => "server".to_owned(),
            Of::Room(room) => format!("#{room}"),
            Of::User(user) => user.to_string(),
        }
    }
}

/// Somebody names whoever reads, unseen: worth a bell, or a word on the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alert {
    pub(crate) of: Of,
    pub(crate) author: Option<UserName>,
    pub(crate) text: Clean,
}

/// The windows. The first is the server's, and there always is one.
#[derive(Debug)]
pub(crate) struct Windows {
    all: Vec<Window>,
    /// Those that were closed though one is in the room: what is known of it stays, for when somebody talks there.
    hidden: Vec<Window>,
    current: usize,
    /// The one that was looked at before.
    before: Option<Of>,
    /// Whether somebody looks at the terminal at all, as far as it says so.
    is_watched: bool,
    alert: Option<Alert>,
    limit_rows: usize,
    limit_bytes: usize,
}

impl Default for Windows {
    fn default() -> Windows {
        Windows {
            all: vec![Window::new(Of::Server)],
            hidden: Vec::new(),
            current: 0,
            before: None,
            is_watched: true,
            alert: None,
            limit_rows: SCROLLBACK,
            limit_bytes: SCROLLBACK_BYTES,
        }
    }
}

impl Windows {
    /// With room for so many rows, and so many bytes of them.
    #[cfg(test)]
    pub(crate) fn limited(limit_rows: usize, limit_bytes: usize) -> Windows {
        Windows { limit_rows, limit_bytes, ..Windows::default() }
    }

    pub(crate) fn current(&self) -> &Window {
        &self.all[self.current]
    }

    pub(crate) fn current_mut(&mut self) -> &mut Window {
        &mut self.all[self.current]
    }

    /// Where the current one stands among [`Windows::iter`].
    pub(crate) fn current_index(&self) -> usize {
        self.current
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Window> + Clone {
        self.all.iter()
    }

    /// All, and those that are hidden.
    pub(super) fn known_mut(&mut self) -> impl Iterator<Item = &mut Window> {
        self.all.iter_mut().chain(&mut self.hidden)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The window of that, hidden or not.
    pub(crate) fn find(&self, of: &Of) -> Option<&Window> {
        self.all.iter().chain(&self.hidden).find(|window| window.of == *of)
    }

    pub(crate) fn find_mut(&mut self, of: &Of) -> Option<&mut Window> {
        self.known_mut().find(|window| window.of == *of)
    }

    /// The window of that, opened if there is none; the server's if too many users have one. A hidden one stays
    /// so.
    pub(crate) fn open(&mut self, of: &Of) -> &mut Window {
        if let Some(at) = self.hidden.iter().position(|window| window.of == *of) {
            return &mut self.hidden[at];
        }
        let known = self.all.iter().position(|window| window.of == *of);
        let at = known.unwrap_or_else(|| {
            let is_user = |of: &Of| matches!(of, Of::User(_));
            if is_user(of) && self.all.iter().filter(|window| is_user(&window.of)).count() >= USERS {
                return 0;
            }
            self.all.push(Window::new(of.clone()));
            self.all.len() - 1
        });
        &mut self.all[at]
    }

    /// Looks at the window in that place, if there is one.
    pub(crate) fn go_to(&mut self, index: usize) {
        if index >= self.all.len() || index == self.current {
            return;
        }
        self.current_mut().left_alone();
        self.before = Some(self.current().of.clone());
        self.current = index;
        self.look();
    }

    /// The window of that is the last one, if it was hidden.
    fn show(&mut self, of: &Of) {
        if let Some(at) = self.hidden.iter().position(|window| window.of == *of) {
            self.all.push(self.hidden.remove(at));
        }
    }

    /// Looks at the window of that, if there is one; gives whether there is.
    pub(crate) fn go_to_of(&mut self, of: &Of) -> bool {
        self.show(of);
        let at = self.all.iter().position(|window| window.of == *of);
        at.into_iter().for_each(|at| self.go_to(at));
        at.is_some()
    }

    /// Looks at the window so many places further, around the end.
    pub(crate) fn step(&mut self, by: isize) {
        let count = self.all.len().cast_signed();
        self.go_to((self.current.cast_signed() + by).rem_euclid(count).cast_unsigned());
    }

    /// Looks at the window that was looked at before.
    pub(crate) fn go_back(&mut self) {
        if let Some(of) = self.before.clone() {
            self.go_to_of(&of);
        }
    }

    /// Looks at the next window where somebody was named, else at the next where somebody talked.
    pub(crate) fn go_to_unread(&mut self) {
        let count = self.all.len();
        let next = |is: fn(&Window) -> bool| {
            (1..count).map(|by| (self.current + by) % count).find(|at| is(&self.all[*at]))
        };
        if let Some(at) = next(|window| window.is_mentioned).or_else(|| next(|window| window.unread > 0)) {
            self.go_to(at);
        }
    }

    /// Closes the current window, unless it is the server's, and looks at the one before. Of a room that one is in, it is
    /// hidden until somebody talks there, or one goes to it.
    pub(crate) fn close(&mut self) {
        if self.current == 0 {
            return;
        }
        let mut closed = self.all.remove(self.current);
        closed.left_alone();
        self.hidden.push(closed);
        self.hidden.retain(|window| window.is_open || window.is_missing);
        let before = self.before.take();
        let at = before.and_then(|of| self.all.iter().position(|window| window.of == of));
        self.current = at.unwrap_or(self.current - 1);
        self.look();
    }

    /// Whether somebody looks at the terminal.
    pub(crate) fn watched(&mut self, is_watched: bool) {
        if std::mem::replace(&mut self.is_watched, is_watched) && !is_watched {
            self.current_mut().left_alone();
        }
        self.look();
    }

    /// What is at the end of the current one is seen, if that is shown.
    pub(super) fn look(&mut self) {
        if self.is_watched && self.current().scroll == Scroll::End {
            self.current_mut().seen();
        }
    }

    /// Whether what comes at the end of the window of that is seen as it comes.
    fn is_seen(&self, of: &Of) -> bool {
        let current = self.current();
        self.is_watched && current.of == *of && current.scroll == Scroll::End
    }

    /// Puts a row at the end of the window of that.
    pub(crate) fn push(&mut self, of: &Of, row: Row) {
        let is_seen = self.is_seen(of);
        if row.mentions && !is_seen {
            let (author, text) = (row.author.clone(), row.text.clone());
            self.alert = Some(Alert { of: of.clone(), author, text });
        }
        let window = self.open(of);
        if row.is_talk() || row.mentions || !window.is_open && row.kind == Kind::Moderation {
            self.show(of);
        }
        self.open(of).push(row, is_seen);
        self.keep_limit();
    }

    /// The last time somebody named whoever reads since this was asked for.
    pub(crate) fn take_alert(&mut self) -> Option<Alert> {
        self.alert.take()
    }

    /// Forgets rows of the longest window until all are few enough: its oldest, or the newest of a room, which can be
    /// fetched again, if somebody reads in the older half.
    pub(crate) fn keep_limit(&mut self) {
        loop {
            let sums = |window: &Window| (window.rows.len(), window.rows.bytes());
            let add = |(rows, bytes), (more, larger)| (rows + more, bytes + larger);
            let (rows, bytes) = self.all.iter().chain(&self.hidden).map(sums).fold((0, 0), add);
            let weigh: fn(&Window) -> usize = match (rows > self.limit_rows, bytes > self.limit_bytes) {
                (true, _) => |window| window.rows.len(),
                (false, true) => |window| window.rows.bytes(),
                (false, false) => return,
            };
            let Some(longest) = self.known_mut().max_by_key(|window| weigh(window)) else { return };
            let middle = longest.rows.first().plus(longest.rows.len().cast_signed() as i64 / 2);
            let is_room = matches!(longest.of, Of::Room(_));
            match longest.scroll {
                Scroll::At { top, .. } if is_room && top < middle => longest.drop_newest(),
                _ => longest.rows.drop_oldest(),
            }
        }
    }
}
