//! What is known of files: which are offered, which are on their way, and the lines that say what becomes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chat_net::chat_core::{Event, Offer, Target, TransferId, UserName};
use chat_net::client::FileEvent;
use chat_net::codec::Told;
use unicode_width::UnicodeWidthStr;

use crate::files::{Story, Who, ended, file, other_end};
use crate::rows::Row;
use crate::width::keep_start;

/// Offers that are remembered as shown, so that a return shows none again; the oldest is forgotten.
const SHOWN: usize = 1024;

/// A file that is on its way to or from here, as this program counts them: a server may begin its numbers anew.
pub(crate) type Serial = u64;

/// All that a person was told of files.
#[derive(Debug, Default)]
pub(crate) struct Book {
    me: String,
    /// What may be accepted.
    offers: BTreeMap<TransferId, Offer>,
    shown: BTreeSet<TransferId>,
    running: BTreeMap<Serial, Story>,
}

/// A line to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// What others did; the time stands before it.
    Talk(String),
    /// What became of something.
    Note(String),
}

impl Book {
    /// A connection was made, under this name. In a new session nothing of the old one is left.
    pub(crate) fn welcomed(&mut self, me: &str, resumed: bool) {
        me.clone_into(&mut self.me);
        if !resumed {
            self.offers.clear();
            self.shown.clear();
        }
    }

    /// Takes what the server told of a file; gives what to show of it. What is on its way here tells of itself.
    pub(crate) fn told(&mut self, told: &Told) -> Option<Line> {
        match &told.event {
            Event::Offered(offer) => self.offered(offer),
            Event::Closed { transfer, why } => {
                let offer = self.offers.remove(transfer)?;
                let end = other_end(&offer, false);
                let why = ended(self.who(&offer.from), *why);
                Some(Line::Note(format!("{transfer}: {} {end} is no longer offered: {why}", offer.name)))
            }
            Event::Declined { transfer, .. } => {
                let offer = self.offers.remove(transfer)?;
                Some(Line::Note(format!("{transfer}: you do not take {}", offer.name)))
            }
            _ => None,
        }
    }

    fn offered(&mut self, offer: &Offer) -> Option<Line> {
        let transfer = offer.transfer;
        if self.who(&offer.from).is_me() || !self.shown.insert(transfer) {
            return None;
        }
        if self.shown.len() > SHOWN {
            self.shown.pop_first();
        }
        self.offers.insert(transfer, offer.clone());
        let what = format!("offers {}: /accept {transfer} or /decline {transfer}", file(offer));
        Some(Line::Talk(match &offer.to {
            Target::User(_) => format!("{} {what}", offer.from),
            to @ Target::Room(_) => format!("{to} * {} {what}", offer.from),
        }))
    }

    /// The offer of that number, if it is open.
    pub(crate) fn offer(&self, transfer: TransferId) -> Option<&Offer> {
        self.offers.get(&transfer)
    }

    /// The file of that number that is on its way, and whether it is sent from here.
    pub(crate) fn running(&self, transfer: TransferId) -> Option<(Serial, bool)> {
        let mut running = self.running.iter().rev();
        let (serial, story) = running.find(|(_, it)| it.offer().transfer == transfer && !it.is_over())?;
        Some((*serial, story.is_mine()))
    }

    /// A file is on its way: offered from here, or accepted into `folder`.
    pub(crate) fn started(&mut self, serial: Serial, offer: Offer, folder: PathBuf) -> Option<String> {
        self.offers.remove(&offer.transfer);
        let story = Story::new(offer, &self.me, folder, true);
        let line = story.begin();
        self.running.insert(serial, story);
        line
    }

    /// Something happened to a file that is on its way; gives what to say of it.
    pub(crate) fn happened(&mut self, serial: Serial, event: &FileEvent) -> Option<String> {
        self.running.get_mut(&serial)?.take(event)
    }

    /// There is nothing more to come of it.
    pub(crate) fn over(&mut self, serial: Serial) {
        self.running.remove(&serial);
    }

    /// A row for each file whose bytes are on their way, at most so many; the last one counts the others.
    pub(crate) fn rows(&self, columns: usize, most: usize) -> Vec<Row> {
        let mut rows: Vec<Row> = self.running.values().filter_map(|story| story.row(columns)).collect();
        if rows.len() > most {
            let more = rows.len() - most.saturating_sub(1);
            rows.truncate(most.saturating_sub(1));
            let text = keep_start(&format!("and {more} more files"), columns.saturating_sub(1));
            rows.extend((most > 0).then(|| Row { columns: text.width(), text }));
        }
        rows
    }

    /// What becomes of the files that are on their way, if one leaves now: a line for each.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        self.running.values().filter_map(Story::left_behind).collect()
    }

    fn who<'a>(&self, user: &'a UserName) -> Who<'a> {
        Who::new(user, &self.me)
    }
}
