//! What a person is asked for and does not see on the screen again: passwords.

use std::sync::Arc;

use bytes::BytesMut;
use chat_core::{Code, PasswordHash, RequestId};

use super::login::Stop;
use super::reader::{End, Reader};
use crate::auth::Accounts;
use crate::codec::text::{Typed, parse};
use crate::codec::{Hello, Secret, telnet};
use crate::notice;

/// What the next line is.
#[derive(Debug)]
pub(super) enum Prompt {
    /// The server's own password.
    Unlock,
    /// The password of an account.
    Login { name: Arc<str> },
    /// The one that a new account is to have.
    Register { name: Arc<str> },
    /// The same again, so that it is not mistyped.
    RegisterAgain { name: Arc<str>, password: Secret },
    /// One's password so far.
    Old,
    /// The one from now on; the one so far is proved.
    New { proved: Option<PasswordHash> },
    /// The same again.
    NewAgain { proved: Option<PasswordHash>, new: Secret },
}

impl Prompt {
    /// What is asked for once more if the answer is refused.
    fn once_more(&self) -> Prompt {
        match self {
            Prompt::Unlock => Prompt::Unlock,
            Prompt::Login { name } => Prompt::Login { name: Arc::clone(name) },
            Prompt::Register { name } | Prompt::RegisterAgain { name, .. } => {
                Prompt::Register { name: Arc::clone(name) }
            }
            Prompt::Old => Prompt::Old,
            Prompt::New { proved } | Prompt::NewAgain { proved, .. } => {
                Prompt::New { proved: proved.clone() }
            }
        }
    }
}

/// Whether no other password would do either: whatever is typed next is none.
fn is_hopeless(code: u16) -> bool {
    let codes = [
        Code::AccountExists,
        Code::AccountsFull,
        Code::BadName,
        Code::LoginRequired,
        Code::NameReserved,
        Code::NameTaken,
        Code::NotAllowed,
        Code::UnknownAsk,
    ];
    codes.iter().any(|hopeless| hopeless.number() == code)
}

const NAME: &str = "what is your name?";
const NOTHING: &str = "nothing is changed";
const ANOTHER: &str = "an empty line goes back";

impl Reader {
    /// Asks a person for a secret.
    pub(super) fn prompt(&mut self, prompt: Prompt) {
        let question = match &prompt {
            Prompt::Unlock => "type the password of this server".to_owned(),
            Prompt::Login { name } => {
                format!("type the password of {}; {ANOTHER}", chat_core::printable(name))
            }
            Prompt::Register { .. } | Prompt::New { .. } => {
                format!("type a new password of at least 8 characters; {ANOTHER}")
            }
            Prompt::RegisterAgain { .. } | Prompt::NewAgain { .. } => format!("type it again; {ANOTHER}"),
            Prompt::Old => format!("type your password so far; {ANOTHER}"),
        };
        self.note(&question);
        if self.person().telnet.is_spoken() {
            self.tell(BytesMut::from(&telnet::HIDE[..]));
        }
        self.person().prompt = Some(prompt);
    }

    /// Takes the line that answers a prompt.
    pub(super) async fn answered(&mut self, prompt: Prompt, line: &[u8]) -> Result<(), End> {
        if self.person().telnet.is_spoken() {
            self.tell(BytesMut::from(&telnet::SHOW[..]));
        }
        if line.eq_ignore_ascii_case(b"/quit") {
            return Err(End::Quit);
        }
        if let Prompt::Login { name } = &prompt
            && let Some(named) = registers(line)
        {
            let name = named.map_or_else(|| Arc::clone(name), Arc::from);
            self.typed_register(&name).await?;
            if self.person().prompt.is_none() {
                self.prompt(prompt);
            }
            return Ok(());
        }
        let Ok(secret) = Secret::from_utf8(line) else {
            self.refuse(RequestId::NONE, Code::BadText).await?;
            self.prompt(prompt);
            return Ok(());
        };
        if !self.paced(RequestId::NONE, 1).await? {
            self.prompt(prompt);
            return Ok(());
        }
        if secret.expose().is_empty() && !matches!(prompt, Prompt::Unlock) {
            self.note(if self.is_attached { NOTHING } else { NAME });
            return Ok(());
        }
        let again = prompt.once_more();
        let outcome = Box::pin(self.follow(prompt, secret)).await;
        let refused = match &outcome {
            Err(Stop::Refused(refusal)) => Some(refusal.code),
            _ => None,
        };
        self.told_unless_done(RequestId::NONE, outcome)?;
        self.ask_on(again, refused);
        Ok(())
    }

    /// Asks for what is still needed: who types a password must not say it to the room, or come in under it as a name.
    fn ask_on(&mut self, again: Prompt, refused: Option<u16>) {
        let is_login = matches!(again, Prompt::Login { .. });
        match refused {
            _ if self.person().prompt.is_some() => {}
            Some(code) if !is_hopeless(code) => self.prompt(again),
            Some(_) if self.is_attached => self.note(NOTHING),
            None if self.is_attached => {}
            _ if self.is_locked() => self.prompt(Prompt::Unlock),
            // The engine said why.
            None if is_login => self.prompt(again),
            _ => self.note(NAME),
        }
    }

    async fn follow(&mut self, prompt: Prompt, secret: Secret) -> Result<(), Stop> {
        let hello = |name| Hello { name, ..Hello::default() };
        match prompt {
            Prompt::Unlock => self.try_unlock(&secret)?,
            Prompt::Login { name } => {
                self.log_in(hello(name), secret).await?;
                self.enter_start_rooms().await?;
            }
            Prompt::Register { name } => {
                Reader::check_new(&secret)?;
                self.prompt(Prompt::RegisterAgain { name, password: secret });
            }
            Prompt::RegisterAgain { password, .. } if password != secret => return Err(differs()),
            Prompt::RegisterAgain { name, password } => {
                self.register(hello(name), password).await?;
                self.enter_start_rooms().await?;
            }
            Prompt::Old => {
                let proved = self.prove_own(secret).await?;
                self.prompt(Prompt::New { proved });
            }
            Prompt::New { proved } => {
                Reader::check_new(&secret)?;
                self.prompt(Prompt::NewAgain { proved, new: secret });
            }
            Prompt::NewAgain { new, .. } if new != secret => return Err(differs()),
            Prompt::NewAgain { proved, new } => {
                self.set_own(proved, new).await?;
                self.note("your password is changed, and your other sessions are ended");
            }
        }
        Ok(())
    }

    /// Tells who is about to be asked for a password how to get one: of all alike, so that no name shows whether it is known.
    pub(super) fn tell_of_registering(&mut self) {
        let policy = &self.shared.policy;
        if policy.accounts() == Accounts::Required && policy.offers_registration() {
            self.note("if you have no account yet, type /register to make one of that name");
        }
    }

    /// A person wants an account of that name.
    pub(super) async fn typed_register(&mut self, name: &str) -> Result<(), End> {
        if !self.paced(RequestId::NONE, 1).await? {
            return Ok(());
        }
        if self.is_attached {
            let message = "an account begins with its name: /quit, come again, and type /register NAME first";
            self.tell_refused(RequestId::NONE, notice::refusal_saying(Code::AlreadyNamed, message, None));
        } else if let Err(refusal) = self.may_register(name) {
            self.tell_refused(RequestId::NONE, refusal);
        } else {
            self.prompt(Prompt::Register { name: name.into() });
        }
        Ok(())
    }

    /// A person wants another password.
    pub(super) async fn typed_passwd(&mut self) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            let outcome = self.may_change().await.map(|_| self.prompt(Prompt::Old));
            self.told_unless_done(RequestId::NONE, outcome)?;
        }
        Ok(())
    }

    /// A person wants to be here only.
    pub(super) async fn typed_logout(&mut self) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            let outcome = self.log_out_everywhere().await;
            let outcome = outcome.map(|()| self.note("your other sessions are ended"));
            self.told_unless_done(RequestId::NONE, outcome)?;
        }
        Ok(())
    }
}

/// Whether that is no password but the wish for an account, and of which name if not of the one that was typed before.
fn registers(line: &[u8]) -> Option<Option<&str>> {
    let line = std::str::from_utf8(line).ok()?.trim();
    match parse(line) {
        Typed::Register(name) => Some(Some(name)),
        _ => line.eq_ignore_ascii_case("/register").then_some(None),
    }
}

fn differs() -> Stop {
    Stop::Refused(notice::refusal_saying(
        Code::BadAsk,
        "those were two different passwords, choose again",
        None,
    ))
}
