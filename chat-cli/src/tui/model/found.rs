//! What `/search` found, the newest first, to be gone through and gone to.

use chat_net::chat_core::{Epoch, Event, Number, Query, RoomName, Timestamp, UserName};
use chat_net::codec::Told;
use chat_net::codec::text::Ignored;

use super::spoken;
use crate::tui::clean::Clean;

/// So many are listed, or passed because nothing of them is shown; whatever is older takes other words.
const LISTED: usize = 1_000;

/// So many before the end of the list older ones are asked for.
const LOOK_AHEAD: usize = 10;

/// A message that was found. Its text is safe to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) room: RoomName,
    pub(super) epoch: Epoch,
    pub(super) number: Number,
    pub(crate) at: Timestamp,
    pub(crate) author: UserName,
    pub(crate) text: Clean,
}

/// All that was found with the same words.
#[derive(Debug, Default)]
pub(crate) struct Found {
    hits: Vec<Hit>,
    /// What asks for older ones, if there are any.
    next: Option<Query>,
    /// Whether that was asked. What could not be had stays so, and is not asked again by itself.
    is_asked: bool,
    /// So many came, with those of whom nothing is shown.
    passed: usize,
    /// The one that was gone to last.
    pub(crate) chosen: usize,
}

impl Found {
    pub(crate) fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Whether there are older ones.
    pub(crate) fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// Takes what `query` found, the oldest first, as servers tell it; older ones come behind those that are here, if these
    /// are what they were asked for. What those say who are `ignored` is left out.
    pub(super) fn take(&mut self, query: &Query, told: &[Told], has_more: bool, ignored: &Ignored) {
        let Query::Search { words, room, before_time, limit } = query else { return };
        if before_time.is_none() {
            *self = Found::default();
        } else if self.next.as_ref() != Some(query) {
            return;
        }
        self.is_asked = false;
        self.passed += told.len();
        let last = self.hits.last().map_or(Timestamp(u64::MAX), |hit| hit.at);
        let oldest = told.first().map(|told| told.at);
        let shown = told.iter().rev().filter(|told| told.at < last && !ignored.hides(&told.event));
        self.hits.extend(shown.filter_map(hit));
        let has_more = has_more && self.passed < LISTED;
        self.next = oldest.filter(|_| has_more).map(|oldest| Query::Search {
            words: words.clone(),
            room: room.clone(),
            before_time: Some(oldest),
            limit: *limit,
        });
    }

    /// What asks for older ones, if somebody comes near the end of the list: whoever is told so asks.
    pub(super) fn wants_older(&mut self, chosen: usize) -> Option<Query> {
        let is_near = chosen + LOOK_AHEAD >= self.hits.len();
        let next = self.next.clone().filter(|_| is_near && !self.is_asked)?;
        self.is_asked = true;
        Some(next)
    }

    /// Older ones that could not be had may be asked for once more.
    pub(super) fn ask_again(&mut self) {
        self.is_asked = false;
    }

    /// A message was deleted: what it said stands nowhere any more.
    pub(super) fn deleted(&mut self, room: &RoomName, (epoch, number): (Epoch, Number), by: &UserName) {
        let is_it = |hit: &&mut Hit| hit.room == *room && (hit.epoch, hit.number) == (epoch, number);
        self.hits.iter_mut().filter(is_it).for_each(|hit| hit.text = spoken::deleted(by));
    }
}

fn hit(told: &Told) -> Option<Hit> {
    let Event::Said { place, from, body } = &told.event else { return None };
    Some(Hit {
        room: place.room.clone(),
        epoch: place.epoch,
        number: place.number,
        at: told.at,
        author: from.clone(),
        text: Clean::line(body.as_str()),
    })
}
