//! How a program comes in where not everybody may: with the password of an account, and with the server's own. What was
//! not said is asked at the terminal when the server wants it; nothing of it is kept on disk.

use chat_net::auth::{MAX_PASSWORD_BYTES, MIN_PASSWORD_BYTES};
use chat_net::chat_core::{Code, printable};
use chat_net::client::{ConnectError, Options};
use chat_net::codec::Secret;

use crate::exit::{self, Exit};
use crate::output;
use crate::secrets;
use crate::settings::Who;
use crate::signals::Signals;
use crate::trust;

/// How somebody wants to come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum How {
    /// With a name; as an account, if the server says that the name is one's.
    #[default]
    AsAsked,
    /// As the account of that name.
    LogIn,
    /// As a new account of that name.
    Register,
}

/// What was said of it before anything is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) how: How,
    /// Of the account.
    pub(crate) password: Said,
    /// Of the server.
    pub(crate) server_password: Said,
}

/// Where a password comes from; from a person, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The environment holds it.
    pub(crate) secret: Option<Secret>,
    /// This command prints it.
    pub(crate) command: Option<String>,
}

/// A person may mistype so often.
const TRIES: u32 = 3;

/// The passwords of one way in, as the server wants them.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    who: &'a Who,
    /// Whether a password may go there, as far as that was asked.
    may_send: bool,
    account: Asked,
    server: Asked,
}

/// What was tried of one password.
#[derive(Debug, Default)]
struct Asked {
    was_said: bool,
    times: u32,
}

impl Entry<'_> {
    pub(crate) fn of(who: &Who) -> Entry<'_> {
        Entry { who, may_send: false, account: Asked::default(), server: Asked::default() }
    }

    /// Whether a person is asked for a password before the server says a word.
    pub(crate) fn asks_first(&self, options: &Options) -> bool {
        let Login { how, password, .. } = &self.who.login;
        *how != How::AsAsked && !password.is_said() && options.password.is_none() && secrets::can_ask()
    }

    /// Gets what is needed in any case.
    ///
    /// # Errors
    /// A signal came instead of a password, a command failed, or nobody can be asked.
    pub(crate) async fn prepare(
        &mut self,
        options: &mut Options,
        signals: &mut Signals,
    ) -> anyhow::Result<()> {
        if self.who.login.server_password.is_said() && options.server_password.is_none() {
            options.server_password = self.server(signals).await?;
        }
        if self.who.login.how == How::AsAsked || options.password.is_some() {
            return Ok(());
        }
        options.register = self.who.login.how == How::Register;
        options.password = self.account(options.register, signals).await?;
        match options.password {
            Some(_) => Ok(()),
            None if secrets::can_ask() => Err(exit::because(Exit::NameRefused, "no password was typed")),
            None => Err(exit::because(Exit::Usage, format!("a password is needed: {}", hint(Of::Account)))),
        }
    }

    /// After a refusal: whether there is something else to try, which then is in `options`.
    ///
    /// # Errors
    /// As [`Entry::prepare`].
    pub(crate) async fn mend(
        &mut self,
        error: &ConnectError,
        options: &mut Options,
        signals: &mut Signals,
    ) -> anyhow::Result<bool> {
        match error.code().and_then(Code::from_number) {
            Some(Code::PasswordRequired) if self.server.may_go_on() => {
                self.server.complain(error);
                options.server_password = self.server(signals).await?;
                Ok(options.server_password.is_some())
            }
            Some(Code::LoginRequired) if options.password.is_none() => {
                if secrets::can_ask() && !self.who.login.password.is_said() {
                    output::status(&format!("! {}", printable(&error.to_string())));
                }
                options.password = self.account(false, signals).await?;
                Ok(options.password.is_some())
            }
            Some(Code::BadLogin | Code::WeakPassword) if self.account.may_go_on() => {
                self.account.complain(error);
                options.password = self.account(options.register, signals).await?;
                Ok(options.password.is_some())
            }
            _ => Ok(false),
        }
    }

    async fn may_send(&mut self, signals: &mut Signals) -> anyhow::Result<()> {
        // Where there is none to send, the advice is about that.
        let Login { password, server_password, .. } = &self.who.login;
        if !self.may_send && (secrets::can_ask() || password.is_said() || server_password.is_said()) {
            trust::passwords_in_clear(self.who, signals).await?;
            self.may_send = true;
        }
        Ok(())
    }

    async fn server(&mut self, signals: &mut Signals) -> anyhow::Result<Option<Secret>> {
        self.may_send(signals).await?;
        let prompt = format!("password of the server {}", printable(&self.who.addr));
        self.server.next(&self.who.login.server_password, &prompt, false, signals).await
    }

    async fn account(&mut self, is_new: bool, signals: &mut Signals) -> anyhow::Result<Option<Secret>> {
        self.may_send(signals).await?;
        let new = if is_new { "new password" } else { "password" };
        let prompt = format!("{new} of {}", printable(&self.who.name));
        self.account.next(&self.who.login.password, &prompt, is_new, signals).await
    }
}

impl Asked {
    /// Whether another one can be had: a person can type it again, what was said is said.
    fn may_go_on(&self) -> bool {
        !self.was_said && self.times < TRIES
    }

    /// Shows why the last one was not taken, if there was one.
    fn complain(&self, error: &ConnectError) {
        if self.times > 0 {
            output::status(&format!("! {}", printable(&error.to_string())));
        }
    }

    async fn next(
        &mut self,
        said: &Said,
        prompt: &str,
        is_new: bool,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Secret>> {
        if said.is_said() {
            self.was_said = true;
            return said.get(signals).await;
        }
        self.times += 1;
        match is_new {
            true => secrets::ask_twice(prompt, signals).await,
            false => secrets::ask(prompt, signals).await,
        }
    }
}

impl Said {
    fn is_said(&self) -> bool {
        self.secret.is_some() || self.command.is_some()
    }

    async fn get(&self, signals: &mut Signals) -> anyhow::Result<Option<Secret>> {
        if let Some(secret) = &self.secret {
            return Ok(Some(secret.clone()));
        }
        let Some(command) = &self.command else { return Ok(None) };
        secrets::from_command(command, signals).await.map(Some)
    }
}

/// Whether an account can have that password: so that nobody is sent away for it.
pub(crate) fn is_long_enough(password: &Secret) -> bool {
    (MIN_PASSWORD_BYTES..=MAX_PASSWORD_BYTES).contains(&password.expose().len())
}

#[derive(Clone, Copy, Debug)]
enum Of {
    Account,
    Server,
}

fn hint(of: Of) -> &'static str {
    match of {
        Of::Account => "say it at a terminal, or with --password-command, or in CHAT_PASSWORD",
        Of::Server => "say it at a terminal, or with --server-password-command, or in CHAT_SERVER_PASSWORD",
    }
}

/// What can be done about a refusal for want of a password.
pub(crate) fn advice(error: &ConnectError) -> String {
    let advice = match error.code().and_then(Code::from_number) {
        Some(Code::LoginRequired) => hint(Of::Account),
        Some(Code::PasswordRequired) => hint(Of::Server),
        Some(Code::AccountExists) => "--login comes in as it",
        _ => return String::new(),
    };
    format!("; {advice}")
}
