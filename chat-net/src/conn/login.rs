//! Logins, accounts, and the gate: what the edge checks before the engine hears of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use chat_core::{AccountAct, AccountInfo, Ask, Code, PasswordHash, Refusal, Rejection, RequestId, printable};
use tokio::sync::oneshot;

use super::reader::{End, Reader};
use crate::auth::{self, Attempt, AuthenticateChoice, Denied, Fault, Judgement, Proof};
use crate::codec::{FromServer, Hello, Secret};
use crate::engine::Input;
use crate::identity::{Act, By, Whose};
use crate::notice;

/// Why somebody does not get what they wanted.
#[derive(Debug)]
pub(super) enum Stop {
    /// They are told so.
    Refused(Refusal),
    /// The connection ends.
    End(End),
}

impl From<End> for Stop {
    fn from(end: End) -> Stop {
        Stop::End(end)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

/// How long a client is told to wait when the server is busy: about as long as all that wait take.
const BUSY_MS: u64 = 2_000;

impl Reader {
    pub(super) fn is_locked(&self) -> bool {
        !self.caller.is_unlocked
    }

    /// Takes the server's own password.
    pub(super) async fn unlock(&mut self, password: &Secret) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            let outcome = self.try_unlock(password);
            self.conclude(RequestId::NONE, outcome)?;
        }
        Ok(())
    }

    pub(super) fn try_unlock(&mut self, password: &Secret) -> Result<(), Stop> {
        let policy = Arc::clone(&self.shared.policy);
        let caller = &mut self.caller;
        if caller.is_unlocked {
            return Ok(());
        }
        // There is no account to count by, so that no address is exempt.
        let address = caller.counted.or(caller.address);
        let attempt = policy.attempts.begin(None, address).map_err(too_many)?;
        if !policy.is_password(password) {
            let message = "that is not the server's password, try again";
            return Err(notice::refusal_saying(Code::PasswordRequired, message, None).into());
        }
        attempt.succeeded();
        caller.is_unlocked = true;
        Ok(())
    }

    pub(super) async fn login_frame(&mut self, hello: Hello, password: Secret) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            let outcome = Box::pin(self.log_in(hello, password)).await;
            self.told_unless_done(RequestId::NONE, outcome)?;
        }
        Ok(())
    }

    pub(super) async fn register_frame(&mut self, hello: Hello, password: Secret) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            let outcome = Box::pin(self.register(hello, password)).await;
            self.told_unless_done(RequestId::NONE, outcome)?;
        }
        Ok(())
    }

    pub(super) async fn password_frame(
        &mut self,
        id: RequestId,
        old: Secret,
        new: Secret,
    ) -> Result<(), End> {
        if self.may_ask(id).await? && self.paced(id, 1).await? {
            let outcome = Box::pin(self.change_password(old, new)).await;
            self.conclude(id, outcome)?;
        }
        Ok(())
    }

    pub(super) async fn log_out_frame(&mut self, id: RequestId) -> Result<(), End> {
        if self.may_ask(id).await? && self.paced(id, 1).await? {
            let outcome = Box::pin(self.log_out_everywhere()).await;
            self.conclude(id, outcome)?;
        }
        Ok(())
    }

    /// Tells what became of it.
    fn conclude(&mut self, re: RequestId, outcome: Result<(), Stop>) -> Result<(), End> {
        let is_done = outcome.is_ok();
        self.told_unless_done(re, outcome)?;
        if is_done {
            let mut bytes = BytesMut::new();
            self.outbox.form.encode(&FromServer::Done { re }, false, &mut bytes);
            self.tell(bytes);
        }
        Ok(())
    }

    /// Tells why it was refused, if it was.
    pub(super) fn told_unless_done(&mut self, re: RequestId, outcome: Result<(), Stop>) -> Result<(), End> {
        match outcome {
            Ok(()) => Ok(()),
            Err(Stop::End(end)) => Err(end),
            Err(Stop::Refused(refusal)) => {
                self.tell_refused(re, refusal);
                Ok(())
            }
        }
    }

    /// Comes in as an account. `Ok` also if the engine refused it, which has been told.
    pub(super) async fn log_in(&mut self, hello: Hello, password: Secret) -> Result<(), Stop> {
        self.may_come()?;
        let attempt = self.attempt(Some(&hello.name))?;
        let by = match self.shared.policy.authenticate() {
            Some(choice) => self.identified(&choice, &hello.name, password, attempt).await?,
            None => self.proved(&hello.name, password, attempt).await?,
        };
        self.attach_account(hello, by).await
    }

    async fn attach_account(&mut self, hello: Hello, by: By) -> Result<(), Stop> {
        // What would go on with a session is not looked at: that is what a hello is for.
        let hello = Hello { name: hello.name, rooms: hello.rooms, ..Hello::default() };
        let _told = self.attach(hello, by).await?;
        Ok(())
    }

    /// Whether a login is taken here, now.
    fn may_come(&self) -> Result<(), Refusal> {
        if self.is_locked() {
            return Err(notice::refusal(Code::PasswordRequired));
        }
        match self.shared.policy.has_accounts() {
            true => Ok(()),
            false => Err(no_accounts("there are no accounts on this server, say hello with a name")),
        }
    }

    fn attempt(&self, name: Option<&str>) -> Result<Attempt, Refusal> {
        self.shared.policy.attempts.begin(name, self.caller.counted).map_err(too_many)
    }

    /// Asks the embedder who it is; makes the account of one who is new.
    async fn identified(
        &mut self,
        choice: &AuthenticateChoice,
        name: &Arc<str>,
        secret: Secret,
        attempt: Attempt,
    ) -> Result<By, Stop> {
        let address = self.caller.address;
        let proof = Proof { name: Arc::clone(name), secret, address };
        let identity = match auth::ask(self.shared.policy.patience, || choice.0.authenticate(proof)).await {
            Ok(Ok(identity)) => identity,
            Ok(Err(Denied::Wrong)) => return Err(notice::refusal(Code::BadLogin).into()),
            Ok(Err(Denied::Refused(sentence))) => {
                attempt.unjudged();
                return Err(not_allowed(&sentence).into());
            }
            Ok(Err(Denied::Later)) => {
                attempt.unjudged();
                return Err(busy().into());
            }
            Err(fault) => {
                attempt.unjudged();
                return Err(no_answer("authentication", fault).into());
            }
        };
        attempt.succeeded();
        let auth::Identity { name, is_operator } = identity;
        let known = self.look(Whose::Named(Arc::clone(&name))).await?;
        if known.is_none() {
            let made = self.act_as_server(AccountAct::Register { name: Arc::clone(&name), password: None });
            match made.await {
                // By another device of it that comes for the first time, too.
                Err(Stop::Refused(refusal)) if refusal.code == Code::AccountExists.number() => {}
                made => made?,
            }
        }
        if known.is_some_and(|known| known.is_operator) != is_operator {
            self.act_as_server(AccountAct::SetOperator { name: Arc::clone(&name), is_operator }).await?;
        }
        Ok(By::Login { account: name, proved: None })
    }

    /// Checks a password against the one that is kept. Whether there is such an account does not show.
    #[cfg(feature = "accounts")]
    async fn proved(&mut self, name: &Arc<str>, password: Secret, attempt: Attempt) -> Result<By, Stop> {
        let hash = self.look(Whose::Named(Arc::clone(name))).await?.and_then(|known| known.password);
        match self.shared.policy.pool.verify(password, hash.clone()).await {
            Ok(true) => {
                attempt.succeeded();
                Ok(By::Login { account: Arc::clone(name), proved: hash })
            }
            Ok(false) => Err(notice::refusal(Code::BadLogin).into()),
            Err(error) => {
                attempt.unjudged();
                Err(not_hashed(error).into())
            }
        }
    }

    #[cfg(not(feature = "accounts"))]
    async fn proved(&mut self, _: &Arc<str>, _: Secret, attempt: Attempt) -> Result<By, Stop> {
        attempt.unjudged();
        Err(no_accounts(ELSEWHERE).into())
    }

    /// Makes an account and comes in as it.
    #[cfg(feature = "accounts")]
    pub(super) async fn register(&mut self, hello: Hello, password: Secret) -> Result<(), Stop> {
        self.may_register(&hello.name)?;
        let counted = self.caller.counted;
        // Not given back when it is done: so many accounts an hour, and no more.
        let attempt = self.shared.policy.registrations.begin(None, counted).map_err(too_many_made)?;
        if self.look(Whose::Named(Arc::clone(&hello.name))).await?.is_some() {
            return Err(notice::refusal(Code::AccountExists).into());
        }
        let hash = match self.shared.policy.pool.hash(password).await {
            Ok(hash) => hash,
            Err(error) => {
                attempt.unjudged();
                return Err(not_hashed(error).into());
            }
        };
        let account = Arc::clone(&hello.name);
        let password = Some(hash.clone());
        self.act_as_server(AccountAct::Register { name: Arc::clone(&account), password }).await?;
        self.attach_account(hello, By::Login { account, proved: Some(hash) }).await
    }

    #[cfg(not(feature = "accounts"))]
    pub(super) async fn register(&mut self, hello: Hello, _: Secret) -> Result<(), Stop> {
        Ok(self.may_register(&hello.name)?)
    }

    /// Whether an account of that name may be made here, as far as that is known before anybody is asked.
    pub(super) fn may_register(&self, name: &str) -> Result<(), Refusal> {
        self.may_come()?;
        let policy = &self.shared.policy;
        if !policy.keeps_passwords() {
            return Err(no_accounts(ELSEWHERE));
        }
        if !policy.takes_registrations() {
            return Err(not_allowed("accounts are made by whoever runs this server, ask there"));
        }
        match policy.reserved(name) {
            Some(name) => Err(Refusal::from(&Rejection::NameReserved { name: name.clone() })),
            None => Ok(()),
        }
    }

    /// Changes the password of one's own account.
    pub(super) async fn change_password(&mut self, old: Secret, new: Secret) -> Result<(), Stop> {
        let proved = self.prove_own(old).await?;
        self.set_own(proved, new).await
    }

    /// Whether one has an account here whose password can be changed.
    pub(super) async fn may_change(&mut self) -> Result<AccountInfo, Stop> {
        let own = self.own_account().await?;
        match self.shared.policy.keeps_passwords() {
            true => Ok(own),
            false => Err(no_accounts(ELSEWHERE).into()),
        }
    }

    /// Checks one's password so far; what is kept of it, if it was right.
    #[cfg(feature = "accounts")]
    pub(super) async fn prove_own(&mut self, old: Secret) -> Result<Option<PasswordHash>, Stop> {
        let own = self.may_change().await?;
        // Counted apart from logins, so that nobody outside can keep somebody who is in from it.
        let attempt = self.shared.policy.changes.begin(Some(own.name.as_str()), None).map_err(too_many)?;
        match self.shared.policy.pool.verify(old, own.password.clone()).await {
            Ok(true) => {
                attempt.succeeded();
                Ok(own.password)
            }
            Ok(false) => {
                let message = "that is not your password so far, try again";
                Err(notice::refusal_saying(Code::BadLogin, message, None).into())
            }
            Err(error) => {
                attempt.unjudged();
                Err(not_hashed(error).into())
            }
        }
    }

    #[cfg(not(feature = "accounts"))]
    pub(super) async fn prove_own(&mut self, _: Secret) -> Result<Option<PasswordHash>, Stop> {
        self.may_change().await.map(|own| own.password)
    }

    /// Sets another password, if the one that was proved is still that of the account.
    #[cfg(feature = "accounts")]
    pub(super) async fn set_own(&mut self, proved: Option<PasswordHash>, new: Secret) -> Result<(), Stop> {
        let password = Some(self.shared.policy.pool.hash(new).await.map_err(not_hashed)?);
        let own = self.may_change().await?;
        if own.password != proved {
            let message = "your password was changed meanwhile, begin again";
            return Err(notice::refusal_saying(Code::BadLogin, message, None).into());
        }
        let act = AccountAct::SetPassword { name: own.name.as_str().into(), password };
        self.act(Some(self.session), act).await
    }

    #[cfg(not(feature = "accounts"))]
    pub(super) async fn set_own(&mut self, _: Option<PasswordHash>, _: Secret) -> Result<(), Stop> {
        self.may_change().await.map(drop)
    }

    /// Whether that may be a new password.
    #[cfg(feature = "accounts")]
    pub(super) fn check_new(password: &Secret) -> Result<(), Stop> {
        Ok(auth::check(password).map_err(|error| not_hashed(auth::PoolError::Hash(error)))?)
    }

    #[cfg(not(feature = "accounts"))]
    pub(super) fn check_new(_: &Secret) -> Result<(), Stop> {
        Err(no_accounts(ELSEWHERE).into())
    }

    /// Ends the other sessions of one's own account.
    pub(super) async fn log_out_everywhere(&mut self) -> Result<(), Stop> {
        let own = self.own_account().await?;
        let (name, except) = (own.name.as_str().into(), Some(self.session));
        self.act(except, AccountAct::LogOutEverywhere { name, except }).await
    }

    pub(super) async fn own_account(&mut self) -> Result<AccountInfo, Stop> {
        let message = "you are here without an account, log in first";
        let none = || notice::refusal_saying(Code::LoginRequired, message, None);
        Ok(self.look(Whose::Session(self.session)).await?.ok_or_else(none)?)
    }

    async fn look(&mut self, whose: Whose) -> Result<Option<AccountInfo>, End> {
        self.hand_over().await?;
        let (reply, answer) = oneshot::channel();
        self.send(Input::Look { whose, reply }).await?;
        answer.await.map_err(|_| End::Closed(Code::GoingAway))
    }

    async fn act_as_server(&mut self, act: AccountAct) -> Result<(), Stop> {
        self.act(None, act).await
    }

    async fn act(&mut self, by: Option<chat_core::SessionId>, act: AccountAct) -> Result<(), Stop> {
        let (reply, verdict) = oneshot::channel();
        self.send(Input::Act(Box::new(Act { by, act, reply }))).await?;
        Ok(verdict.await.map_err(|_| End::Closed(Code::GoingAway))??)
    }

    /// Asks the gate about an ask.
    pub(super) async fn judge(&self, ask: Ask) -> Result<Ask, Refusal> {
        let Some(gate) = self.shared.policy.gate() else { return Ok(ask) };
        let asker = self.caller.asker();
        match auth::ask(self.shared.policy.patience, || gate.0.judge(&asker, ask)).await {
            Ok(Judgement::Allow(ask)) => Ok(ask),
            Ok(Judgement::Refuse(sentence)) => Err(not_allowed(&sentence)),
            Err(fault) => Err(no_answer("gate", fault)),
        }
    }
}

const ELSEWHERE: &str = "this server keeps no passwords: accounts are made, and proofs changed, elsewhere";

fn no_accounts(message: &str) -> Refusal {
    notice::refusal_saying(Code::UnknownAsk, message, None)
}

fn not_allowed(sentence: &str) -> Refusal {
    notice::refusal_saying(Code::NotAllowed, &printable(sentence), None)
}

fn busy() -> Refusal {
    notice::refusal_saying(Code::Busy, Code::Busy.sentence(), Some(BUSY_MS))
}

fn no_answer(what: &'static str, fault: Fault) -> Refusal {
    tracing::error!(what, ?fault, "a hook of this server's program gave no answer");
    busy()
}

fn too_many(wait: Duration) -> Refusal {
    notice::come_later("too many wrong passwords", wait)
}

#[cfg(feature = "accounts")]
fn too_many_made(wait: Duration) -> Refusal {
    notice::come_later("too many accounts were made from this address", wait)
}

#[cfg(feature = "accounts")]
fn not_hashed(error: auth::PoolError) -> Refusal {
    match error {
        auth::PoolError::Hash(error @ auth::HashError::Length) => {
            notice::refusal_saying(Code::WeakPassword, &error.to_string(), None)
        }
        auth::PoolError::Busy => busy(),
        auth::PoolError::Hash(_) => {
            tracing::error!("the system gives no random bytes, or no memory, to keep a password");
            busy()
        }
    }
}

#[cfg(all(test, feature = "accounts"))]
mod tests {
    use super::*;
    use crate::Server;
    use crate::auth::Accounts;
    use crate::client::{Client, Options};

    #[tokio::test]
    async fn an_unknown_name_costs_as_much_work_as_a_known_one() {
        let builder = Server::builder().listen("127.0.0.1:0").accounts(Accounts::Optional);
        let server = builder.start().await.unwrap();
        let password = Some(auth::hash(&"correct horse".into()).unwrap());
        server.account(AccountAct::Register { name: "alice".into(), password }).await.unwrap();
        for (name, hashed) in [("alice", 1), ("nobody", 2)] {
            let options = Options::named(name).password("correct house");
            let error = Client::connect(server.local_addrs()[0], options).await.unwrap_err();
            assert_eq!(error.code(), Some(Code::BadLogin.number()));
            assert_eq!(server.hashed().await, hashed, "{name}");
        }
    }
}
