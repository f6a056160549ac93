//! What is put at the end of a window is written down, where somebody wants that.

use chat_net::chat_core::{Event, RoomName, Timestamp};
use chat_net::codec::Told;

use super::row::{Kind, Row};
use super::windows::Of;
use super::{Model, spoken};
use crate::tui::clean::Clean;
use crate::tui::journal::{Journal, TooSlow};
use crate::tui::zone::Zone;

impl Model {
    /// Writes down there what happens from now on.
    pub(crate) fn log_to(&mut self, journal: Journal) {
        self.journal = Some(journal);
    }

    /// Nothing is written down any more, for this reason.
    pub(crate) fn log_ended(&mut self, at: Timestamp, why: &str) {
        self.journal = None;
        self.complain(at, why);
    }

    /// Tells of something that whoever reads relies on, so that it is seen from any window.
    pub(crate) fn complain(&mut self, at: Timestamp, what: &str) {
        let row = Row::new(at, Kind::Refused, Clean::line(what));
        self.windows.push(&Of::Server, Row { mentions: true, ..row });
    }

    /// Puts a row at the end of the window of that, and writes it down.
    pub(super) fn record_and_push(&mut self, of: &Of, row: Row) {
        self.record(of, &row);
        self.windows.push(of, row);
    }

    /// Writes down what comes next in a room: the row that it becomes, which may be folded into another one; and a deletion,
    /// which is seen where the message was. A log has the time of nobody's clock, but UTC.
    pub(super) fn record_in(&mut self, room: &RoomName, told: &Told, row: Option<&Row>) {
        if self.journal.is_none() || self.ignored.hides(&told.event) {
            return;
        }
        let words = match &told.event {
            event @ (Event::Deleted { .. } | Event::Restricted { .. }) => {
                spoken::happened(&Zone::default(), told.at, room, event)
            }
            _ => None,
        };
        let in_utc = words.map(|words| Row::new(told.at, Kind::Moderation, words));
        let (Some(row), of) = (in_utc.as_ref().or(row), Of::Room(room.clone())) else { return };
        let era = self.windows.open(&of).rows.era();
        if let Some(journal) = &mut self.journal
            && journal.is_news(room, row, era, told.past)
        {
            self.record(&of, row);
        }
    }

    /// Writes a row of the window of that down.
    pub(super) fn record(&mut self, of: &Of, row: &Row) {
        let Some(journal) = &mut self.journal else { return };
        if journal.record(of, row) == Err(TooSlow) {
            self.complain(
                row.at,
                "the disk is too slow for the log: some of what happens now is left out of it",
            );
        }
    }
}
