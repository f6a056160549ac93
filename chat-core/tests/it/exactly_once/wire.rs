//! The network: per connection one queue each way. A cut loses what is in flight, at a random point.

use std::collections::VecDeque;

use chat_core::{Ask, Event, Number, Place, RequestId, RoomName, SessionId, Since, TokenHash};

use super::rng::Rng;

/// From a client to the server.
#[derive(Debug)]
pub(crate) enum Up {
    Hello { resume: Option<TokenHash>, positions: Vec<(RoomName, Since)>, whispers: Number },
    Ask(RequestId, Ask),
    End,
}

/// From the server to a client.
#[derive(Debug)]
pub(crate) enum Down {
    /// The rooms come with the number that they had before the membership began, for the test alone.
    Welcome {
        resumed: bool,
        token: TokenHash,
        rooms: Vec<(Place, Number)>,
    },
    Told {
        re: RequestId,
        past: bool,
        event: Event,
    },
    End,
}

#[derive(Debug)]
pub(crate) struct Wire {
    /// Whose.
    pub(crate) person: usize,
    /// The session that the server has on it.
    pub(crate) session: Option<SessionId>,
    pub(crate) up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
    pub(crate) is_cut: bool,
}

impl Wire {
    pub(crate) fn new(person: usize) -> Wire {
        Wire { person, session: None, up: VecDeque::new(), down: VecDeque::new(), is_cut: false }
    }

    pub(crate) fn send_up(&mut self, message: Up) {
        if !self.is_cut {
            self.up.push_back(message);
        }
    }

    pub(crate) fn send_down(&mut self, message: Down) {
        if !self.is_cut {
            self.down.push_back(message);
        }
    }

    /// Each end still gets some of what was under way, and then learns of the end, sooner or later.
    pub(crate) fn cut(&mut self, rng: &mut Rng) {
        if !self.is_cut {
            self.up.truncate(rng.index(self.up.len() + 1));
            self.down.truncate(rng.index(self.down.len() + 1));
            self.up.push_back(Up::End);
            self.down.push_back(Down::End);
            self.is_cut = true;
        }
    }

    /// The server ends it: all that it sent arrives.
    pub(crate) fn close(&mut self) {
        if !self.is_cut {
            self.up.clear();
            self.down.push_back(Down::End);
            self.is_cut = true;
        }
    }
}
