//! What goes on beside the screen: a log, and what calls somebody to it.

use tokio::time::Instant;

use super::FullScreen;
use crate::join::{environment, now};
use crate::settings::JoinSettings;
use crate::tui::alert::{Alerts, Terminal};
use crate::tui::journal::{self, Journal, Troubles};
use crate::tui::model::Of;

/// The log, if there is one, and the alerts.
#[derive(Debug)]
pub(super) struct Aside {
    alerts: Alerts,
    troubles: Option<Troubles>,
    /// Whether something was complained of before there was a room to look at.
    is_early: bool,
}

impl Aside {
    /// As wanted, and where rows are logged.
    pub(super) fn new(settings: &JoinSettings) -> (Aside, Option<Journal>) {
        let screen = &settings.screen;
        let alerts = Alerts::new(screen.alerts.clone(), Terminal::new(environment));
        let log = screen.log.clone().map(|base| journal::open(base, &settings.who.addr));
        let (journal, troubles) = log.unzip();
        (Aside { alerts, troubles, is_early: false }, journal)
    }

    /// Waits until nothing is logged any more, and says why. Cancel safe.
    pub(super) async fn trouble(&mut self) -> String {
        match &mut self.troubles {
            Some(troubles) => troubles.next().await,
            None => std::future::pending().await,
        }
    }
}

impl FullScreen {
    /// Says of what is beside the screen that it is not as wanted.
    pub(super) fn complain_beside(&mut self) {
        if let Some(complaint) = self.aside.alerts.complaint() {
            self.model.complain(now(), complaint);
            self.aside.is_early = true;
        }
    }

    /// Nothing is logged any more.
    pub(super) fn log_ended(&mut self, why: &str) {
        self.model.log_ended(now(), why);
        self.aside.is_early |= !self.is_home;
        self.pace.changed();
    }

    /// The first room is shown: what stood in the other window for a blink is marked there.
    pub(super) fn at_home(&mut self) {
        if self.aside.is_early
            && let Some(window) = self.model.windows.find_mut(&Of::Server)
        {
            window.unread = window.unread.saturating_add(1);
            window.is_mentioned = true;
        }
    }

    /// Whether a notification waits for the one before.
    pub(super) fn is_notifying(&self) -> bool {
        self.aside.alerts.is_waiting()
    }

    /// Notifies of what waited, if it can be now.
    pub(super) fn notify_next(&mut self) {
        if let Some(trouble) = self.aside.alerts.go_on(Instant::now().into_std()) {
            self.model.complain(now(), &trouble);
            self.pace.changed();
        }
    }

    /// What the terminal is to do about what somebody does not see.
    pub(super) fn signal(&mut self) -> String {
        let Some(alert) = self.model.windows.take_alert() else { return String::new() };
        let rung = self.aside.alerts.ring(&alert, Instant::now().into_std());
        if let Some(trouble) = rung.trouble {
            self.model.complain(now(), &trouble);
        }
        rung.signal
    }
}
