//! Accounts: names that belong to somebody, on several devices, and what waits for those who are away.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::change::{AccountChange, Change, OrderChange};
use crate::chat::Chat;
use crate::code::Code;
use crate::command::{AccountAct, TokenHash};
use crate::digest::Hasher;
use crate::event::Event;
use crate::id::{Number, SessionId};
use crate::name::UserName;
use crate::rejection::Rejection;
use crate::roles::AuditEntry;
use crate::session::{self, Presence};
use crate::sink::Sink;
use crate::snapshot::feed_stamp;
use crate::stamp::Stamp;
use crate::state::{KNOWN, State};
use crate::step::Steps;
use crate::whisper;

/// What a password is checked against: a PHC string of a slow hash. Made and checked at the edge; the core only keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(transparent)]
pub struct PasswordHash(pub Arc<str>);

impl fmt::Debug for PasswordHash {
    /// Never the hash: it would be worth guessing at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// One account. Its name is the key it is kept under, as it was first written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Account {
    /// None: nobody logs in by a password.
    pub(crate) password: Option<PasswordHash>,
    pub(crate) is_operator: bool,
    pub(crate) is_disabled: bool,
    /// Whispers that came while none of its sessions was known to be read; at most `account_whispers`. Each session keeps
    /// them, too, or was told them when it logged in: so they go as soon as one is read.
    pub(crate) waiting: VecDeque<(Stamp, Event)>,
}

/// An account as those see it who look after the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountInfo {
    /// Its name, as first written.
    pub name: UserName,
    /// What its password is checked against; none: nobody logs in by a password.
    pub password: Option<PasswordHash>,
    /// Whether its sessions are those of an operator.
    pub is_operator: bool,
    /// Whether nobody may log in as it.
    pub is_disabled: bool,
    /// How many sessions it has, those that sleep among them.
    pub devices: usize,
    /// How many whispers wait for it.
    pub waiting: usize,
}

impl State {
    /// Whether a name belongs to an account. All sessions of that name are the account's, then.
    pub(crate) fn is_account(&self, user: &UserName) -> bool {
        self.accounts.contains_key(user)
    }

    /// Whether a session is one of an account.
    pub(crate) fn has_account(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|held| self.is_account(&held.user))
    }

    /// Whether a session is one of an operator's account.
    pub(crate) fn is_operator(&self, session: SessionId) -> bool {
        let user = self.sessions.get(&session).map(|held| &held.user);
        user.and_then(|user| self.accounts.get(user)).is_some_and(|account| account.is_operator)
    }

    /// All sessions of a user: those that hold the name, then those that sleep.
    pub(crate) fn devices(&self, user: &UserName) -> impl Iterator<Item = SessionId> {
        self.names.of(user).chain(self.asleep_as(user))
    }

    /// Whether a connection of that account is there, and known to have had its welcome.
    pub(crate) fn is_heard(&self, user: &UserName) -> bool {
        self.names.of(user).any(|id| self.sessions[&id].is_attached() && !self.unheard.contains(&id))
    }

    /// Each session has what waits for its account: when one is known to be read, nothing waits any more.
    pub(crate) fn waits_no_more(&mut self, session: SessionId) {
        if let Some(account) = self.accounts.get_mut(&self.sessions[&session].user) {
            self.kept_bytes -= whisper::held(&account.waiting);
            account.waiting.clear();
        }
    }

    /// A session gave a sign of life: if it was not heard of before, nothing waits for its account any more.
    pub(crate) fn hear(&self, session: SessionId, steps: &mut Steps) {
        if self.unheard.contains(&session) {
            steps.change(AccountChange::Heard { name: self.sessions[&session].user.clone(), session });
        }
    }

    /// Of a user's sessions that hold the name the one that was attached last; if any has a connection, one of those.
    pub(crate) fn foremost(&self, user: &UserName) -> Option<SessionId> {
        self.names.of(user).max_by_key(|id| (self.sessions[id].is_attached(), *id))
    }

    /// An account as it is told of.
    pub(crate) fn account_info(&self, name: &UserName, account: &Account) -> AccountInfo {
        AccountInfo {
            name: name.clone(),
            password: account.password.clone(),
            is_operator: account.is_operator,
            is_disabled: account.is_disabled,
            devices: self.devices(name).count(),
            waiting: account.waiting.len(),
        }
    }

    pub(crate) fn evolve_account(&mut self, stamp: Stamp, change: &AccountChange) {
        let name = change.name();
        if let AccountChange::Registered { password, .. } = change {
            let account = Account { password: password.clone(), ..Account::default() };
            self.accounts.insert(name.clone(), account);
            return;
        }
        let (count, bytes) = (self.config.account_whispers, self.config.account_whisper_bytes);
        let account = self.accounts.get_mut(name).expect(KNOWN);
        match change {
            AccountChange::Registered { .. } => {}
            AccountChange::PasswordSet { password, .. } => account.password.clone_from(password),
            AccountChange::OperatorSet { is_operator, .. } => account.is_operator = *is_operator,
            AccountChange::DisabledSet { is_disabled, .. } => account.is_disabled = *is_disabled,
            AccountChange::WhisperWaits { event, .. } => {
                self.kept_bytes -= whisper::held(&account.waiting);
                whisper::keep(&mut account.waiting, count, bytes, stamp, event.clone());
                self.kept_bytes += whisper::held(&account.waiting);
            }
            AccountChange::Heard { session, .. } => {
                self.unheard.remove(session);
                self.waits_no_more(*session);
            }
            AccountChange::WhispersTold { session, .. } => {
                let waiting = account.waiting.clone();
                for (stamp, event) in self.numbered_for(*session, waiting) {
                    self.keep_whisper(stamp, *session, &event);
                }
            }
        }
    }

    /// Those whispers as a session counts them that is told them next.
    fn numbered_for(
        &self,
        session: SessionId,
        waiting: impl IntoIterator<Item = (Stamp, Event)>,
    ) -> Vec<(Stamp, Event)> {
        let mut number = self.sessions.get(&session).map_or(Number(0), |held| held.whisper_head);
        let mut next = |event| match event {
            Event::Whispered { from, to, body, .. } => {
                number = number.next();
                Event::Whispered { from, to, body, number }
            }
            other => other,
        };
        waiting.into_iter().map(|(stamp, event)| (stamp, next(event))).collect()
    }

    /// The session of an account that makes way for a new one: of those without a connection the one that will be
    /// waited for least long, else the one that came first.
    fn least_needed(&self, user: &UserName) -> Option<SessionId> {
        self.devices(user).min_by_key(|id| match self.sessions[id].presence {
            Presence::Away { until, .. } => (0, until.0, *id),
            Presence::Asleep { until, .. } => (1, until.0, *id),
            Presence::Lingering { until } => (2, until.0, *id),
            Presence::Attached => (3, 0, *id),
        })
    }
}

/// Decides whether a connection becomes a session of an account; the edge has checked who it is.
fn decide_log_in(
    state: &State,
    session: SessionId,
    account: &str,
    token: TokenHash,
) -> Result<UserName, Rejection> {
    if state.sessions.contains_key(&session) || state.tokens.contains_key(&token) {
        return Err(Rejection::AlreadyNamed);
    }
    // What is no name is no account's either, and is refused alike.
    let name = state.config.user_name(account).map_err(|_| Rejection::BadLogin)?;
    match state.accounts.get_key_value(&name) {
        None => Err(Rejection::BadLogin),
        Some((name, account)) if account.is_disabled => {
            Err(Rejection::AccountDisabled { name: name.clone() })
        }
        Some((name, _)) => Ok(name.clone()),
    }
}

/// Whether `by` may do that: the server itself everything, operators too, others what concerns their own account.
fn check_rights(state: &State, by: Option<SessionId>, act: &AccountAct) -> Result<(), Rejection> {
    let Some(by) = by else { return Ok(()) };
    let own = &state.attached(by)?.user;
    let is_own = state.is_account(own) && own.as_str().eq_ignore_ascii_case(act.name());
    match act {
        _ if state.is_operator(by) => Ok(()),
        AccountAct::SetPassword { .. } | AccountAct::LogOutEverywhere { .. } if is_own => Ok(()),
        _ => Err(Rejection::OperatorsOnly),
    }
}

/// Decides what is done about an account; which of its sessions end then, and with which code.
fn decide_act(
    state: &State,
    by: Option<SessionId>,
    act: &AccountAct,
    steps: &mut Steps,
) -> Result<Option<(Code, Option<SessionId>)>, Rejection> {
    check_rights(state, by, act)?;
    let name = state.config.user_name(act.name())?;
    if let AccountAct::Register { password, .. } = act {
        check_new(state, &name)?;
        steps.change(AccountChange::Registered { name, password: password.clone() });
        return Ok(None);
    }
    let Some((name, account)) = state.accounts.get_key_value(&name) else {
        return Err(Rejection::NoSuchAccount { name });
    };
    let name = name.clone();
    let record = Record { state, by, user: &name };
    match act {
        AccountAct::Register { .. } => Ok(None),
        AccountAct::SetPassword { password, .. } => {
            record.unless_own("password", steps);
            steps.change(AccountChange::PasswordSet { name, password: password.clone() });
            Ok(Some((Code::LoggedOut, by)))
        }
        AccountAct::SetOperator { is_operator, .. } => {
            if account.is_operator != *is_operator {
                record.of(if *is_operator { "operator" } else { "no operator" }, steps);
                steps.change(AccountChange::OperatorSet { name, is_operator: *is_operator });
            }
            Ok(None)
        }
        AccountAct::SetDisabled { is_disabled, .. } => {
            if account.is_disabled != *is_disabled {
                record.of(if *is_disabled { "disable" } else { "enable" }, steps);
                steps.change(AccountChange::DisabledSet { name, is_disabled: *is_disabled });
            }
            Ok(is_disabled.then_some((Code::AccountDisabled, None)))
        }
        AccountAct::LogOutEverywhere { except, .. } => {
            record.unless_own("log out", steps);
            Ok(Some((Code::LoggedOut, *except)))
        }
    }
}

/// What operators read later of an act about somebody's account. Registrations are left out: anybody makes those, and
/// would push all else out.
struct Record<'a> {
    state: &'a State,
    by: Option<SessionId>,
    user: &'a UserName,
}

impl Record<'_> {
    fn of(&self, act: &str, steps: &mut Steps) {
        let by = self.by.map(|by| self.state.sessions[&by].user.clone());
        let user = Some(self.user.clone());
        steps.change(OrderChange::Audited(Box::new(AuditEntry { by, user, ..AuditEntry::new(act) })));
    }

    /// What people do to their own account is theirs.
    fn unless_own(&self, act: &str, steps: &mut Steps) {
        if self.by.is_none_or(|by| self.state.sessions[&by].user != *self.user) {
            self.of(act, steps);
        }
    }
}

/// Whether a name can become an account's: nobody else is here under it.
fn check_new(state: &State, name: &UserName) -> Result<(), Rejection> {
    if let Some((name, _)) = state.accounts.get_key_value(name) {
        return Err(Rejection::AccountExists { name: name.clone() });
    }
    if state.names.contains(name) {
        return Err(Rejection::NameTaken { name: name.clone() });
    }
    if state.accounts.len() >= state.config.accounts {
        return Err(Rejection::AccountsFull);
    }
    Ok(())
}

impl Chat {
    /// Makes a connection a session of an account, and tells it what waits for the account; that waits on until the session
    /// gives a sign of life.
    pub(crate) fn log_in<S: Sink + ?Sized>(
        &mut self,
        stamp: Stamp,
        (session, account, token): (SessionId, &str, TokenHash),
        steps: &mut Steps,
        out: &mut S,
    ) -> Result<(), Rejection> {
        let user = decide_log_in(&self.state, session, account, token)?;
        while self.state.devices(&user).count() >= self.state.config.devices.max(1) {
            let Some(least) = self.state.least_needed(&user) else { break };
            self.end_session(stamp, least, Code::LoggedOut, steps, out);
        }
        steps.change(Change::SessionOpened { session, user: user.clone(), token });
        steps.tell(session, Event::Attached { user: user.clone(), resumed: false, rooms: Vec::new() });
        self.perform(stamp, steps, out);
        let waiting = self.state.accounts[&user].waiting.clone();
        if !waiting.is_empty() {
            let told = self.state.numbered_for(session, waiting);
            steps.change(AccountChange::WhispersTold { name: user, session });
            told.into_iter().for_each(|(at, event)| steps.retell(session, at, event));
        }
        Ok(())
    }

    /// Does something about an account, and ends those of its sessions that are not to go on.
    pub(crate) fn act_on_account<S: Sink + ?Sized>(
        &mut self,
        stamp: Stamp,
        by: Option<SessionId>,
        act: &AccountAct,
        steps: &mut Steps,
        out: &mut S,
    ) -> Result<(), Rejection> {
        let ended = decide_act(&self.state, by, act, steps)?;
        let name = self.state.config.user_name(act.name())?;
        // Guests of that name who sleep cannot come back under it: those are all there can be where nobody has it yet.
        let ended = match act {
            AccountAct::Register { .. } => Some((Code::LoggedOut, None)),
            _ => ended,
        };
        self.perform(stamp, steps, out);
        if let Some((code, except)) = ended {
            let devices: Vec<SessionId> = self.state.devices(&name).collect();
            for session in devices.into_iter().filter(|session| Some(*session) != except) {
                self.end_session(stamp, session, code, steps, out);
            }
        }
        Ok(())
    }

    /// Ends a session, whether it has a connection or not; a connection is closed with that code.
    pub(crate) fn end_session<S: Sink + ?Sized>(
        &mut self,
        stamp: Stamp,
        session: SessionId,
        code: Code,
        steps: &mut Steps,
        out: &mut S,
    ) {
        session::decide_put_out(&self.state, stamp, session, code, steps);
        self.perform(stamp, steps, out);
    }
}

/// Feeds an account to a digest.
pub(crate) fn feed(name: &UserName, account: &Account, h: &mut Hasher) {
    let password = account.password.as_ref().map_or("", |password| &password.0);
    h.bytes(name.as_str().as_bytes()).bytes(password.as_bytes());
    h.word(u64::from(account.password.is_some()));
    h.word(u64::from(account.is_operator)).word(u64::from(account.is_disabled));
    h.word(account.waiting.len() as u64);
    for (stamp, event) in &account.waiting {
        feed_stamp(*stamp, h);
        whisper::feed(event, h);
    }
}
