//! The one table of reasons: every refusal and every disconnect, with its number and whether to come back.

/// Which of the four ranges a [`Code`] is in; the range says what the other end should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 100–199: refused, and asking again in the same way will not help. The connection stays.
    Refused,
    /// 200–299: refused for now; the same ask may be taken later. The connection stays.
    RefusedForNow,
    /// 300–399: the connection is closed; come back, with a jittered and growing pause.
    ClosedComeBack,
    /// 400–499: the connection is closed; coming back in the same way will not help.
    Closed,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $name:literal $sentence:literal;)*) => {
        /// A reason with a stable number and name. New ones are added; none is ever renumbered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Code {
            $($(#[$doc])* #[doc = $sentence] $variant = $number,)*
        }

        impl Code {
            /// Every code, in the order of the numbers.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name, as text clients and JSON see it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What it means, in general; a refusal's own message says more where there is more to say.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Code::$variant => $sentence,)* }
            }
        }
    };
}

codes! {
    BadName = 100 "bad_name" "the name breaks a rule of names";
    NameTaken = 101 "name_taken" "somebody has that name, choose another";
    NameReserved = 102 "name_reserved" "that name is kept for the server, choose another";
    Empty = 103 "empty" "there is nothing to say in it";
    BadText = 104 "bad_text" "the text is not UTF-8 or holds control characters";
    TooLong = 105 "too_long" "the text is longer than the limit";
    NotAMember = 106 "not_a_member" "join the room first";
    NoSuchUser = 107 "no_such_user" "nobody of that name is here";
    NoSuchRoom = 108 "no_such_room" "there is no such room, join it to make it";
    TooManyRooms = 109 "too_many_rooms" "leave a room before joining another";
    IdReused = 110 "id_reused" "that request id was used for another ask";
    IdNotRising = 111 "id_not_rising" "request ids must rise within a session";
    UnknownAsk = 112 "unknown_ask" "this server does not know that ask";
    BadAsk = 113 "bad_ask" "the ask could not be read";
    NoName = 114 "no_name" "say hello with a name first";
    LineTooLong = 115 "line_too_long" "the rest of that line was dropped";
    AlreadyNamed = 116 "already_named" "this connection has its name already";
    NoSession = 117 "no_session" "the session goes on elsewhere or has ended";
    AheadOfHead = 118 "ahead_of_head" "the position is later than the room's last event";
    Corrupt = 119 "corrupt" "part of the room's history is damaged and cannot be shown";
    TooBroad = 120 "too_broad" "the search takes too long, give rarer or longer words or name a room";
    NoSuchTransfer = 121 "no_such_transfer" "no file of that number is offered to you or by you, or it is over";
    WrongOffset = 122 "wrong_offset" "the bytes do not follow those that are there";
    TooManyTransfers = 123 "too_many_transfers" "as many files are offered or on their way as may be, finish or cancel one first";
    ToYourself = 124 "to_yourself" "a file goes to somebody else";
    BadFile = 125 "bad_file" "the file's name or size breaks a rule";
    NotAllowed = 126 "not_allowed" "that is for others to do here";
    Muted = 127 "muted" "you may only read in that room for now";
    Banned = 128 "banned" "who is banned may not be in that room for now";
    BadKey = 129 "bad_key" "the room has a key, and that is not it";
    CannotJoin = 130 "cannot_join" "the room is closed to you, or only some may make rooms";
    LoginRequired = 131 "login_required" "that name, or this server, needs a login";
    BadLogin = 132 "bad_login" "the name or the password is wrong";
    NoSuchMessage = 133 "no_such_message" "there is no message of that number in the room";
    TokenRevoked = 134 "token_revoked" "that secret of the session was used up, so the session was ended; begin a new one";
    PasswordRequired = 135 "password_required" "this server has a password, say it first";
    WeakPassword = 136 "weak_password" "a password has 8 to 1,024 bytes, choose another";
    AccountExists = 137 "account_exists" "there is an account of that name";
    NothingToDo = 138 "nothing_to_do" "it is like that already";
    SlowDown = 200 "slow_down" "too many asks, wait a little";
    RoomsFull = 201 "rooms_full" "the server has as many rooms as it may hold, try later";
    StorageFull = 202 "storage_full" "the server has no space to keep messages, try again later";
    TransfersFull = 203 "transfers_full" "the server carries as many files as it may, try again later";
    SlowMode = 204 "slow_mode" "the room is in slow mode, wait a little";
    Busy = 205 "busy" "the server has too much to do with that right now, try again in a moment";
    AccountsFull = 206 "accounts_full" "the server has as many accounts as it may hold";
    TooManyLogins = 207 "too_many_logins" "too many wrong passwords, wait a little";
    WhispersFull = 208 "whispers_full" "as many whispers wait for that user as are kept, try again later";
    GoingAway = 300 "going_away" "the server is ending, come back later";
    SlowReader = 301 "slow_reader" "this connection reads too slowly, come back and resume";
    NoAnswer = 302 "no_answer" "the other end stopped answering, come back and resume";
    ServerFull = 303 "server_full" "the server has as many connections as it may hold, come back later";
    AddressLimit = 304 "address_limit" "too many connections from this address, come back later";
    HistoryFailed = 305 "history_failed" "the server could not read its history, come back later";
    FrameTooLarge = 400 "frame_too_large" "a frame is longer than the limit";
    BadFrame = 401 "bad_frame" "the bytes are not the protocol that this connection began with";
    UnsupportedVersion = 402 "unsupported_version" "this server speaks version 1 of the protocol";
    LoginTimeout = 403 "login_timeout" "no name was given in time";
    Replaced = 404 "replaced" "the session goes on over another connection";
    Left = 405 "left" "goodbye";
    WrongProtocol = 406 "wrong_protocol" "this port does not speak that protocol";
    TlsRequired = 407 "tls_required" "everything on this port is encrypted, connect with TLS; for lines: openssl s_client -quiet -connect HOST:PORT";
    BadUtf8 = 408 "bad_utf8" "a message that was sent as text is not UTF-8";
    AccountDisabled = 409 "account_disabled" "this account is disabled, ask who runs the server";
    LoggedOut = 411 "logged_out" "this session was logged out, log in again";
    SessionRevoked = 412 "session_revoked" "a secret of this session came back that was used up, so somebody else may have it; log in again";
}

impl Code {
    /// The stable number.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The code of that number, if this version knows it.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// Its range. Numbers outside the table are judged by range too: see [`Kind::of_number`].
    #[must_use]
    pub fn kind(self) -> Kind {
        Kind::of_number(self.number())
    }
}

impl Kind {
    /// The range a number falls in; what is in none is taken for [`Kind::Closed`].
    #[must_use]
    pub fn of_number(number: u16) -> Kind {
        match number {
            100..=199 => Kind::Refused,
            200..=299 => Kind::RefusedForNow,
            300..=399 => Kind::ClosedComeBack,
            _ => Kind::Closed,
        }
    }

    /// Whether the same thing may work later.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Kind::RefusedForNow | Kind::ClosedComeBack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_are_unique_and_rising() {
        let numbers: BTreeSet<u16> = Code::ALL.iter().map(|c| c.number()).collect();
        let names: BTreeSet<&str> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!((numbers.len(), names.len()), (Code::ALL.len(), Code::ALL.len()));
        assert!(Code::ALL.is_sorted_by_key(|c| c.number()));
        assert!(Code::ALL.iter().all(|c| Code::from_number(c.number()) == Some(*c)));
    }
}
