//! The command line as it is typed. What it means, together with the environment and the file, is `settings`'.

mod command;
mod screen;
mod serve;
mod talk;
mod tls;

pub(crate) use command::{Cli, Command, ConfigCommand};
pub(crate) use screen::{ScreenArgs, ThemeWhich};
pub(crate) use serve::{
    AccountsHow, DataArgs, Durability, FileArg, LogFormat, Makers, OwnFileArg, Registration, ServeArgs,
};
pub(crate) use talk::{ColorWhen, JoinArgs, LoginArgs, SendArgs, WhoArgs};
pub(crate) use tls::{CertificateArgs, TlsHow, TrustArgs};
