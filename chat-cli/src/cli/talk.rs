//! `join` and `send`, as they are typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{OwnFileArg, ScreenArgs, TrustArgs};

/// Lines to copy.
pub(crate) const JOIN_EXAMPLES: &str = "\
Examples:
  chat-cli join
  chat-cli join 10.0.0.5:8080 --name carol --room dev --room lobby
  chat-cli join tls://chat.example.org:8443
  chat-cli join --name alice --login
  chat-cli join --name bot --login --password-command 'pass show chat/bot' --json
  tail -f log | chat-cli join --name logs --room ops
  chat-cli join --json --name bot";

/// What else there is to know.
pub(crate) const JOIN_MORE: &str = "\
A line is said in the current room; '/help' lists the commands; '//x' says '/x'.
A password is asked for when the server wants one, and not shown; without a terminal it comes from a command or the
environment. It is never an argument, and nothing of it is kept on disk: the end of the program is the end of its session.
CHAT_PASSWORD can be read by whoever may look into the process: its user, and root.
Ctrl-C clears the line, and twice on an empty line leaves. Ctrl-D on an empty line leaves. With files on their way
both, and /quit, say what would be called off, and leave when told so again.
Without a terminal, the end of the input leaves, once everything has been answered and all files have come to an
end (in a room, and of those that were paused here, when the offer expires, after 5 minutes by default), with 1 if one
arrived nowhere; scripts have 'send-file' for that. A signal leaves at once, with 130 or 143 if that ends a file on its
way. Then messages are on standard output; refusals and the state of the connection are on
standard error.";

/// `join`, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct JoinArgs {
    /// Whom to join as whom.
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    /// A room to begin in; may be repeated, the first is the current one [default: the server's choice]
    #[arg(long, env = "CHAT_ROOM", value_name = "ROOM", value_delimiter = ',')]
    pub(crate) room: Vec<String>,
    /// Plain lines even in a terminal: no prompt, no colours
    #[arg(long, conflicts_with = "json")]
    pub(crate) plain: bool,
    /// One JSON event a line out, one JSON ask a line in
    #[arg(long)]
    pub(crate) json: bool,
    /// Put files that are accepted into this folder [default: your folder for downloads, else this one]
    #[arg(long, env = "CHAT_DOWNLOADS", value_name = "DIR")]
    pub(crate) downloads: Option<PathBuf>,
    /// When to use colours [default: auto]
    #[arg(long, env = "CHAT_COLOR", value_name = "WHEN")]
    pub(crate) color: Option<ColorWhen>,
    /// What the full screen does.
    #[command(flatten)]
    pub(crate) screen: ScreenArgs,
}

/// Which server, under which name, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct WhoArgs {
    /// The server's address [default: 127.0.0.1:8080]
    #[arg(env = "CHAT_ADDR")]
    pub(crate) addr: Option<String>,
    /// The name to have there [default: the login name]
    #[arg(long, short, env = "CHAT_NAME")]
    pub(crate) name: Option<String>,
    /// How to come in.
    #[command(flatten)]
    pub(crate) login: LoginArgs,
    /// Whether TLS is spoken.
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Where settings come from that are not given here.
    #[command(flatten)]
    pub(crate) file: OwnFileArg,
}

/// How to come in, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LoginArgs {
    /// Log in to the account of that name; asks for its password
    #[arg(long, value_name = "NAME", conflicts_with = "register")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) login: Option<String>,
    /// Make an account of that name, and log in to it; asks for a password
    #[arg(long, value_name = "NAME")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) register: Option<String>,
    /// Take the account's password from the first line that this command prints [env: CHAT_PASSWORD holds a password]
    #[arg(long, env = "CHAT_PASSWORD_COMMAND", value_name = "COMMAND")]
    pub(crate) password_command: Option<String>,
    /// Take the server's own password from it, where it has one [env: CHAT_SERVER_PASSWORD holds a password]
    #[arg(long, env = "CHAT_SERVER_PASSWORD_COMMAND", value_name = "COMMAND")]
    pub(crate) server_password_command: Option<String>,
}

/// Lines to copy.
pub(crate) const SEND_EXAMPLES: &str = "\
Examples:
  chat-cli send --room builds 'the build is green'
  git log -1 --format=%s | chat-cli send 10.0.0.5:8080 --name git --room dev
  chat-cli send --to alice --json 'lunch?'";

/// What else there is to know.
pub(crate) const SEND_MORE: &str = "\
Prints nothing: the exit code says whether the message was accepted. The text is the arguments, joined by
spaces, or without any, standard input, whose last newline is not part of it. A first argument of the form
HOST:PORT is the server's address, unless --addr gives that. CHAT_ADDR and CHAT_ROOM are obeyed, too.";

/// `send`, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SendArgs {
    /// The server's address [default: 127.0.0.1:8080]
    #[arg(long)]
    pub(crate) addr: Option<String>,
    /// The name to send under [default: the login name]
    #[arg(long, short, env = "CHAT_NAME")]
    pub(crate) name: Option<String>,
    /// Say it in this room [default: lobby]
    #[arg(long, value_name = "ROOM", conflicts_with = "to")]
    pub(crate) room: Option<String>,
    /// Whisper it to this user instead
    #[arg(long, value_name = "USER")]
    pub(crate) to: Option<String>,
    /// Print the receipt as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The server's address, if it has the form HOST:PORT, and what to say [default: standard input]
    #[arg(value_name = "TEXT")]
    pub(crate) words: Vec<String>,
    /// How to come in.
    #[command(flatten)]
    pub(crate) login: LoginArgs,
    /// Whether TLS is spoken.
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Where settings come from that are not given here.
    #[command(flatten)]
    pub(crate) file: OwnFileArg,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColorWhen {
    /// In a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
