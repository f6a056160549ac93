//! Somebody goes to a message that was found, looks at it, and goes back.

use chat_net::chat_core::{Anchor, Epoch, Number, Query};
use chat_net::codec::Told;

use super::row::Kind;
use super::windows::Of;
use super::{ABOVE, Fetch, Model, Overlay, Scroll, Shows};
use crate::tui::clean::Clean;

/// That, until they go back or do something else.
#[derive(Debug)]
pub(crate) struct Visit {
    /// The window that they came from.
    from: Of,
    /// The room of the message.
    of: Of,
    epoch: Epoch,
    number: Number,
    arrival: Arrival,
}

/// What came of going there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// The page with it is on its way.
    Sought,
    There,
    Deleted,
    /// The server does not have it any more.
    Gone,
    /// The room has other numbers by now.
    MadeAnew,
    /// Whoever is not in the room cannot ask for its messages.
    Left,
    /// The server did not give it.
    Failed,
}

impl Visit {
    fn words(&self) -> Clean {
        let room = self.of.title();
        let what = match self.arrival {
            Arrival::Sought => format!("{room}: the message is being fetched"),
            Arrival::There => format!("{room}, message {}", self.number),
            Arrival::Deleted => "that message was deleted meanwhile".to_owned(),
            Arrival::Gone => "that message is not kept any more".to_owned(),
            Arrival::MadeAnew => format!("{room} was made anew meanwhile, and that message is gone"),
            Arrival::Left => format!("you are not in {room} any more"),
            Arrival::Failed => "that message cannot be had now".to_owned(),
        };
        Clean::line(&format!("{what}; Esc goes back to what was found"))
    }
}

impl Model {
    /// Takes what `query` found, but for what those say who are ignored; gives how many more messages are listed.
    pub(crate) fn found(&mut self, query: &Query, told: &[Told], has_more: bool) -> usize {
        let Query::Search { before_time, .. } = query else { return 0 };
        let before = if before_time.is_some() { self.found.hits().len() } else { 0 };
        self.found.take(query, told, has_more, &self.ignored);
        self.found.hits().len() - before
    }

    /// `/search` alone: shows the end of what was found, where older ones are asked for, also if they could not be had
    /// before; gives whether anything was.
    pub(crate) fn look_for_older(&mut self) -> bool {
        let count = self.found.hits().len();
        if count == 0 && !self.found.has_more() {
            return false;
        }
        self.found.ask_again();
        self.overlay = Some(Overlay::new(Shows::Found { chosen: count.saturating_sub(1) }));
        true
    }

    /// What asks for older ones, if the list is looked at near its end; whoever is told so asks.
    pub(crate) fn wants_older(&mut self) -> Option<Query> {
        match self.overlay.as_ref()?.shows {
            Shows::Found { chosen } => self.found.wants_older(chosen),
            _ => None,
        }
    }

    /// What is said of the message that one went to.
    pub(crate) fn visited(&self) -> Option<Clean> {
        self.visit.as_ref().map(Visit::words)
    }

    /// Goes to a message that was found; gives why not, if there is no window for it.
    pub(crate) fn go_to_found(&mut self, chosen: usize) -> Result<(), Clean> {
        self.come_back();
        let Some(hit) = self.found.hits().get(chosen) else { return Ok(()) };
        let (of, epoch, number) = (Of::Room(hit.room.clone()), hit.epoch, hit.number);
        let from = self.windows.current().of.clone();
        let Some(window) = self.windows.find_mut(&of) else {
            return Err(Clean::line(&format!("you are not in {} any more", of.title())));
        };
        window.keep_place();
        // Its end is passed, not looked at: what is new there stays so.
        if window.unread > 0 && window.scroll == Scroll::End {
            window.scroll = Scroll::At { top: window.rows.end(), line: 0 };
        }
        if window.fetch == Fetch::Failed {
            window.fetch = Fetch::Idle;
        }
        (self.overlay, self.found.chosen) = (None, chosen);
        self.windows.go_to_of(&of);
        self.visit = Some(Visit { from, of, epoch, number, arrival: Arrival::Sought });
        self.arrive(true);
        Ok(())
    }

    /// Shows the message, if it is here; else it is to be asked for, if it was not.
    fn arrive(&mut self, may_ask: bool) {
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.arrival == Arrival::Sought) else {
            return;
        };
        let Some(window) = self.windows.find_mut(&visit.of) else { return };
        let mark = window.rows.find(visit.number.0);
        visit.arrival = match mark.and_then(|mark| Some((mark, window.rows.get(mark)?.kind == Kind::Deleted)))
        {
            _ if !window.rows.is_numbered_by(visit.epoch) => Arrival::MadeAnew,
            Some((mark, is_deleted)) => {
                window.jump_to(mark, ABOVE);
                if is_deleted { Arrival::Deleted } else { Arrival::There }
            }
            None if !window.is_open => Arrival::Left,
            None if may_ask => Arrival::Sought,
            None => Arrival::Gone,
        };
        window.seeks = Some(visit.number).filter(|_| visit.arrival == Arrival::Sought);
        self.question = self.visited();
    }

    /// A page came, or did not: what was sought is in it, or nowhere.
    pub(super) fn sought(&mut self, of: &Of, anchor: Anchor, came: bool) {
        let Some(window) = self.windows.find_mut(of) else { return };
        if window.seeks.is_none_or(|number| anchor != Anchor::Around(number)) {
            return;
        }
        window.seeks = None;
        if came {
            return self.arrive(false);
        }
        if let Some(visit) = &mut self.visit {
            visit.arrival = Arrival::Failed;
            self.question = self.visited();
        }
    }

    /// A key was pressed: the message does not stand out any more.
    pub(crate) fn unmark(&mut self) {
        self.windows.current_mut().is_marked = false;
    }

    /// Stays where one went to.
    pub(crate) fn stay(&mut self) {
        let Some(visit) = self.visit.take() else { return };
        if let Some(window) = self.windows.find_mut(&visit.of) {
            (window.scroll_before, window.seeks) = (None, None);
        }
    }

    /// Goes back to where one was, with the list over it; nothing is changed if one went nowhere.
    pub(crate) fn come_back(&mut self) {
        let Some(visit) = self.visit.take() else { return };
        if let Some(window) = self.windows.find_mut(&visit.of) {
            window.scroll = window.scroll_before.take().unwrap_or_default();
            (window.found, window.seeks) = (None, None);
        }
        self.windows.go_to_of(&visit.from);
        self.windows.look();
        self.overlay = Some(Overlay::new(Shows::Found { chosen: self.found.chosen }));
    }
}
