//! The transfers of the model: who offered what to whom, and one word for every copy.

use chat_core::{Chat, Code, CopyInfo, CopyState, EndReason, PauseReason, TransferId};

use super::{Driven, Model};
use crate::story::{accept, cancel, cancel_of, decline, finish, hash, offer, pause};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Copy {
    Running,
    Paused(PauseReason),
    Finished,
    Declined,
    /// By whom, and why.
    Cancelled(By, EndReason),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum By {
    Receiver,
    Sender,
}

impl Copy {
    fn is_open(self) -> bool {
        matches!(self, Copy::Running | Copy::Paused(_))
    }

    /// What was given up may be begun anew, but is not declined again, unless by one who is back in the room.
    fn may_become(self, state: Copy) -> bool {
        let has_left = self == Copy::Cancelled(By::Receiver, EndReason::Left);
        let was_given_up = matches!(self, Copy::Declined | Copy::Cancelled(By::Receiver, _));
        has_left || state == Copy::Running && was_given_up
    }
}

/// A file, offered to a user or, with `#`, to a room. None expires: the model has no clock.
#[derive(Debug)]
pub(super) struct File {
    from: String,
    to: String,
    is_closed: bool,
    /// Whose, how it stands, and whether he is still here under that name.
    copies: Vec<(String, Copy, bool)>,
}

impl File {
    fn is_over(&self) -> bool {
        self.is_closed || !self.to.starts_with('#') && self.copies.iter().any(|(_, copy, _)| !copy.is_open())
    }

    fn is_open(&self) -> bool {
        !self.is_over() && (self.to.starts_with('#') || self.copies.is_empty())
    }

    fn copy(&mut self, user: &str) -> Option<&mut Copy> {
        self.copies.iter_mut().find(|(of, _, is_here)| of == user && *is_here).map(|(_, copy, _)| copy)
    }

    fn close(&mut self, why: EndReason) {
        self.is_closed = true;
        for (_, copy, _) in &mut self.copies {
            if copy.is_open() {
                *copy = Copy::Cancelled(By::Sender, why);
            }
        }
    }

    /// A user has no part in it any more.
    fn part(&mut self, user: &str, why: EndReason) {
        if self.is_over() {
            return;
        }
        if self.from == user {
            self.close(why);
        } else if let Some(copy) = self.copy(user) {
            if copy.is_open() {
                *copy = Copy::Cancelled(By::Receiver, why);
            }
        } else if self.to == user {
            self.close(why);
        }
    }
}

impl Model {
    fn offer(&mut self, user: &str, to: &str) -> Result<(), Code> {
        match to.strip_prefix('#') {
            Some(room) => drop(self.room_of(user, room)?),
            None if to == user => return Err(Code::ToYourself),
            None if self.users.contains(to) => {}
            None => return Err(Code::NoSuchUser),
        }
        self.files.push(File { from: user.into(), to: to.into(), is_closed: false, copies: Vec::new() });
        Ok(())
    }

    fn live(&mut self, id: usize) -> Result<&mut File, Code> {
        self.files.get_mut(id).filter(|file| !file.is_over()).ok_or(Code::NoSuchTransfer)
    }

    /// Puts a user's copy into a state, one that is open or one that may begin.
    fn receive(&mut self, user: &str, id: usize, state: Copy) -> Result<(), Code> {
        let to = self.live(id)?.to.clone();
        let is_member = to.strip_prefix('#').is_some_and(|room| self.room_of(user, room).is_ok());
        let file = self.live(id)?;
        if file.from == user || file.to != user && !is_member {
            return Err(Code::NoSuchTransfer);
        }
        match file.copy(user) {
            Some(copy) if copy.is_open() || copy.may_become(state) => *copy = state,
            Some(_) => return Err(Code::NoSuchTransfer),
            None => file.copies.push((user.into(), state, true)),
        }
        Ok(())
    }

    /// Puts a user's open copy into a state.
    fn go_on(&mut self, user: &str, id: usize, state: Copy) -> Result<(), Code> {
        let copy = self.live(id)?.copy(user).filter(|copy| copy.is_open()).ok_or(Code::NoSuchTransfer)?;
        *copy = state;
        Ok(())
    }

    fn cancel(&mut self, user: &str, id: usize, of: Option<&str>, why: EndReason) -> Result<(), Code> {
        let file = self.live(id)?;
        match of {
            None if file.from == user => {
                file.close(why);
                Ok(())
            }
            Some(of) if file.from == user => {
                self.go_on(of, id, Copy::Cancelled(By::Sender, why)).map_err(|_| Code::NoSuchUser)
            }
            Some(of) if of != user => {
                let has_copy = file.copy(user).is_some_and(|copy| copy.is_open());
                Err(if has_copy { Code::NoSuchUser } else { Code::NoSuchTransfer })
            }
            _ => self.go_on(user, id, Copy::Cancelled(By::Receiver, why)),
        }
    }

    pub(super) fn files_of_leaver(&mut self, user: &str, room: &str) {
        for file in self.files.iter_mut().filter(|file| file.to.strip_prefix('#') == Some(room)) {
            file.part(user, EndReason::Left);
        }
    }

    pub(super) fn files_of_quitter(&mut self, user: &str) {
        for file in &mut self.files {
            file.part(user, EndReason::Gone);
            for (of, _, is_here) in &mut file.copies {
                *is_here &= of != user;
            }
        }
    }

    /// A connection that broke pauses what ran over it.
    pub(super) fn files_of_one_who_was_away(&mut self, user: &str) {
        for copy in self.files.iter_mut().filter_map(|file| file.copy(user)) {
            if *copy == Copy::Running {
                *copy = Copy::Paused(PauseReason::Lost);
            }
        }
    }
}

/// One step of both; they must agree on the verdict.
pub(super) fn step(model: &mut Model, driven: &mut Driven, who: usize, user: &str, draws: [u8; 3]) {
    let [kind, other, file] = draws;
    let other = super::NAMES[usize::from(other) % 4];
    let room = super::ROOMS[usize::from(file) % 3];
    // One of the last three, or none.
    let id = model.files.len().saturating_sub(usize::from(file % 4));
    let transfer = id as u64 + 1;
    match kind % 16 {
        0..=2 => {
            let to = if kind % 16 == 0 { other.into() } else { format!("#{room}") };
            let verdict = model.offer(user, &to);
            assert_eq!(driven.ask(who, offer(&to)), verdict);
            if verdict.is_ok() {
                assert_eq!(driven.ask(who, hash(model.files.len() as u64)), Ok(()));
            }
        }
        3..=8 => assert_eq!(driven.ask(who, accept(transfer, 0)), model.receive(user, id, Copy::Running)),
        9 => assert_eq!(driven.ask(who, decline(transfer)), model.receive(user, id, Copy::Declined)),
        10 => {
            let why = PauseReason::NoSpace;
            assert_eq!(driven.ask(who, pause(transfer, why)), model.go_on(user, id, Copy::Paused(why)));
        }
        11..=13 => assert_eq!(driven.ask(who, finish(transfer)), model.go_on(user, id, Copy::Finished)),
        14 => {
            let why = EndReason::Failed;
            assert_eq!(driven.ask(who, cancel(transfer, why)), model.cancel(user, id, None, why));
        }
        _ => {
            let why = EndReason::Cancelled;
            let verdict = model.cancel(user, id, Some(other), why);
            assert_eq!(driven.ask(who, cancel_of(transfer, other, why)), verdict);
        }
    }
}

pub(super) fn compare(model: &Model, chat: &Chat) {
    for (id, file) in (1..).zip(&model.files) {
        let info = chat.transfer(TransferId(id)).expect("nothing is forgotten so soon");
        assert_eq!((info.offer.from.as_str(), info.open), (file.from.as_str(), file.is_open()), "{info:?}");
        let word = |copy: &CopyInfo| match copy.state {
            CopyState::Running {} => Copy::Running,
            CopyState::Paused { why } => Copy::Paused(why),
            CopyState::Finished {} => Copy::Finished,
            CopyState::Declined {} => Copy::Declined,
            CopyState::Cancelled { why } if copy.by.as_ref() == Some(&copy.user) => {
                Copy::Cancelled(By::Receiver, why)
            }
            CopyState::Cancelled { why } => {
                assert_eq!(copy.by.as_ref(), Some(&info.offer.from));
                Copy::Cancelled(By::Sender, why)
            }
        };
        let mut copies: Vec<String> =
            info.copies.iter().map(|copy| format!("{} {:?}", copy.user, word(copy))).collect();
        let mut expected: Vec<String> =
            file.copies.iter().map(|(of, copy, _)| format!("{of} {copy:?}")).collect();
        copies.sort();
        expected.sort();
        assert_eq!(copies, expected, "{info:?}");
    }
    assert_eq!(chat.transfer(TransferId(model.files.len() as u64 + 1)), None);
}
