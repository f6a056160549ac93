//! What goes in: `Ask` is all a client can want changed, `Command` is all the log carries.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::PasswordHash;
use crate::config::Config;
use crate::id::{Epoch, NodeId, Number, RequestId, SessionId, TransferId};
use crate::key::RoomKey;
use crate::name::UserName;
use crate::rejection::Rejection;
use crate::roles::{ModeChange, Role};
use crate::text::Body;
use crate::transfer::{EndReason, FileHash, PauseReason};

/// Something a client wants changed. Names and texts are as the client wrote them: the core judges them, so
/// that every codec gives the same answer.
///
/// In JSON the `type` field holds the variant's name in small letters. Variants and fields are added at the
/// end, never reordered: their places are the binary form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Ask {
    /// Become a member of a room; it is made if there is none. A member already: the current state again.
    /// Answered by [`Event::Members`](crate::Event::Members).
    Join {
        /// The room's name, with or without `#`.
        room: Arc<str>,
        /// Where this client's copy of the room ends, if it has one: what came after is sent instead of the
        /// last messages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Since>,
    },
    /// Stop being a member. Not a member: answered all the same, and nobody is told.
    /// Answered by [`Event::Left`](crate::Event::Left).
    Leave {
        /// The room's name.
        room: Arc<str>,
    },
    /// Say something in a room one is a member of. Answered by [`Event::Said`](crate::Event::Said).
    Say {
        /// The room's name.
        room: Arc<str>,
        /// The message.
        body: Arc<str>,
    },
    /// Say something to one user. Answered by [`Event::Whispered`](crate::Event::Whispered).
    Whisper {
        /// The user's name.
        to: Arc<str>,
        /// The message.
        body: Arc<str>,
    },
    /// Set a room's topic, or clear it with an empty one.
    /// Answered by [`Event::TopicChanged`](crate::Event::TopicChanged).
    Topic {
        /// The room's name.
        room: Arc<str>,
        /// The new topic; empty clears it.
        topic: Arc<str>,
    },
    /// Offer a file to a user or a room. Answered by [`Event::Offered`](crate::Event::Offered).
    Offer {
        /// To whom.
        #[serde(flatten)]
        to: Recipient,
        /// The file's name, without any folder.
        name: Arc<str>,
        /// Its size in bytes.
        size: u64,
        /// Its hash, if it is known; else it is told later, with [`Ask::Hash`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<FileHash>,
        /// Bytes in one chunk, as the sender would have it; zero: as the server would.
        #[serde(default)]
        chunk_bytes: u32,
    },
    /// Take an offered file, from an offset; after a break again, from where it broke off. What one gave up in a room can be
    /// taken after all while it is offered.
    /// Answered by [`Event::Accepted`](crate::Event::Accepted).
    Accept {
        /// Which.
        transfer: TransferId,
        /// So many bytes are there already.
        #[serde(default)]
        from: u64,
        /// The hash of those bytes, for the sender to compare.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<FileHash>,
    },
    /// Not take an offered file, or not any more. Answered by [`Event::Declined`](crate::Event::Declined).
    Decline {
        /// Which.
        transfer: TransferId,
    },
    /// Pause one's own copy: [`Ask::Accept`] goes on with it. Answered by [`Event::Paused`](crate::Event::Paused).
    Pause {
        /// Which.
        transfer: TransferId,
        /// Why. `lost` and `silent` are the server's to say, and count as `asked`.
        why: PauseReason,
    },
    /// Tell the hash of the whole file, by its sender. Answered by [`Event::Hashed`](crate::Event::Hashed).
    Hash {
        /// Which.
        transfer: TransferId,
        /// The hash.
        hash: FileHash,
    },
    /// Say that all is there and has the hash that the sender told.
    /// Answered by [`Event::Finished`](crate::Event::Finished).
    Finish {
        /// Which.
        transfer: TransferId,
    },
    /// Call off: by a receiver its own copy, by the sender that of `user`, or the whole. Answered by
    /// [`Event::Cancelled`](crate::Event::Cancelled) for a copy, [`Event::Closed`](crate::Event::Closed) for the whole.
    Cancel {
        /// Which.
        transfer: TransferId,
        /// Whose copy, if the sender asks; none: the whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<Arc<str>>,
        /// Why. `expired`, `left` and `gone` are the server's to say, and count as `cancelled`.
        why: EndReason,
    },
    /// [Join](Ask::Join) a room that has a key. Whoever is a member, invited, or more than a member needs none.
    /// Answered by [`Event::Members`](crate::Event::Members).
    Enter {
        /// The room's name, with or without `#`.
        room: Arc<str>,
        /// The key. It never gets into the log: see [`Ask::seal`].
        key: RoomKey,
        /// As in [`Ask::Join`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Since>,
    },
    /// Give a user a role in a room, or lower oneself. Answered by [`Event::RoleChanged`](crate::Event::RoleChanged).
    SetRole {
        /// The room's name.
        room: Arc<str>,
        /// Who gets it.
        user: Arc<str>,
        /// Which.
        role: Role,
    },
    /// Put a user out of a room, who may come back. Answered by [`Event::Kicked`](crate::Event::Kicked).
    Kick {
        /// The room's name.
        room: Arc<str>,
        /// Who is put out.
        user: Arc<str>,
        /// Why; not longer than a topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Arc<str>>,
    },
    /// Keep a user out of a room; a role and an invitation there are lost.
    /// Answered by [`Event::Restricted`](crate::Event::Restricted).
    Ban {
        /// The room's name.
        room: Arc<str>,
        /// Who is kept out.
        user: Arc<str>,
        /// For how long; none: until it is lifted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_ms: Option<u64>,
        /// Why; not longer than a topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Arc<str>>,
    },
    /// Let a user come in again. Answered by [`Event::Lifted`](crate::Event::Lifted).
    Unban {
        /// The room's name.
        room: Arc<str>,
        /// Who.
        user: Arc<str>,
    },
    /// Keep a user from talking in a room. Answered by [`Event::Restricted`](crate::Event::Restricted).
    Mute {
        /// The room's name.
        room: Arc<str>,
        /// Who.
        user: Arc<str>,
        /// For how long; none: until it is lifted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_ms: Option<u64>,
        /// Why; not longer than a topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Arc<str>>,
    },
    /// Let a user talk again. Answered by [`Event::Lifted`](crate::Event::Lifted).
    Unmute {
        /// The room's name.
        room: Arc<str>,
        /// Who.
        user: Arc<str>,
    },
    /// Ask a user in: who is invited needs no key. Answered by [`Event::Invited`](crate::Event::Invited).
    Invite {
        /// The room's name.
        room: Arc<str>,
        /// Who.
        user: Arc<str>,
    },
    /// Change how a room is run. Answered by [`Event::ModesChanged`](crate::Event::ModesChanged).
    SetModes {
        /// The room's name.
        room: Arc<str>,
        /// What to change.
        modes: ModeChange,
    },
    /// Take a message out of a room's history; its number stays. Answered by
    /// [`Event::Deleted`](crate::Event::Deleted).
    ///
    /// The core keeps no messages: the edge looks up who said it and submits [`Command::Delete`]. Without that, nobody
    /// said it, and it is refused `no_such_message`.
    Delete {
        /// The room's name.
        room: Arc<str>,
        /// The message's number.
        number: Number,
    },
}

impl Ask {
    /// The same ask with another text in place of a room's key, if it has one; `None` if it has none. To be called
    /// at the edge, with a function that hashes room and key: the core only compares, and the log never has the key.
    ///
    /// ```
    /// use chat_core::{Ask, Config};
    /// let ask = Ask::Enter { room: "#Den".into(), key: "sesame".into(), since: None };
    /// let sealed = ask.seal(&Config::default(), |room, key| format!("{room}+{key}").into())?;
    /// assert_eq!(sealed, Some(Ask::Enter { room: "#Den".into(), key: "den+sesame".into(), since: None }));
    /// # Ok::<(), chat_core::Rejection>(())
    /// ```
    ///
    /// # Errors
    /// What the room's name or the key breaks: a key is a text of at most `key_bytes`. Removing a key is no key.
    pub fn seal(
        &self,
        config: &Config,
        seal: impl FnOnce(&str, &str) -> Arc<str>,
    ) -> Result<Option<Ask>, Rejection> {
        let mut sealed = self.clone();
        let (room, key) = match &mut sealed {
            Ask::Enter { room, key, .. } => (room, key),
            Ask::SetModes { room, modes: ModeChange { key: Some(key), .. } } if !key.is_empty() => {
                (room, key)
            }
            _ => return Ok(None),
        };
        let room = config.room_name(room)?.as_str().to_ascii_lowercase();
        *key = seal(&room, Body::new(key.text(), config.key_bytes)?.as_str()).into();
        Ok(Some(sealed))
    }
}

/// To whom a file is to be offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub enum Recipient {
    /// To the user of this name.
    #[serde(rename = "to")]
    User(Arc<str>),
    /// To the room of this name.
    #[serde(rename = "room")]
    Room(Arc<str>),
}

/// Where a client's copy of a room ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Since {
    /// The numbering it was in.
    pub epoch: Epoch,
    /// The last number it has; zero for none.
    pub number: Number,
}

/// The hash of a session's secret. The secret is made, sent and hashed at the edge; the log never holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// For a session whose user has no secret to come back with: a line client. It cannot be resumed, so it ends
    /// when its connection does.
    ///
    /// No secret has this hash: its first 192 bits are zero.
    #[must_use]
    pub fn of_no_secret(session: SessionId) -> TokenHash {
        let mut hash = [0; 32];
        hash[24..].copy_from_slice(&session.as_u64().to_be_bytes());
        TokenHash(hash)
    }

    /// Whether somebody may have the secret.
    #[must_use]
    pub fn can_resume(&self) -> bool {
        self.0[..24] != [0; 24]
    }
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Detach {
    /// The user said goodbye: a leave, at once.
    Quit,
    /// The connection broke: the session lingers, if it can be resumed.
    Drop,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A session asks for a change.
    Ask {
        /// Who asks.
        from: SessionId,
        /// What the client calls this ask.
        request: RequestId,
        /// What it wants.
        ask: Ask,
    },
    /// A connection presents a name, and perhaps the secret of a session to go on with.
    Attach {
        /// The new attachment's id; never used before.
        session: SessionId,
        /// The name it wants. Not looked at when a session is resumed.
        name: Arc<str>,
        /// The hash of a new secret, that resumes this session later: the first of one that is begun, the next of one
        /// that is resumed.
        token: TokenHash,
        /// The hash of the secret of the session to resume. If there is none, a new one is begun.
        resume: Option<TokenHash>,
    },
    /// A session's connection ended.
    Detach {
        /// Whose.
        session: SessionId,
        /// How.
        why: Detach,
    },
    /// A node came up: the connections of sessions it held in an earlier life are broken.
    NodeUp {
        /// Which.
        node: NodeId,
    },
    /// A node is gone with all its connections.
    NodeDown {
        /// Which.
        node: NodeId,
    },
    /// A receiver has acknowledged so much. Told now and then, not for every chunk.
    Progress {
        /// Of which transfer.
        transfer: TransferId,
        /// Whose copy.
        session: SessionId,
        /// So many bytes are there.
        offset: u64,
    },
    /// A receiver or the sender of a transfer has been silent for too long: the copies that wait for it pause.
    Stall {
        /// Which transfer.
        transfer: TransferId,
        /// Who is silent.
        session: SessionId,
    },
    /// Time passed; what is due happens. See [`Chat::next_deadline`](crate::Chat::next_deadline).
    Tick,
    /// A connection is one of an account: who it is was checked at the edge.
    LogIn {
        /// The new attachment's id; never used before.
        session: SessionId,
        /// The account's name.
        account: Arc<str>,
        /// The hash of the secret that resumes this session later.
        token: TokenHash,
    },
    /// Something is done about an account.
    Account {
        /// The session that wants it; none: the server itself.
        by: Option<SessionId>,
        /// What.
        act: AccountAct,
    },
    /// A session asks for [`Ask::Delete`], and the store was asked who said it.
    Delete {
        /// Who asks.
        from: SessionId,
        /// What the client calls this ask.
        request: RequestId,
        /// The room's name, as the client wrote it.
        room: Arc<str>,
        /// The message's number.
        number: Number,
        /// Who said it; none: there is no such message, or it is removed already.
        author: Option<UserName>,
    },
}

/// What is done about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum AccountAct {
    /// There is one of this name from now on. Refused while somebody is here under it.
    Register {
        /// Its name; a reserved one may be an account's.
        name: Arc<str>,
        /// What its password is checked against; none: nobody logs in by a password.
        password: Option<PasswordHash>,
    },
    /// It has another password. All its sessions but the one that wants it end.
    SetPassword {
        /// Its name.
        name: Arc<str>,
        /// What the new one is checked against; none: nobody logs in by a password.
        password: Option<PasswordHash>,
    },
    /// Its sessions are those of an operator, or are not any more.
    SetOperator {
        /// Its name.
        name: Arc<str>,
        /// Whether they are.
        is_operator: bool,
    },
    /// Nobody may log in as it, and all its sessions end; or somebody may again.
    SetDisabled {
        /// Its name.
        name: Arc<str>,
        /// Whether nobody may.
        is_disabled: bool,
    },
    /// All its sessions end, but for one.
    LogOutEverywhere {
        /// Its name.
        name: Arc<str>,
        /// The one that goes on.
        except: Option<SessionId>,
    },
}

impl AccountAct {
    /// The account's name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            AccountAct::Register { name, .. }
            | AccountAct::SetPassword { name, .. }
            | AccountAct::SetOperator { name, .. }
            | AccountAct::SetDisabled { name, .. }
            | AccountAct::LogOutEverywhere { name, .. } => name,
        }
    }
}
