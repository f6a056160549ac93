//! `serve` and the commands that look into its folder, as they are typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CertificateArgs;

/// Lines to copy.
pub(crate) const SERVE_EXAMPLES: &str = "\
Examples:
  chat-cli serve
  chat-cli serve --listen 127.0.0.1:9000 --listen '[::1]:9000'
  chat-cli serve --listen 0.0.0.0:8443 --tls self-signed
  chat-cli serve --listen 0.0.0.0:8443 --tls-cert fullchain.pem --tls-key privkey.pem
  chat-cli serve --listen 0.0.0.0:8080 --plaintext
  chat-cli serve --listen 127.0.0.1:0 --json
  chat-cli serve --admin 127.0.0.1:9090        then: curl http://127.0.0.1:9090/metrics
  chat-cli serve --limit linger=5s --limit body=500
  chat-cli serve --data /srv/chat --limit keep_age=90d
  chat-cli serve --memory                      nothing is kept
  chat-cli serve --accounts required           only accounts get in; see 'chat-cli user'
  chat-cli serve --password-file FILE          whoever comes says the password in it";

/// What else there is to know.
pub(crate) const SERVE_MORE: &str = "\
Standard output has one line for each address that is listened on, for clients and then for
operators, one that says where history is kept, and one that says who gets in; logs go to standard error. Without --data or
--memory that is $XDG_STATE_HOME/chat, else ~/.local/state/chat, or where systemd says. One server at
a time has a folder; 'chat-cli history', 'search', 'export' and 'verify' read it all the same.
The server's own password comes from a file that only its user may read, or from CHAT_SERVER_PASSWORD, which
whoever may look into the process (its user, and root) can read as long as it runs: prefer the file.
With TLS, everything on these addresses is encrypted and nothing else is taken; a line says the SHA-256 of the
certificate. SIGHUP reads its files again; connections that are open stay.
SIGTERM or Ctrl-C ends the server within the time of the limit 'shutdown' and tells everybody; a
second one at once. 'chat-cli config print' shows every setting and limit.";

/// `serve`, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServeArgs {
    /// Listen here; may be repeated. Port 0 takes any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "CHAT_LISTEN", value_delimiter = ',')]
    pub(crate) listen: Vec<String>,
    /// Listen here for operators, with /healthz and /metrics over HTTP; port 0 takes any free port [default: nowhere]
    #[arg(long, value_name = "ADDR", env = "CHAT_ADMIN")]
    pub(crate) admin: Option<String>,
    /// Let pages of this origin connect, written SCHEME://HOST; may be repeated [default: the server's own page]
    #[arg(long, value_name = "URL", env = "CHAT_ORIGINS", value_delimiter = ',')]
    pub(crate) origin: Vec<String>,
    /// Accept other addresses than loopback although nothing is encrypted
    #[arg(long, env = "CHAT_PLAINTEXT", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) plaintext: Option<bool>,
    /// Whether and how it is encrypted.
    #[command(flatten)]
    pub(crate) certificate: CertificateArgs,
    /// Lift the limits on floods and on connections per address: for benchmarks and closed machines
    #[arg(long, env = "CHAT_TRUSTED", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) trusted: Option<bool>,
    /// Whether there are accounts [default: off]
    #[arg(long, env = "CHAT_ACCOUNTS", value_name = "WHO")]
    pub(crate) accounts: Option<AccountsHow>,
    /// Who makes accounts, where there are any [default: open]
    #[arg(long, env = "CHAT_REGISTRATION", value_name = "HOW")]
    pub(crate) registration: Option<Registration>,
    /// Take the server's own password from this file, which nobody else may read; its first line counts
    #[arg(long, env = "CHAT_SERVER_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Who may make rooms by joining them [default: everyone]
    #[arg(long, env = "CHAT_ROOM_MAKERS", value_name = "WHO")]
    pub(crate) room_makers: Option<Makers>,
    /// The room everyone starts in; empty for none [default: lobby]
    #[arg(long, env = "CHAT_START_ROOM", value_name = "ROOM")]
    pub(crate) start_room: Option<String>,
    /// Keep history in this folder; made if missing [env: CHAT_DATA] [default: in your home folder]
    #[arg(long, value_name = "DIR", conflicts_with = "memory")]
    pub(crate) data: Option<PathBuf>,
    /// Keep history in memory only: it is gone when the server ends
    #[arg(long)]
    pub(crate) memory: bool,
    /// When a message counts as accepted [default: fsync]
    #[arg(long, env = "CHAT_DURABILITY", value_name = "LEVEL")]
    pub(crate) durability: Option<Durability>,
    /// Bring a folder that an older version made up to date; copy it first
    #[arg(long)]
    pub(crate) migrate: bool,
    /// Number all rooms anew for clients: once, after putting back a copy of the folder
    #[arg(long)]
    pub(crate) new_epoch: bool,
    /// Make the index of words anew: once, if it is damaged
    #[arg(long)]
    pub(crate) reindex: bool,
    /// Set one limit, as in the table of limits in the file; may be repeated
    #[arg(long, env = "CHAT_LIMITS", value_name = "KEY=VALUE", value_delimiter = ',')]
    pub(crate) limit: Vec<String>,
    /// Which logs to write: error, warn, info, debug, trace, or target=level,... [default: info]
    #[arg(long, env = "CHAT_LOG", value_name = "LEVELS")]
    pub(crate) log: Option<String>,
    /// How logs are written [default: text]
    #[arg(long, env = "CHAT_LOG_FORMAT", value_name = "FORM")]
    pub(crate) log_format: Option<LogFormat>,
    /// Print these lines as JSON: {"listening":"127.0.0.1:41873"}, with TLS {"certificate":"sha256:..."},
    /// {"admin":"127.0.0.1:41874"}, {"data":"DIR","durability":"fsync"},
    /// {"accounts":"off","registration":"open","password":false,"room_makers":"everyone"}
    #[arg(long)]
    pub(crate) json: bool,
    /// Where settings come from that are not given here.
    #[command(flatten)]
    pub(crate) file: FileArg,
}

/// The settings file, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FileArg {
    /// Read settings from this TOML file [default: none]
    #[arg(long, env = "CHAT_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The settings file of a client, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OwnFileArg {
    /// Read settings from this TOML file [default: chat/config.toml in $XDG_CONFIG_HOME or ~/.config, if it is there]
    #[arg(long, env = "CHAT_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read settings from no file, whatever else says one
    #[arg(long)]
    pub(crate) no_config: bool,
}

/// The folder that history is kept in, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DataArgs {
    /// The server's data folder [env: CHAT_DATA] [default: that of 'serve']
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where settings come from that are not given here.
    #[command(flatten)]
    pub(crate) file: FileArg,
}

/// When something accepted is safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Durability {
    /// When the disk has it: a power cut loses nothing
    #[default]
    Fsync,
    /// When the system has it: a power cut may lose the last seconds, a killed server nothing
    Os,
    /// When the server has it: nothing is kept
    Memory,
}

impl Durability {
    /// As it is written in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Durability::Fsync => "fsync",
            Durability::Os => "os",
            Durability::Memory => "memory",
        }
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Whether there are accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccountsHow {
    /// There are none: everyone takes a free name
    #[default]
    Off,
    /// Names of accounts need a login; every other name is free
    Optional,
    /// Only accounts get in
    Required,
}

impl AccountsHow {
    /// As it is written in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            AccountsHow::Off => "off",
            AccountsHow::Optional => "optional",
            AccountsHow::Required => "required",
        }
    }
}

/// Who makes accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Registration {
    /// Whoever comes
    #[default]
    Open,
    /// Nobody but 'chat-cli user add'
    Closed,
}

impl Registration {
    /// As it is written in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Registration::Open => "open",
            Registration::Closed => "closed",
        }
    }
}

/// Who may make rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Makers {
    /// Whoever joins one that is not there
    #[default]
    Everyone,
    /// Whoever has an account
    Accounts,
    /// Operators of the server
    Operators,
}

impl Makers {
    /// As it is written in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Makers::Everyone => "everyone",
            Makers::Accounts => "accounts",
            Makers::Operators => "operators",
        }
    }
}

impl From<Makers> for chat_net::chat_core::RoomMakers {
    fn from(makers: Makers) -> Self {
        match makers {
            Makers::Everyone => Self::Everyone,
            Makers::Accounts => Self::Accounts,
            Makers::Operators => Self::Operators,
        }
    }
}
