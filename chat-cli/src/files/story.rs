//! What becomes of one file, told line by line to whoever sends or receives it.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use chat_net::chat_core::{EndReason, Offer, PauseReason, Target, UserName};
use chat_net::client::{FileError, FileEvent, Landing};
use indicatif::{HumanBytes, HumanDuration};

use super::copies::Copies;
use super::path::absolute;
use super::standing::{Standing, State};
use super::words::{Who, ended, failed, file, name, other_end, paused, quoted};
use crate::rows::Row;

/// A file that is on its way, as one end sees it.
#[derive(Debug)]
pub(crate) struct Story {
    offer: Offer,
    me: String,
    is_mine: bool,
    /// Where it is received.
    landing: Option<Landing>,
    /// Whether a person can type commands about it.
    is_in_chat: bool,
    /// How long an end whose connection is lost is waited for; none: that is told elsewhere.
    patience: Option<Duration>,
    is_accepted: bool,
    is_over: bool,
    copies: Copies,
    /// Whether the only one who could take it does not.
    is_unwanted: bool,
    /// Why it stands still, as far as was told.
    held: Option<String>,
    /// Why it came to nothing, as far as was told.
    why: Option<String>,
    /// Where it is, once it is here.
    place: Option<String>,
}

impl Story {
    /// Of what `me` has offered, or accepted to be received there.
    pub(crate) fn new(offer: Offer, me: &str, landing: Option<Landing>, is_in_chat: bool) -> Story {
        let is_mine = Who::new(&offer.from, me).is_me();
        let copies = Copies::new(&offer, is_mine);
        let me = me.to_owned();
        Story {
            offer,
            me,
            is_mine,
            landing,
            is_in_chat,
            patience: None,
            is_accepted: false,
            is_over: false,
            copies,
            is_unwanted: false,
            held: None,
            why: None,
            place: None,
        }
    }

    /// So long the server waits for an end whose connection is lost.
    pub(crate) fn patient_for(self, patience: Duration) -> Story {
        Story { patience: Some(patience), ..self }
    }

    /// What is offered.
    pub(crate) fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Whether it is sent from here.
    pub(crate) fn is_mine(&self) -> bool {
        self.is_mine
    }

    /// Whether there is nothing to be done with it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// How far it is, while somebody receives it.
    pub(crate) fn row(&self, columns: usize) -> Option<Row> {
        self.copies.row(columns)
    }

    /// How it stands.
    pub(crate) fn standing(&self) -> Standing {
        let words = |why: &Option<String>| why.clone().unwrap_or_default();
        let all: Vec<&str> = self.copies.finished().map(UserName::as_str).collect();
        let state = match (self.copies.progress(), &self.place) {
            (Some((progress, false)), _) => State::Running(progress),
            (Some((progress, true)), _) => State::Paused(progress, words(&self.held)),
            (None, Some(place)) => State::Done(place.clone()),
            (None, None) if !all.is_empty() => {
                let verb = if all.len() == 1 { "has" } else { "have" };
                State::Done(format!("{} {verb} it, verified", all.join(", ")))
            }
            (None, None) if self.is_over || self.is_unwanted => State::Over(words(&self.why)),
            (None, None) => State::Offered,
        };
        Standing { offer: self.offer.clone(), is_mine: self.is_mine, state }
    }

    /// The first line, where nobody knows yet that it is offered.
    pub(crate) fn begin(&self) -> Option<String> {
        let Offer { transfer, .. } = self.offer;
        let hint =
            if self.is_in_chat { format!("; /cancel {transfer} takes it back") } else { String::new() };
        let end = other_end(&self.offer, true);
        self.is_mine.then(|| format!("{transfer}: {} is offered {end}{hint}", file(&self.offer)))
    }

    /// Takes what happened; gives the line that says so, if it is worth one.
    pub(crate) fn take(&mut self, event: &FileEvent) -> Option<String> {
        self.copies.take(event, &self.offer.from);
        let remains = self.remains(event);
        let line = self.line(event).map(|line| line + &remains);
        self.is_accepted |= matches!(event, FileEvent::Accepted { .. });
        self.is_over |= self.is_last(event);
        self.remember(event, &remains);
        line.map(|line| format!("{}: {line}", self.offer.transfer))
    }

    fn is_last(&self, event: &FileEvent) -> bool {
        match event {
            FileEvent::Failed(_) => true,
            FileEvent::Finished { .. } | FileEvent::Cancelled { .. } => !self.is_mine,
            FileEvent::Closed { why } => *why != EndReason::Expired || !self.copies.is_running(),
            _ => false,
        }
    }

    /// What [`Story::standing`] says of it; `remains` is what it says of the bytes that came.
    fn remember(&mut self, event: &FileEvent, remains: &str) {
        if let FileEvent::Declined { .. } | FileEvent::Cancelled { .. } = event {
            self.is_unwanted = self.is_mine && matches!(self.offer.to, Target::User(_));
        }
        let why = match event {
            FileEvent::Finished { path: Some(path), .. } => {
                self.place = Some(absolute(path).display().to_string());
                return;
            }
            FileEvent::Accepted { .. } => {
                (self.is_unwanted, self.held, self.why) = (false, None, None);
                return;
            }
            FileEvent::Resumed { .. } => {
                self.held = None;
                return;
            }
            // It says nothing of an offer that nobody has taken: the server keeps it.
            FileEvent::Paused { user, why } => {
                self.held = Some(self.why_paused(Who::new(user, &self.me), *why));
                return;
            }
            // Who did not take it says more than that nobody did.
            FileEvent::Closed { why: EndReason::Expired } if self.why.is_some() => return,
            FileEvent::Cancelled { by, why, .. } => ended(Who::new(by, &self.me), *why),
            FileEvent::Declined { user } => format!("{user} does not take it"),
            FileEvent::Closed { why } => ended(Who::new(&self.offer.from, &self.me), *why),
            FileEvent::Failed(FileError::SessionLost) => "the session was lost".to_owned(),
            FileEvent::Failed(FileError::Ended) => "the connection has ended".to_owned(),
            FileEvent::Failed(error) => failed(error),
            _ => return,
        };
        self.why = Some(why + remains);
    }

    fn line(&self, event: &FileEvent) -> Option<String> {
        let Story { offer, me, is_mine, .. } = self;
        let (name, end) = (name(offer), other_end(offer, *is_mine));
        Some(match event {
            FileEvent::Accepted { user, from } => self.accepted(Who::new(user, me), *from),
            FileEvent::Declined { user } => format!("{user} does not take {name}"),
            FileEvent::Paused { user, why } => self.paused(Who::new(user, me), *why),
            FileEvent::Resumed { user } if *is_mine && *user != offer.from => {
                format!("{name} to {user} goes on")
            }
            FileEvent::Resumed { .. } => format!("{name} {end} goes on"),
            FileEvent::Finished { user, path: None } => {
                format!("{user} has {name}, all {}, and it is verified", HumanBytes(offer.size))
            }
            FileEvent::Finished { path: Some(path), .. } => {
                let renamed = self.renamed(path);
                format!("{name} {end} is here and verified{renamed}: {}", absolute(path).display())
            }
            FileEvent::Cancelled { user, by, why } if *is_mine => {
                format!("{name} does not go to {user}: {}", ended(Who::new(by, me), *why))
            }
            FileEvent::Cancelled { by, why, .. } => {
                format!("{name} {end} does not come: {}", ended(Who::new(by, me), *why))
            }
            FileEvent::Closed { why: EndReason::Expired } if self.is_accepted => {
                format!("{name} is no longer offered; whoever has taken it goes on")
            }
            FileEvent::Closed { why } => {
                format!("{name} {end} is over: {}", ended(Who::new(&offer.from, me), *why))
            }
            FileEvent::Failed(FileError::SessionLost) if *is_mine => {
                format!("{name} {end} failed: the session was lost; offer it again")
            }
            // What is kept of it is said behind that.
            FileEvent::Failed(FileError::SessionLost) => format!("{name} {end} failed: the session was lost"),
            FileEvent::Failed(FileError::Ended) => format!("{name} {end} failed: the connection has ended"),
            FileEvent::Failed(error) => format!("{name} {end} failed: {}", failed(error)),
            _ => return None,
        })
    }

    /// What it is called here, if that is something else.
    fn renamed(&self, path: &Path) -> String {
        match path.file_name().map(OsStr::to_string_lossy) {
            Some(saved) if saved != self.offer.name.as_str() => format!(", saved as {}", quoted(&saved)),
            _ => String::new(),
        }
    }

    fn accepted(&self, who: Who<'_>, from: u64) -> String {
        let there = match from {
            0 => String::new(),
            from => format!("; {} of it are there already", HumanBytes(from)),
        };
        if self.is_mine {
            return format!("{who} takes {}{there}", file(&self.offer));
        }
        let (end, landing) = (other_end(&self.offer, false), self.landing.as_ref());
        let place =
            landing.map_or_else(String::new, |it| format!(" goes to {}", absolute(&it.path).display()));
        format!("{} {end}{place}{there}", file(&self.offer))
    }

    fn paused(&self, who: Who<'_>, why: PauseReason) -> String {
        let end = other_end(&self.offer, self.is_mine);
        format!("{} {end} is paused: {}", name(&self.offer), self.why_paused(who, why))
    }

    /// Why it stands still, and when it goes on.
    fn why_paused(&self, who: Who<'_>, why: PauseReason) -> String {
        let goes_on = match why {
            PauseReason::Asked if who.is_me() && self.is_in_chat => {
                format!("; /resume {} goes on", self.offer.transfer)
            }
            PauseReason::Lost if !who.is_me() => self.patience.map_or_else(String::new, |patience| {
                format!("; it waits until {who} is back, {} at most", HumanDuration(patience))
            }),
            PauseReason::NoSpace if who.is_me() => "; it goes on when there is space".to_owned(),
            _ => String::new(),
        };
        paused(who, why) + &goes_on
    }

    /// What becomes of the bytes that came, if nothing more does.
    fn remains(&self, event: &FileEvent) -> String {
        let by_me = match event {
            FileEvent::Cancelled { by, .. } => Who::new(by, &self.me).is_me(),
            FileEvent::Closed { .. } | FileEvent::Failed(_) => false,
            _ => return String::new(),
        };
        match &self.landing {
            Some(landing) if landing.part.exists() => format!("; {}", kept(landing)),
            Some(_) if by_me => "; what came is removed".to_owned(),
            _ => String::new(),
        }
    }

    /// What becomes of it if this end leaves now.
    pub(crate) fn left_behind(&self) -> Option<String> {
        let (transfer, name, end) =
            (self.offer.transfer, name(&self.offer), other_end(&self.offer, self.is_mine));
        Some(match (self.copies.share(), self.is_mine) {
            _ if self.is_over => return None,
            (None, true) => format!("{transfer}: {name} is no longer offered {end}"),
            (Some(_), true) if !self.copies.is_running() => return None,
            (Some(share), true) => format!("{transfer}: {name} {end} is called off at {share}%"),
            (share, false) => {
                let remains = self.landing.as_ref().map_or_else(String::new, |it| format!("; {}", kept(it)));
                format!("{transfer}: {name} {end} is called off at {}%{remains}", share.unwrap_or(0))
            }
        })
    }
}

fn kept(landing: &Landing) -> String {
    let part = absolute(&landing.part);
    format!("what came is kept in {}, and goes on if it is offered again", part.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::{offer, user};

    fn lost() -> FileEvent {
        FileEvent::Paused { user: user("alice"), why: PauseReason::Lost }
    }

    /// How alice's own offer to bob stands after that.
    fn stands(events: &[FileEvent]) -> State {
        let mut story = Story::new(offer(8, "alice", "bob", "x", 10), "alice", None, true);
        events.iter().for_each(|event| _ = story.take(event));
        story.standing().state
    }

    #[test]
    fn a_lost_connection_neither_ends_an_offer_nor_makes_it_wanted() {
        let (declined, back) =
            (FileEvent::Declined { user: user("bob") }, FileEvent::Resumed { user: user("alice") });
        assert_eq!(stands(&[lost()]), State::Offered);
        assert_eq!(stands(&[lost(), back.clone()]), State::Offered);
        let over = State::Over("bob does not take it".to_owned());
        assert_eq!(stands(&[declined.clone(), lost()]), over);
        assert_eq!(stands(&[declined.clone(), lost(), back.clone()]), over);
        let taken = FileEvent::Accepted { user: user("bob"), from: 0 };
        assert!(matches!(stands(&[declined.clone(), taken, lost()]), State::Paused(..)));
        // Why it came to nothing is not that it once stood still.
        let expired = FileEvent::Closed { why: EndReason::Expired };
        assert_eq!(stands(&[lost(), expired.clone()]), stands(std::slice::from_ref(&expired)));
        assert_eq!(stands(&[declined, lost(), back, expired]), over);
    }
}
