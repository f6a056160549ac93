//! The engine's part in who is who: logins that the edge has checked, and what is done about accounts.

use std::sync::Arc;

use chat_core::{AccountAct, AccountInfo, Code, Command, PasswordHash, Refusal, Rejection, SessionId};
use tokio::sync::oneshot;

use crate::batch::Item;
use crate::engine::{Connect, Engine};
use crate::log::Log;
use crate::notice;
use crate::table::Joining;

/// Whose account.
#[derive(Debug)]
pub(crate) enum Whose {
    /// The one of this name.
    Named(Arc<str>),
    /// The one that this session is of.
    Session(SessionId),
}

/// Something to be done about an account, and who waits for it: the answer comes when it is kept.
#[derive(Debug)]
pub(crate) struct Act {
    /// None: the server itself.
    pub(crate) by: Option<SessionId>,
    pub(crate) act: AccountAct,
    pub(crate) reply: oneshot::Sender<Result<(), Refusal>>,
}

/// What a connection comes by.
#[derive(Debug)]
pub(crate) enum By {
    /// A name, or the secret of a session.
    Name,
    /// The same of a program of this process, which needs no login.
    House,
    /// A login: who it is was checked, by this hash if by a password.
    Login { account: Arc<str>, proved: Option<PasswordHash> },
}

/// What a connection is told of the session that it has now.
#[derive(Clone, Debug)]
pub(crate) struct Entered {
    pub(crate) user: Arc<str>,
    pub(crate) resumed: bool,
}

/// What is to be done about an account, and who is told when it is done.
pub(crate) type Waiting = (AccountAct, oneshot::Sender<Result<(), Refusal>>);

impl<L: Log> Engine<L> {
    pub(crate) fn connect(&mut self, connect: Connect) {
        let Connect { session, outbox, hello, by, token, token_hash, resume_hash, verdict } = connect;
        let name = Arc::clone(&hello.name);
        self.table.insert(session, outbox, Joining { hello, token, verdict });
        let resumes = resume_hash.is_some_and(|hash| self.chat.has_secret(&hash));
        let account = match by {
            By::Login { account, proved: Some(proved) } if !self.is_password_of(&account, &proved) => {
                return self.turn_away(session, &Rejection::BadLogin);
            }
            By::Login { account, .. } => Some(account),
            // Where only accounts get in, a secret that nobody knows any more would count as a guest's.
            By::House if !resumes && self.chat.account(&name).is_some() => Some(Arc::clone(&name)),
            By::House | By::Name => None,
        };
        self.log.submit(match account {
            Some(account) => Command::LogIn { session, account, token: token_hash },
            None => Command::Attach { session, name, token: token_hash, resume: resume_hash },
        });
    }

    /// Whether a password that was right a moment ago still is.
    fn is_password_of(&self, account: &str, proved: &PasswordHash) -> bool {
        self.chat.account(account).is_some_and(|account| account.password.as_ref() == Some(proved))
    }

    pub(crate) fn act(&mut self, Act { by, act, reply }: Act) {
        if matches!(act, AccountAct::Register { .. }) && !self.parts.store.has_space() {
            let verdict = Err(notice::refusal(Code::StorageFull));
            return self.fan_out.push(Item::Verdict { to: reply, verdict });
        }
        self.acts.push((act.clone(), reply));
        self.log.submit(Command::Account { by, act });
    }

    /// What was to be done about an account is done, or refused: whoever waits is told when it is kept.
    pub(crate) fn acted(&mut self, act: &AccountAct, verdict: Result<(), Rejection>) {
        let Some(at) = self.acts.iter().position(|(waiting, _)| waiting == act) else { return };
        let (_, to) = self.acts.remove(at);
        let verdict = verdict.map_err(|rejection| Refusal::from(&rejection));
        self.fan_out.push(Item::Verdict { to, verdict });
    }

    /// Tells what there is to know of an account.
    pub(crate) fn look(&self, whose: &Whose, reply: oneshot::Sender<Option<AccountInfo>>) {
        let account = match whose {
            Whose::Named(name) => self.chat.account(name),
            Whose::Session(id) => self.chat.user(*id).and_then(|user| self.chat.account(user.as_str())),
        };
        // A reader that is gone needs no answer.
        let _ = reply.send(account);
    }
}
