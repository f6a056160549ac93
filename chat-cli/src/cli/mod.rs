//! The command line as it is typed. What it means, together with the environment and the file, is `settings`'.

mod command;
mod serve;
mod talk;
mod tls;

pub(crate) use command::{Cli, Command, ConfigCommand};
pub(crate) use serve::{
    AccountsHow, DataArgs, Durability, FileArg, LogFormat, Makers, Registration, ServeArgs,
};
pub(crate) use talk::{ColorWhen, JoinArgs, LoginArgs, SendArgs, WhoArgs};
pub(crate) use tls::{CertificateArgs, TlsHow, TrustArgs};
