//! When a picture is drawn: soon after something changed, at most sixty times a second, and never before the terminal took
//! the last one.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{AGAIN, FullScreen};
use crate::connect::seconds;
use crate::tui::terminal::Terminal;
use crate::tui::view;

/// Between two pictures.
const FRAME: Duration = Duration::from_millis(16);

/// How often what changes by itself is looked at: seconds that are counted, and bytes.
const TICK: Duration = Duration::from_millis(250);

/// When the next picture is due.
#[derive(Debug)]
pub(super) struct Pace {
    is_changed: bool,
    next: Instant,
    look_at: Instant,
}

impl Pace {
    pub(super) fn new() -> Pace {
        let now = Instant::now();
        Pace { is_changed: true, next: now, look_at: now }
    }

    /// What is shown is not what there is any more.
    pub(super) fn changed(&mut self) {
        self.is_changed = true;
    }

    /// When it is time to look at what changes by itself.
    pub(super) fn look_at(&self) -> Instant {
        self.look_at
    }

    /// Waits until a picture is due. Cancel safe.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) async fn turn(&self, terminal: &Terminal) -> io::Result<()> {
        if !self.is_changed {
            return Err(terminal.lost().await);
        }
        sleep_until(self.next).await;
        terminal.ready().await
    }
}

impl FullScreen {
    pub(super) fn draw(&mut self) {
        self.pace.is_changed = false;
        self.pace.next = Instant::now() + FRAME;
        let signal = self.signal();
        self.model.waiting = self.waiting();
        let (model, theme) = (&self.model, &self.theme);
        let mut seen = None;
        self.terminal.draw(&signal, |area, cells| {
            let drawn = view::draw(model, theme, area, cells);
            seen = Some(drawn);
            drawn.cursor
        });
        if let Some(drawn) = seen {
            self.model.drawn(Instant::now(), drawn.rows);
            self.fetcher.look(&mut self.model, drawn, Instant::now());
        }
    }

    /// Looks at what changes by itself.
    pub(super) fn tick(&mut self) {
        self.pace.look_at = Instant::now() + TICK;
        if let Some(at) = self.retry_at {
            let left = seconds(at.saturating_duration_since(Instant::now()));
            if self.model.link.wait(u64::try_from(left).unwrap_or(u64::MAX)) {
                self.pace.changed();
            }
        }
        if self.asked_at.is_some_and(|at| at.elapsed() > AGAIN) {
            (self.asked_at, self.model.question) = (None, None);
            self.pace.changed();
        }
        if self.is_notifying() {
            self.notify_next();
        }
        if self.has_files() {
            self.look_at_files();
        }
        if let Some(asked) = &self.asked {
            let silent = asked.at.elapsed();
            if self.model.link.is_silent_for(silent) {
                self.pace.changed();
            }
        }
    }

    /// Whether bytes of files are on their way.
    pub(super) fn has_files(&self) -> bool {
        self.model.files().iter().any(|file| file.stands.progress().is_some())
    }

    /// How far files are.
    pub(super) fn look_at_files(&mut self) {
        self.model.files_are(self.desk.files.standings());
        self.pace.changed();
    }
}
