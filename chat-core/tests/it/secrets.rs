//! Secrets under every order of resumes: who is alone never loses a session, and two never share one for long.

use chat_core::{
    Chat, Code, Command, Config, Event, NodeId, Seq, SessionId, Sink, Stamp, Timestamp, TokenHash,
};
use proptest::prelude::*;

use crate::story::token;

/// What a hello came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Resumed,
    Revoked,
    /// To a new session, or to none.
    Elsewhere,
}

#[derive(Default)]
struct Told(Option<Came>);

impl Sink for Told {
    fn deliver(&mut self, _: Stamp, event: &Event, to: chat_core::Audience<'_>) {
        match event {
            Event::Attached { resumed, .. } => {
                self.0 = Some(if *resumed { Came::Resumed } else { Came::Elsewhere });
            }
            Event::Refused(refusal) if to.asker.is_none() => {
                assert_eq!(refusal.code, Code::TokenRevoked.number());
                self.0 = Some(Came::Revoked);
            }
            _ => {}
        }
    }
}

/// A chat in which attachment `n` is told the secret `n`.
struct Server {
    chat: Chat,
    attachments: u64,
}

impl Server {
    fn new() -> Server {
        let mut server =
            Server { chat: Chat::new(Config { spent_secrets: 100, ..Config::default() }), attachments: 0 };
        assert_eq!(server.hello(None), (Came::Elsewhere, 1));
        server
    }

    /// What becomes of it, and the secret that the welcome tells.
    fn hello(&mut self, resume: Option<u64>) -> (Came, u64) {
        self.attachments += 1;
        let n = self.attachments;
        let resume: Option<TokenHash> = resume.map(token);
        let session = SessionId::new(NodeId(0), n);
        let attach = Command::Attach { session, name: "alice".into(), token: token(n), resume };
        let mut told = Told::default();
        let stamp = Stamp { seq: Seq(n), at: Timestamp(n) };
        let _ = self.chat.apply(stamp, &attach, &mut told);
        (told.0.unwrap_or(Came::Elsewhere), n)
    }
}

/// One who has a copy of the session's secret.
#[derive(Clone, Copy, Debug)]
struct Holder {
    secret: u64,
    /// Whether that was told to this holder alone.
    is_own: bool,
    /// Whether the other has used a secret of its own since.
    is_out: bool,
}

proptest! {
    /// A hello may come late, after others of the same client, and any welcome may be lost; but no hello comes later than
    /// one that says that a later secret has arrived.
    #[test]
    fn whoever_is_alone_never_loses_the_session(steps in proptest::collection::vec(0..4_u8, 0..40)) {
        let mut server = Server::new();
        let (mut secret, mut on_their_way) = (1, 0);
        for step in steps {
            match step {
                // Says hello, and gives up waiting.
                0 => on_their_way += 1,
                // One of those comes after all, and its welcome arrives nowhere.
                1 if on_their_way > 0 => {
                    on_their_way -= 1;
                    prop_assert_eq!(server.hello(Some(secret)).0, Came::Resumed);
                }
                // Says hello, and is lost on the way back.
                2 => prop_assert_eq!(server.hello(Some(secret)).0, Came::Resumed),
                _ => {
                    let (came, next) = server.hello(Some(secret));
                    prop_assert_eq!(came, Came::Resumed);
                    while on_their_way > 0 {
                        on_their_way -= 1;
                        prop_assert_eq!(server.hello(Some(secret)).0, Came::Resumed);
                    }
                    secret = next;
                }
            }
        }
    }

    /// Of two who have one secret, whoever comes back after the other has used a secret of its own ends it for both.
    #[test]
    fn two_who_have_one_secret_do_not_both_keep_the_session(
        before in 0..5_u64,
        steps in proptest::collection::vec((0..2_usize, any::<bool>()), 0..40),
    ) {
        let mut server = Server::new();
        for secret in 1..=before {
            prop_assert_eq!(server.hello(Some(secret)), (Came::Resumed, secret + 1));
        }
        let mut holders = [Holder { secret: before + 1, is_own: false, is_out: false }; 2];
        for (who, is_lost) in steps {
            let Holder { secret, is_own, is_out } = holders[who];
            let (came, next) = server.hello(Some(secret));
            if is_out {
                prop_assert_eq!(came, Came::Revoked);
                for holder in holders {
                    prop_assert_ne!(server.hello(Some(holder.secret)).0, Came::Resumed);
                }
                return Ok(());
            }
            prop_assert_eq!(came, Came::Resumed);
            holders[1 - who].is_out |= is_own;
            if !is_lost {
                (holders[who].secret, holders[who].is_own) = (next, true);
            }
        }
    }
}
