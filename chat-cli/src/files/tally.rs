//! Who has answered an offer, and what came of it: when it is over, and how.

use std::collections::{BTreeMap, BTreeSet};

use chat_net::chat_core::{EndReason, PauseReason, UserName};
use chat_net::client::FileEvent;

use super::trouble::Trouble;
use super::words::Who;
use crate::exit::Exit;

/// The answers to one offer.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    what: String,
    /// Who is awaited: the receiver, or the members of the room.
    awaited: BTreeSet<UserName>,
    answers: BTreeMap<UserName, Answer>,
    /// Whether nobody else can, or need, answer any more.
    is_closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Receiving {
        has_no_space: bool,
    },
    Finished,
    Declined,
    /// Not there, and may come back and take it again, as long as it is offered.
    Gone(Trouble),
    Over(Trouble),
}

impl Tally {
    /// Of the offer of `what`.
    pub(crate) fn new(what: &str) -> Tally {
        Tally { what: what.to_owned(), ..Tally::default() }
    }

    /// These are awaited.
    pub(crate) fn await_all(&mut self, users: BTreeSet<UserName>) {
        self.awaited = users;
    }

    /// Of those who are awaited only these are still there.
    pub(crate) fn are_there(&mut self, users: &BTreeSet<UserName>) {
        self.awaited.retain(|user| users.contains(user));
    }

    /// Nobody else is waited for.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Whether nobody else is waited for.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether anybody has answered.
    pub(crate) fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Takes what happened to the transfer.
    pub(crate) fn take(&mut self, event: &FileEvent) {
        let (user, answer) = match event {
            FileEvent::Accepted { user, .. }
            | FileEvent::Progress { user, .. }
            | FileEvent::Resumed { user } => (user, Answer::Receiving { has_no_space: false }),
            FileEvent::Paused { user, why } => {
                (user, Answer::Receiving { has_no_space: *why == PauseReason::NoSpace })
            }
            FileEvent::Declined { user } => (user, Answer::Declined),
            FileEvent::Finished { user, .. } => (user, Answer::Finished),
            // The receiver accepts again, from the start.
            FileEvent::Cancelled { why: EndReason::PrefixDiffers, .. } => return,
            FileEvent::Cancelled { user, by, why } => {
                let full = self.answers.get(user) == Some(&Answer::Receiving { has_no_space: true });
                let trouble = if full && user == by {
                    Trouble::new(Exit::NoSpace, &self.what, format!("{user}'s disk is full"))
                } else {
                    Trouble::ended(&self.what, Who::new(by, ""), *why)
                };
                let is_gone = *why == EndReason::Gone;
                (user, if is_gone { Answer::Gone(trouble) } else { Answer::Over(trouble) })
            }
            _ => return,
        };
        // Only a receiver that has answered can stand still; the sender itself is none.
        let is_first = matches!(event, FileEvent::Accepted { .. } | FileEvent::Declined { .. });
        if is_first || self.answers.contains_key(user) {
            self.answers.insert(user.clone(), answer);
        }
    }

    /// What came of it, once everybody who is awaited has answered and all who took it are done.
    pub(crate) fn verdict(&self) -> Option<Result<(), Trouble>> {
        let is_gone = |answer: &Answer| matches!(answer, Answer::Gone(_));
        let is_answered = self.has_answers()
            && self.awaited.iter().all(|user| self.answers.contains_key(user))
            && !self.answers.values().any(is_gone);
        let is_receiving = |answer: &Answer| matches!(answer, Answer::Receiving { .. });
        let is_over = (self.is_closed || is_answered) && !self.answers.values().any(is_receiving);
        is_over.then(|| self.result())
    }

    /// What came of it, if nothing else comes.
    pub(crate) fn result(&self) -> Result<(), Trouble> {
        let over = self.answers.values().find_map(|answer| match answer {
            Answer::Gone(trouble) | Answer::Over(trouble) => Some(trouble.clone()),
            Answer::Receiving { .. } => {
                Some(Trouble::new(Exit::CalledOff, &self.what, "it ended before it was there"))
            }
            Answer::Finished | Answer::Declined => None,
        });
        let finished = self.answers.values().any(|answer| *answer == Answer::Finished);
        let decliner = self.answers.iter().find(|(_, answer)| **answer == Answer::Declined);
        match (over, finished, decliner) {
            (Some(trouble), ..) => Err(trouble),
            (None, true, _) => Ok(()),
            (None, false, Some((user, _))) => {
                Err(Trouble::new(Exit::Declined, &self.what, format!("{user} does not take it")))
            }
            (None, false, None) => Err(Trouble::new(Exit::NotTaken, &self.what, "nobody took it in time")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::user;
    use super::*;

    fn accepted(name: &str) -> FileEvent {
        FileEvent::Accepted { user: user(name), from: 0 }
    }

    fn finished(name: &str) -> FileEvent {
        FileEvent::Finished { user: user(name), path: None }
    }

    fn declined(name: &str) -> FileEvent {
        FileEvent::Declined { user: user(name) }
    }

    fn cancelled(name: &str, why: EndReason) -> FileEvent {
        FileEvent::Cancelled { user: user(name), by: user(name), why }
    }

    fn awaiting(names: &[&str]) -> Tally {
        let mut tally = Tally::new("photo.jpg");
        tally.await_all(names.iter().map(|name| user(name)).collect());
        tally
    }

    fn exit(verdict: Option<Result<(), Trouble>>) -> Option<Exit> {
        verdict.map(|result| result.map_or_else(|trouble| trouble.exit, |()| Exit::Done))
    }

    #[test]
    fn an_offer_is_over_when_all_have_answered_and_all_takers_have_it() {
        let mut tally = awaiting(&["bob", "carol"]);
        for (event, verdict) in [
            (accepted("bob"), None),
            (finished("bob"), None),
            (accepted("dave"), None),
            (declined("carol"), None),
            (finished("dave"), Some(Exit::Done)),
        ] {
            tally.take(&event);
            assert_eq!(exit(tally.verdict()), verdict, "{event:?}");
        }
    }

    #[test]
    fn an_empty_room_is_waited_in_and_whoever_leaves_is_not_waited_for() {
        let mut tally = awaiting(&[]);
        assert_eq!(tally.verdict(), None);
        tally.close();
        assert_eq!(exit(tally.verdict()), Some(Exit::NotTaken));
        let mut tally = awaiting(&["bob", "carol"]);
        tally.take(&accepted("bob"));
        tally.take(&finished("bob"));
        assert_eq!(tally.verdict(), None);
        tally.are_there(&[user("bob")].into());
        assert_eq!(exit(tally.verdict()), Some(Exit::Done));
    }

    #[test]
    fn one_who_took_it_and_has_it_not_is_enough_to_fail() {
        for (event, code) in [
            (cancelled("carol", EndReason::Cancelled), Exit::CalledOff),
            (cancelled("carol", EndReason::WrongHash), Exit::WrongHash),
            (declined("carol"), Exit::Done),
        ] {
            let mut tally = awaiting(&["bob", "carol"]);
            for event in [accepted("bob"), finished("bob"), accepted("carol"), event] {
                tally.take(&event);
            }
            assert_eq!(exit(tally.verdict()), Some(code));
        }
    }

    #[test]
    fn who_is_gone_may_take_it_again_as_long_as_it_is_offered() {
        for comes_back in [true, false] {
            let mut tally = awaiting(&["bob", "carol"]);
            for name in ["bob", "carol"] {
                tally.take(&accepted(name));
            }
            tally.take(&finished("bob"));
            tally.take(&cancelled("carol", EndReason::Gone));
            tally.are_there(&[user("bob")].into());
            assert_eq!(tally.verdict(), None);
            if comes_back {
                tally.take(&accepted("carol"));
                assert_eq!(tally.verdict(), None);
                tally.take(&finished("carol"));
            } else {
                tally.close();
            }
            let verdict = if comes_back { Exit::Done } else { Exit::CalledOff };
            assert_eq!(exit(tally.verdict()), Some(verdict));
        }
    }

    #[test]
    fn who_gave_up_with_a_full_disk_had_no_space() {
        let mut tally = awaiting(&["bob"]);
        tally.take(&accepted("bob"));
        tally.take(&FileEvent::Paused { user: user("bob"), why: PauseReason::NoSpace });
        assert_eq!(tally.verdict(), None);
        tally.take(&cancelled("bob", EndReason::Cancelled));
        assert_eq!(exit(tally.verdict()), Some(Exit::NoSpace));
    }

    #[test]
    fn a_part_of_another_file_is_begun_anew_and_no_end() {
        let mut tally = awaiting(&["bob"]);
        tally.take(&accepted("bob"));
        tally.take(&cancelled("bob", EndReason::PrefixDiffers));
        assert_eq!(tally.verdict(), None);
        tally.take(&finished("bob"));
        assert_eq!(exit(tally.verdict()), Some(Exit::Done));
    }

    #[test]
    fn nobody_but_decliners_is_a_refusal() {
        let mut tally = awaiting(&["bob", "carol"]);
        tally.take(&declined("bob"));
        tally.close();
        assert_eq!(exit(tally.verdict()), Some(Exit::Declined));
    }
}
