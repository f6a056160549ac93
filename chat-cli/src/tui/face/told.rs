//! What the connection tells, and files.

use chat_net::chat_core::Event;
use chat_net::client::Notice;
use chat_net::codec::Told;
use tokio::time::Instant;

use super::FullScreen;
use crate::join::{FileSaid, FileTold, Line, left_open, not_sent, now};
use crate::trust;
use crate::tui::model::Of;

impl FullScreen {
    /// Takes what the connection told.
    pub(super) fn noticed(&mut self, notice: &Notice) {
        self.pace.changed();
        match notice {
            Notice::Connected(welcome) => {
                self.retry_at = None;
                self.desk.files.welcomed(welcome);
                self.look_at_files();
            }
            Notice::Disconnected { retry_in, .. } => {
                self.retry_at = Some(Instant::now() + *retry_in);
            }
            Notice::Ended { why } => {
                self.farewell.push(Line::note(&trust::ended(why)));
            }
            Notice::Told(told) => self.learn(told),
            _ => {}
        }
        self.model.notice(notice, now());
        if let Notice::Told(told) = notice {
            self.is_in(&told.event);
        }
    }

    fn learn(&mut self, told: &Told) {
        if told.event.transfer().is_none() || self.model.ignored.hides(&told.event) {
            return;
        }
        let said = self.desk.files.told(told, now());
        self.is_said(said);
    }

    /// The first room that one is in is shown first.
    fn is_in(&mut self, event: &Event) {
        if let (false, Event::Members { place, .. }) = (self.is_home, event) {
            self.is_home = true;
            if self.model.windows.current().of == Of::Server {
                self.model.windows.go_to_of(&Of::Room(place.room.clone()));
            }
            self.at_home();
        }
    }

    /// Something became of a file.
    pub(super) fn happened(&mut self, told: FileTold) {
        let said = self.desk.files.happened(told);
        if said.is_some() {
            self.is_said(said);
        } else if Instant::now() >= self.pace.look_at() {
            // Progress comes more often than anybody can read it.
            self.tick();
        }
    }

    /// Takes what is known of files now, with what was said of one.
    fn is_said(&mut self, said: Option<FileSaid>) {
        let changed = self.model.files_are(self.desk.files.standings());
        self.pace.changed();
        if let Some(said) = said {
            self.model.file_said(now(), said, &changed);
        }
    }

    /// The session is over: what was entered and not sent is told when the screen is gone.
    pub(super) fn left_behind(&mut self, waiting: &[Vec<u8>]) {
        if let Some(asked) = &self.asked
            && let Some(said) = &asked.said
        {
            let was_sent = !asked.was_away || self.retry_at.is_none();
            self.farewell.push(left_open(&said.replace('\n', " "), was_sent));
        }
        self.farewell.extend(not_sent(waiting));
        self.farewell.extend(self.desk.files.left_behind());
    }
}
