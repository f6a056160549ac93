//! Which commands there are.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::screen::SCREEN_MORE;
use super::serve::{DataArgs, SERVE_EXAMPLES, SERVE_MORE, ServeArgs};
use super::talk::{JOIN_EXAMPLES, JOIN_MORE, JoinArgs, SEND_EXAMPLES, SEND_MORE, SendArgs};
use crate::bench;
use crate::files::{
    RECEIVE_EXAMPLES, RECEIVE_MORE, ReceiveArgs, SEND_FILE_EXAMPLES, SEND_FILE_MORE, SendFileArgs,
};
use crate::folder::{
    EXPORT_EXAMPLES, ExportArgs, FOLDER, HISTORY_EXAMPLES, HistoryArgs, IMPORT_EXAMPLES, ImportArgs,
    SEARCH_EXAMPLES, SearchArgs, VERIFY_EXAMPLES,
};
use crate::user::{USER_EXAMPLES, USER_MORE, UserArgs};

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
  chat-cli send-file --to bob photo.jpg        send a file to bob, who takes it
  chat-cli history lobby                       read what was said there";

const ENDS: &str = "\
Settings come from flags, else from CHAT_... variables, else from a file, else a default. The file is that of --config;
without it, 'join', 'send', 'send-file' and 'receive' read your own, $XDG_CONFIG_HOME/chat/config.toml or
~/.config/chat/config.toml, if it is there. A server is nobody's own: 'serve' and what looks into its folder read no
file that they are not told.

Exit codes:
  0   done                       66  a file to send cannot be read
  1   failed, or lost for good   73  a file, or an import, has no place
  2   not a command              74  the data folder failed or is damaged
  3   name or password refused   75  another process has the data folder
  4   the server's certificate   77  not permitted
      is not trusted             78  wrong settings, or not for that data folder
  5   a file was declined        130 interrupted, and not in order
  6   a file was called off      143 terminated, and not in order
  7   a file's hash is wrong
  8   a file changed meanwhile
  9   no space for a file
  10  no file was taken in time";

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
    #[command(help_template = TEMPLATE, before_help = JOIN_EXAMPLES)]
    #[command(after_help = format!("{JOIN_MORE}\n\n{SCREEN_MORE}"))]
    Join(JoinArgs),
    /// Say one thing and go
    #[command(help_template = TEMPLATE, before_help = SEND_EXAMPLES, after_help = SEND_MORE)]
    Send(SendArgs),
    /// Send files, and wait until they have arrived
    #[command(help_template = TEMPLATE, before_help = SEND_FILE_EXAMPLES, after_help = SEND_FILE_MORE)]
    SendFile(SendFileArgs),
    /// Receive files that somebody sends
    #[command(help_template = TEMPLATE, before_help = RECEIVE_EXAMPLES, after_help = RECEIVE_MORE)]
    Receive(ReceiveArgs),
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
    /// Make and look after the accounts of a server
    #[command(help_template = TEMPLATE, before_help = USER_EXAMPLES, after_help = USER_MORE)]
    User(UserArgs),
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

const CONFIG_EXAMPLES: &str = "\
Examples:
  chat-cli config print > chat.toml
  chat-cli config check chat.toml";

/// `config`, as typed.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the settings in force as a settings file
    Print(Box<ServeArgs>),
    /// Say whether a settings file can be used
    Check {
        /// The file.
        file: PathBuf,
    },
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
            "",
            "serve",
            "join",
            "send",
            "send-file",
            "receive",
            "history",
            "search",
            "export",
            "import",
            "verify",
            "user",
            "bench",
            "config",
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
