//! The command line as it is typed. What it means, together with the environment and the file, is `settings`'.

mod command;
mod serve;
mod talk;
mod tls;

pub(crate) use command::{Cli, Command, ConfigCommand};
pub(crate) use serve::{DataArgs, Durability, FileArg, LogFormat, ServeArgs};
pub(crate) use talk::{ColorWhen, JoinArgs, SendArgs, WhoArgs};
pub(crate) use tls::{CertificateArgs, TlsHow, TrustArgs};
