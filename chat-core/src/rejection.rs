//! Every refusal of the core: a reason, a sentence, a code.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::code::Code;
use crate::event::Refusal;
use crate::id::{Number, TransferId};
use crate::name::{NameError, RoomName, UserName};
use crate::roles::Rank;
use crate::stamp::Timestamp;
use crate::text::{Body, TextError};
use crate::transfer::{FileNameError, Target};

/// Why a command was not taken. Nothing changed, and nobody else was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// A user or room name breaks a rule.
    #[error("{why}")]
    BadName {
        /// Which rule.
        why: Arc<str>,
    },
    /// Somebody has the name, or a dropped session holds it.
    #[error("\"{name}\" is taken, choose another name")]
    NameTaken {
        /// The name.
        name: UserName,
    },
    /// The name is kept for the server.
    #[error("\"{name}\" is kept for the server, choose another name")]
    NameReserved {
        /// The name.
        name: UserName,
    },
    /// A body of nothing but white space.
    #[error("there is nothing to say in it")]
    Empty,
    /// Control characters in a text.
    #[error("control characters other than newline and tab are not allowed")]
    BadText,
    /// A text over its limit.
    #[error("it may have at most {limit} bytes; send it in parts")]
    TooLong {
        /// The limit in bytes.
        limit: u32,
    },
    /// Not a member of the room, or there is no such room: an outsider cannot tell.
    #[error("you are not in #{room}, join it first")]
    NotAMember {
        /// The room.
        room: RoomName,
    },
    /// Nobody of that name is here.
    #[error("nobody here is called \"{name}\"")]
    NoSuchUser {
        /// The name.
        name: UserName,
    },
    /// There is no such room.
    #[error("there is no room #{room}, join it to make it")]
    NoSuchRoom {
        /// The name.
        room: RoomName,
    },
    /// The session is in as many rooms as it may be.
    #[error("you are in {limit} rooms, leave one first")]
    TooManyRooms {
        /// The limit.
        limit: u32,
    },
    /// The server has as many rooms as it may have, and none is empty.
    #[error("the server has as many rooms as it may hold, try later")]
    RoomsFull,
    /// The request id was used for another ask.
    #[error("that request id was used for another ask, use a higher one")]
    IdReused,
    /// The request id is lower than one already used and no longer remembered, or too large for JSON.
    #[error("request ids must rise and stay below 2^53, use one above {highest}")]
    IdNotRising {
        /// The highest used so far.
        highest: u64,
    },
    /// No such attachment: the session goes on under another, or has ended.
    #[error("this session goes on elsewhere or has ended, say hello again")]
    NoSession,
    /// The attachment's id is in use: a fault of the node that made it.
    #[error("this connection has its name already")]
    AlreadyNamed,
    /// No such transfer, or none that concerns this session: an outsider cannot tell. Or it is over.
    #[error("no file {transfer} is offered to you or by you, or it is over")]
    NoSuchTransfer {
        /// The number.
        transfer: TransferId,
    },
    /// More bytes than the file has.
    #[error("the file has {size} bytes, accept it from an offset within them")]
    WrongOffset {
        /// The file's size.
        size: u64,
    },
    /// The session, or the user or room it offers to, has as many transfers as it may.
    #[error("{who} has {limit} files offered or on their way, the most there may be; wait, or cancel one")]
    TooManyTransfers {
        /// Who, or which room.
        who: Target,
        /// The limit.
        limit: u32,
    },
    /// A file offered to oneself.
    #[error("a file goes to somebody else, not to yourself")]
    ToYourself,
    /// A file's name or size breaks a rule.
    #[error("{why}")]
    BadFile {
        /// Which rule.
        why: Arc<str>,
    },
    /// The server has as many transfers as it may have.
    #[error("the server carries as many files as it may, try again later")]
    TransfersFull,
    /// The name is an account's.
    #[error("\"{name}\" belongs to an account, log in, or choose another name")]
    LoginRequired {
        /// The name.
        name: UserName,
    },
    /// Only accounts get in.
    #[error("only accounts get in here, log in")]
    LoginsOnly,
    /// No such account; said alike of a wrong password.
    #[error("the name or the password is wrong")]
    BadLogin,
    /// The account may not be used.
    #[error("the account \"{name}\" is disabled, ask who runs the server")]
    AccountDisabled {
        /// Its name.
        name: UserName,
    },
    /// A secret that was used up: its session was ended, for somebody else may have it.
    #[error(
        "that secret was used up, so its session was ended, for somebody else may have it; begin a new one"
    )]
    TokenRevoked,
    /// There is an account of that name.
    #[error("there is an account \"{name}\", choose another name")]
    AccountExists {
        /// Its name.
        name: UserName,
    },
    /// The server has as many accounts as it may have.
    #[error("the server has as many accounts as it may hold, ask who runs it")]
    AccountsFull,
    /// There is no account of that name.
    #[error("there is no account \"{name}\"")]
    NoSuchAccount {
        /// The name.
        name: UserName,
    },
    /// For the server's operators.
    #[error("only operators of the server may do that")]
    OperatorsOnly,
    /// The user's rank in the room is too low for that, or not above that of whom it would be done to.
    #[error("in #{room} only {} may do that", at_least(*least))]
    NotAllowed {
        /// The room.
        room: RoomName,
        /// The lowest rank that may.
        least: Rank,
    },
    /// The user may only read in the room.
    #[error("you are muted in #{room}{}", because(.until, .reason))]
    Muted {
        /// The room.
        room: RoomName,
        /// Until then; none: until it is lifted.
        until: Option<Timestamp>,
        /// Why.
        reason: Option<Body>,
    },
    /// The user may not be in the room, which everybody else can see.
    #[error("you are banned from #{room}{}", because(.until, .reason))]
    Banned {
        /// The room.
        room: RoomName,
        /// Until then; none: until it is lifted.
        until: Option<Timestamp>,
        /// Why.
        reason: Option<Body>,
    },
    /// The room has a key, and it was not given, or another was.
    #[error("#{room} has a key and that is not it, ask somebody inside for it")]
    BadKey {
        /// The room.
        room: RoomName,
    },
    /// The room is closed to the user, or there is none and the user may not make one: nobody can tell which.
    #[error(
        "#{room} cannot be joined: it is closed to you, or only some may make rooms; ask somebody inside for an invitation"
    )]
    CannotJoin {
        /// The room.
        room: RoomName,
    },
    /// There is no such message, or it is deleted, or the user may not read it.
    #[error("there is no message {number} in #{room}")]
    NoSuchMessage {
        /// The room.
        room: RoomName,
        /// The number.
        number: Number,
    },
    /// Too soon after the last message.
    #[error("#{room} is in slow mode, wait a little before you say more")]
    SlowMode {
        /// The room.
        room: RoomName,
        /// Not before so many milliseconds.
        retry_after_ms: u64,
    },
    /// A mode beyond its limit.
    #[error("{why}")]
    BadMode {
        /// Which limit.
        why: Arc<str>,
    },
    /// It is like that already.
    #[error("{why}, so there is nothing to do")]
    NothingToDo {
        /// What is.
        why: Arc<str>,
    },
    /// Somebody who is to be asked in is banned there.
    #[error("{user} is banned from #{room}, and has to be let in again first")]
    BannedGuest {
        /// The room.
        room: RoomName,
        /// Who.
        user: UserName,
    },
    /// For somebody who is away as many whispers wait as may, of this sender or of all, or the server keeps as many as it may.
    #[error("no more whispers are kept for {user}, who is away; try again later")]
    WhispersFull {
        /// Who is away.
        user: UserName,
    },
    /// Nobody bans or mutes themselves: those above all others could.
    #[error("you cannot ban or mute yourself, leave the room to go")]
    NotYourself,
}

/// `an owner or operator`
fn at_least(least: Rank) -> &'static str {
    match least {
        Rank::Member => "members",
        Rank::Moderator => "a moderator, an owner or an operator",
        Rank::Owner => "an owner or an operator",
        Rank::Operator => "an operator",
    }
}

/// ` until 2026-11-21 23:00:00 UTC: too loud`
fn because(until: &Option<Timestamp>, reason: &Option<Body>) -> String {
    let until = until.map_or_else(String::new, |until| {
        let (year, month, day) = until.date();
        format!(" until {year}-{month:02}-{day:02} {until} UTC")
    });
    let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    until + &reason
}

impl Rejection {
    /// Its number and name in the table.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Rejection::BadName { .. } => Code::BadName,
            Rejection::NameTaken { .. } => Code::NameTaken,
            Rejection::NameReserved { .. } => Code::NameReserved,
            Rejection::Empty => Code::Empty,
            Rejection::BadText => Code::BadText,
            Rejection::TooLong { .. } => Code::TooLong,
            Rejection::NotAMember { .. } => Code::NotAMember,
            Rejection::NoSuchUser { .. } => Code::NoSuchUser,
            Rejection::NoSuchRoom { .. } => Code::NoSuchRoom,
            Rejection::TooManyRooms { .. } => Code::TooManyRooms,
            Rejection::RoomsFull => Code::RoomsFull,
            Rejection::IdReused => Code::IdReused,
            Rejection::IdNotRising { .. } => Code::IdNotRising,
            Rejection::NoSession => Code::NoSession,
            Rejection::AlreadyNamed => Code::AlreadyNamed,
            Rejection::NoSuchTransfer { .. } => Code::NoSuchTransfer,
            Rejection::WrongOffset { .. } => Code::WrongOffset,
            Rejection::TooManyTransfers { .. } => Code::TooManyTransfers,
            Rejection::ToYourself => Code::ToYourself,
            Rejection::BadFile { .. } => Code::BadFile,
            Rejection::TransfersFull => Code::TransfersFull,
            Rejection::LoginRequired { .. } | Rejection::LoginsOnly => Code::LoginRequired,
            Rejection::BadLogin => Code::BadLogin,
            Rejection::AccountDisabled { .. } => Code::AccountDisabled,
            Rejection::TokenRevoked => Code::TokenRevoked,
            Rejection::AccountExists { .. } => Code::AccountExists,
            Rejection::AccountsFull => Code::AccountsFull,
            Rejection::WhispersFull { .. } => Code::WhispersFull,
            Rejection::NoSuchAccount { .. } => Code::NoSuchUser,
            Rejection::OperatorsOnly | Rejection::NotYourself => Code::NotAllowed,
            Rejection::NotAllowed { .. } => Code::NotAllowed,
            Rejection::Muted { .. } => Code::Muted,
            Rejection::Banned { .. } => Code::Banned,
            Rejection::BadKey { .. } => Code::BadKey,
            Rejection::CannotJoin { .. } => Code::CannotJoin,
            Rejection::NoSuchMessage { .. } => Code::NoSuchMessage,
            Rejection::SlowMode { .. } => Code::SlowMode,
            Rejection::BadMode { .. } => Code::BadAsk,
            Rejection::NothingToDo { .. } => Code::NothingToDo,
            Rejection::BannedGuest { .. } => Code::Banned,
        }
    }

    /// Whether the same ask may be taken later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.code().kind().is_retryable()
    }
}

impl From<NameError> for Rejection {
    fn from(error: NameError) -> Rejection {
        Rejection::BadName { why: error.to_string().into() }
    }
}

impl From<TextError> for Rejection {
    fn from(error: TextError) -> Rejection {
        match error {
            TextError::Empty => Rejection::Empty,
            TextError::TooLong { limit } => Rejection::TooLong { limit },
            TextError::Control => Rejection::BadText,
        }
    }
}

impl From<FileNameError> for Rejection {
    fn from(error: FileNameError) -> Rejection {
        Rejection::BadFile { why: error.to_string().into() }
    }
}

impl From<&Rejection> for Refusal {
    fn from(rejection: &Rejection) -> Refusal {
        Refusal {
            code: rejection.code().number(),
            reason: rejection.code().name().into(),
            message: rejection.to_string().into(),
            retry_after_ms: match rejection {
                Rejection::SlowMode { retry_after_ms, .. } => Some(*retry_after_ms),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do() {
        let taken = Rejection::NameTaken { name: UserName::new("bob", 32).unwrap() };
        let refusal = Refusal::from(&taken);
        assert_eq!(&*refusal.reason, "name_taken");
        assert_eq!(&*refusal.message, "\"bob\" is taken, choose another name");
        assert!(!taken.is_retryable() && Rejection::RoomsFull.is_retryable());
    }
}
