//! What `user` takes on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::{FileArg, ServeArgs};

/// Lines to copy.
pub(crate) const USER_EXAMPLES: &str = "\
Examples:
  chat-cli user add alice --operator           asks for a password
  chat-cli user list
  chat-cli user passwd alice
  pass show chat/bot | chat-cli user add bot --password-stdin
  chat-cli user disable mallory
  chat-cli user operator bob                   'operator bob --off' takes it back
  chat-cli user logout alice                   ends all sessions of alice's devices
  chat-cli user list --json --data /srv/chat";

/// What else there is to know.
pub(crate) const USER_MORE: &str = "\
Works on the data folder of a server. While the server runs it does what is asked, over the socket 'control.sock' in
the folder, which only its own user can reach; else the folder itself is changed. 'add' makes a folder that is
missing. A server with --memory has none, and so no 'user'.
A password has 8 to 1024 bytes. It is hashed here (argon2id), and only the hash goes into the folder. It is asked for
twice, or is the first line of standard input or of what a command prints; it is never an argument, which everybody
on the machine could read.";

/// `user`, as typed.
#[derive(Args, Clone, Debug)]
pub(crate) struct UserArgs {
    /// What to do.
    #[command(subcommand)]
    pub(super) act: Act,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// The server's data folder [env: CHAT_DATA] [default: that of 'serve']
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Read settings from this TOML file
    #[arg(long, env = "CHAT_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

/// What to do about accounts, as typed.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Act {
    /// Make an account
    Add {
        /// Its name.
        name: String,
        /// It looks after the server: may do everything in every room
        #[arg(long)]
        operator: bool,
        /// Give it no password: nobody logs in until 'user passwd' gives it one
        #[arg(long, conflicts_with_all = ["password_stdin", "password_command"])]
        no_password: bool,
        /// Where its password comes from.
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List the accounts
    List,
    /// Give an account another password, and log it out everywhere
    Passwd {
        /// Its name.
        name: String,
        /// Take its password away: nobody logs in until it has one again
        #[arg(long, conflicts_with_all = ["password_stdin", "password_command"])]
        no_password: bool,
        /// Where its password comes from.
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Log an account out everywhere, and let nobody log in as it
    Disable {
        /// Its name.
        name: String,
    },
    /// Let a disabled account log in again
    Enable {
        /// Its name.
        name: String,
    },
    /// Make an account one of the operators of the server
    Operator {
        /// Its name.
        name: String,
        /// It is none any more
        #[arg(long)]
        off: bool,
    },
    /// Log an account out everywhere
    Logout {
        /// Its name.
        name: String,
    },
}

/// Where a new password comes from; from the terminal, if nothing is said.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct PasswordArgs {
    /// Take the password from the first line of standard input
    #[arg(long, conflicts_with = "password_command")]
    pub(super) password_stdin: bool,
    /// Take the password from the first line that this command prints
    #[arg(long, value_name = "COMMAND")]
    pub(super) password_command: Option<String>,
}

impl Act {
    /// As it is typed.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Act::Add { .. } => "add",
            Act::List => "list",
            Act::Passwd { .. } => "passwd",
            Act::Disable { .. } => "disable",
            Act::Enable { .. } => "enable",
            Act::Operator { .. } => "operator",
            Act::Logout { .. } => "logout",
        }
    }
}

impl UserArgs {
    /// The same, as `serve` would be told it.
    pub(super) fn serve(&self) -> ServeArgs {
        let file = FileArg { config: self.config.clone() };
        ServeArgs { data: self.data.clone(), file, ..ServeArgs::default() }
    }
}
