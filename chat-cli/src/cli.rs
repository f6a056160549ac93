//! The command line as it is typed. What it means, together with the environment and the file, is `settings`'.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::bench;
use crate::folder::{
    EXPORT_EXAMPLES, ExportArgs, FOLDER, HISTORY_EXAMPLES, HistoryArgs, IMPORT_EXAMPLES, ImportArgs,
    SEARCH_EXAMPLES, SearchArgs, VERIFY_EXAMPLES,
};

/// Examples stand first: most people look for a line to copy.
const TEMPLATE: &str = "\
{about-with-newline}
{before-help}{usage-heading} {usage}

{all-args}{after-help}";

const EXAMPLES: &str = "\
Examples:
  chat-cli serve                               a server on 127.0.0.1:8080
  chat-cli join                                chat there, under the login name
  chat-cli join 10.0.0.5:8080 --name carol     chat elsewhere
  nc 127.0.0.1 8080                            chat without this program
  echo done | chat-cli send --room builds      say one thing and go
  chat-cli history lobby                       read what was said there";

const ENDS: &str = "\
Settings come from flags, else from CHAT_... variables, else from the file of --config, else a default.

Exit codes:
  0   done                       75  another process has the data folder
  1   failed, or lost for good   77  not permitted
  2   not a command              78  the settings are wrong, or do not fit the data folder
  3   the name was refused       130 interrupted, and not in order
  74  the data folder failed     143 terminated, and not in order
      or is damaged";

/// A chat for one port: people with nc, programs with JSON, and this client, in the same rooms.
#[derive(Debug, Parser)]
#[command(name = "chat-cli", version, help_template = TEMPLATE, before_help = EXAMPLES, after_help = ENDS)]
#[command(propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a server
    #[command(help_template = TEMPLATE, before_help = SERVE_EXAMPLES, after_help = SERVE_MORE)]
    Serve(ServeArgs),
    /// Chat in a terminal, or from a script
    #[command(help_template = TEMPLATE, before_help = JOIN_EXAMPLES, after_help = JOIN_MORE)]
    Join(JoinArgs),
    /// Say one thing and go
    #[command(help_template = TEMPLATE, before_help = SEND_EXAMPLES, after_help = SEND_MORE)]
    Send(SendArgs),
    /// Print messages that were kept, or the rooms that there are
    #[command(help_template = TEMPLATE, before_help = HISTORY_EXAMPLES, after_help = FOLDER)]
    History(HistoryArgs),
    /// Print the messages that hold some words
    #[command(help_template = TEMPLATE, before_help = SEARCH_EXAMPLES, after_help = FOLDER)]
    Search(SearchArgs),
    /// Print everything that was kept, as JSON lines
    #[command(help_template = TEMPLATE, before_help = EXPORT_EXAMPLES, after_help = FOLDER)]
    Export(ExportArgs),
    /// Make a data folder from an export
    #[command(help_template = TEMPLATE, before_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Read everything that was kept, and say what is damaged
    #[command(help_template = TEMPLATE, before_help = VERIFY_EXAMPLES, after_help = FOLDER)]
    Verify(DataArgs),
    /// Measure a server beside a bare loop that does the least that can be done
    #[command(help_template = TEMPLATE, before_help = bench::EXAMPLES, after_help = bench::MORE)]
    Bench(bench::BenchArgs),
    /// Show or check the settings
    #[command(subcommand, help_template = TEMPLATE, before_help = CONFIG_EXAMPLES)]
    Config(ConfigCommand),
    /// Print a script that completes these commands in a shell
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  chat-cli serve
  chat-cli serve --listen 127.0.0.1:9000 --listen '[::1]:9000'
  chat-cli serve --listen 0.0.0.0:8080 --plaintext
  chat-cli serve --listen 127.0.0.1:0 --json
  chat-cli serve --limit linger=5s --limit body=500
  chat-cli serve --data /srv/chat --limit keep_age=90d
  chat-cli serve --memory                      nothing is kept";

const SERVE_MORE: &str = "\
Standard output has one line for each address that is listened on, and one that says where history
is kept; logs go to standard error. Without --data or --memory that is $XDG_STATE_HOME/chat, else
~/.local/state/chat, or where systemd says. One server at a time has a folder; 'chat-cli history',
'search', 'export' and 'verify' read it all the same.
SIGTERM or Ctrl-C ends the server within the time of the limit 'shutdown' and tells everybody; a
second one at once. 'chat-cli config print' shows every setting and limit.";

/// `serve`, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServeArgs {
    /// Listen here; may be repeated. Port 0 takes any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "CHAT_LISTEN", value_delimiter = ',')]
    pub(crate) listen: Vec<String>,
    /// Accept other addresses than loopback although nothing is encrypted
    #[arg(long, env = "CHAT_PLAINTEXT", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) plaintext: Option<bool>,
    /// Lift the limits on floods and on connections per address: for benchmarks and closed machines
    #[arg(long, env = "CHAT_TRUSTED", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) trusted: Option<bool>,
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
    /// Print these lines as JSON: {"listening":"127.0.0.1:41873"}, {"data":"DIR","durability":"fsync"}
    #[arg(long)]
    pub(crate) json: bool,
    /// Where settings come from that are not given here.
    #[command(flatten)]
    pub(crate) file: FileArg,
}

/// The settings file, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FileArg {
    /// Read settings from this TOML file
    #[arg(long, env = "CHAT_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
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

const JOIN_EXAMPLES: &str = "\
Examples:
  chat-cli join
  chat-cli join 10.0.0.5:8080 --name carol --room dev --room lobby
  tail -f log | chat-cli join --name logs --room ops
  chat-cli join --json --name bot";

const JOIN_MORE: &str = "\
A line is said in the current room; '/help' lists the commands; '//x' says '/x'.
Ctrl-C clears the line, and on an empty line leaves. Ctrl-D on an empty line leaves.
Without a terminal, the end of the input leaves, once everything has been answered. Then messages are on
standard output; refusals and the state of the connection are on standard error.";

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
    /// When to use colours [default: auto]
    #[arg(long, env = "CHAT_COLOR", value_name = "WHEN")]
    pub(crate) color: Option<ColorWhen>,
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
    /// Where settings come from that are not given here.
    #[command(flatten)]
    pub(crate) file: FileArg,
}

const SEND_EXAMPLES: &str = "\
Examples:
  chat-cli send --room builds 'the build is green'
  git log -1 --format=%s | chat-cli send 10.0.0.5:8080 --name git --room dev
  chat-cli send --to alice --json 'lunch?'";

const SEND_MORE: &str = "\
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
    /// Where settings come from that are not given here.
    #[command(flatten)]
    pub(crate) file: FileArg,
}

const CONFIG_EXAMPLES: &str = "\
Examples:
  chat-cli config print > chat.toml
  chat-cli config check chat.toml";

/// `config`, as typed.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the settings in force as a settings file
    Print(ServeArgs),
    /// Say whether a settings file can be used
    Check {
        /// The file.
        file: PathBuf,
    },
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_shows_examples_before_anything_else_to_read() {
        for command in [
            "", "serve", "join", "send", "history", "search", "export", "import", "verify", "bench", "config",
        ] {
            let args = ["chat-cli", command, "--help"];
            let typed = args.iter().filter(|arg| !arg.is_empty());
            let help = Cli::try_parse_from(typed).unwrap_err().to_string();
            let (examples, usage) = (help.find("Examples:").unwrap(), help.find("Usage:").unwrap());
            assert!(examples < usage, "{help}");
        }
    }

    #[test]
    fn a_switch_can_be_turned_off_again() {
        let parse = |args: &[&str]| match Cli::try_parse_from(args).unwrap().command {
            Command::Serve(serve) => serve.trusted,
            other => panic!("{other:?}"),
        };
        assert_eq!(parse(&["chat-cli", "serve"]), None);
        assert_eq!(parse(&["chat-cli", "serve", "--trusted"]), Some(true));
        assert_eq!(parse(&["chat-cli", "serve", "--trusted=false"]), Some(false));
    }
}
