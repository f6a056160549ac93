//! What the commands on a data folder take on the command line.

use std::path::PathBuf;

use chat_net::chat_core::{Anchor, Number, Timestamp};
use clap::Args;

use super::time;
use crate::cli::DataArgs;

/// Messages printed at once, if nothing else is said.
const MESSAGES: u32 = 50;

/// The most that are printed at once; `export` gives everything.
const MOST_MESSAGES: i64 = 10_000;

/// What these commands have in common, for their help.
pub(crate) const FOLDER: &str = "\
The folder may be that of a running server: no server is asked, and nothing that is kept is changed.
Whoever may read the folder reads all rooms.
Times are UTC: 2026-07-01, '2026-07-01 14:30', 2026-07-01T14:30:00Z.";

pub(crate) const HISTORY_EXAMPLES: &str = "\
Examples:
  chat-cli history                             which rooms there are
  chat-cli history lobby                       the last 50 messages
  chat-cli history lobby --before 1200 --limit 200
  chat-cli history lobby --from-time '2026-07-01 14:30'
  chat-cli history lobby --json --data /srv/chat";

/// `history`, as typed.
#[derive(Args, Clone, Debug)]
pub(crate) struct HistoryArgs {
    /// The room [default: lists all rooms]
    pub(super) room: Option<String>,
    /// Which of its messages.
    #[command(flatten)]
    pub(super) anchor: AnchorArgs,
    /// Print so many messages [default: 50]
    #[arg(long, value_name = "N", requires = "room", value_parser = clap::value_parser!(u32).range(1..=MOST_MESSAGES))]
    limit: Option<u32>,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Where.
    #[command(flatten)]
    pub(super) data: DataArgs,
}

/// Which messages of a room, as typed; the last ones if nothing is.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub(crate) struct AnchorArgs {
    /// The last ones before this number
    #[arg(long, value_name = "N", requires = "room")]
    before: Option<u64>,
    /// The first ones after this number
    #[arg(long, value_name = "N", requires = "room")]
    after: Option<u64>,
    /// Half of them before this number, half from it on
    #[arg(long, value_name = "N", requires = "room")]
    around: Option<u64>,
    /// The last ones before this time
    #[arg(long, value_name = "TIME", requires = "room", value_parser = time::parse)]
    before_time: Option<Timestamp>,
    /// The first ones from this time on
    #[arg(long, value_name = "TIME", requires = "room", value_parser = time::parse)]
    from_time: Option<Timestamp>,
}

impl HistoryArgs {
    /// How many messages.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(MESSAGES) as usize
    }
}

impl AnchorArgs {
    /// Which messages.
    pub(super) fn anchor(&self) -> Anchor {
        let given = [
            self.before.map(|number| Anchor::Before(Number(number))),
            self.after.map(|number| Anchor::After(Number(number))),
            self.around.map(|number| Anchor::Around(Number(number))),
            self.before_time.map(Anchor::BeforeTime),
            self.from_time.map(Anchor::FromTime),
        ];
        given.into_iter().flatten().next().unwrap_or_default()
    }
}

pub(crate) const SEARCH_EXAMPLES: &str = "\
Examples:
  chat-cli search release notes                both words, in any order
  chat-cli search '\"release notes\"'            these words in a row
  chat-cli search 'deploy*' --room ops --room dev
  chat-cli search outage --before-time 2026-07-01 --json";

/// `search`, as typed.
#[derive(Args, Clone, Debug)]
pub(crate) struct SearchArgs {
    /// Words that a message must hold; 'word*' finds all that begin so, '"some words"' those in a row
    #[arg(required = true)]
    pub(super) words: Vec<String>,
    /// Only in this room; may be repeated [default: all rooms]
    #[arg(long, value_name = "ROOM", value_delimiter = ',')]
    pub(super) room: Vec<String>,
    /// Only what was said before this time
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    pub(super) before_time: Option<Timestamp>,
    /// Print the newest so many
    #[arg(long, value_name = "N", default_value_t = MESSAGES, value_parser = clap::value_parser!(u32).range(1..=MOST_MESSAGES))]
    pub(super) limit: u32,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Where.
    #[command(flatten)]
    pub(super) data: DataArgs,
}

pub(crate) const EXPORT_EXAMPLES: &str = "\
Examples:
  chat-cli export --output chat.jsonl
  chat-cli export | gzip > chat.jsonl.gz
  chat-cli export --room dev | jq -r 'select(.type == \"said\") | .body'";

/// `export`, as typed.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExportArgs {
    /// Only this room; may be repeated [default: all rooms]
    #[arg(long, value_name = "ROOM", value_delimiter = ',')]
    pub(super) room: Vec<String>,
    /// Write to this file; one of that name is replaced at the end [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub(super) data: DataArgs,
}

pub(crate) const IMPORT_EXAMPLES: &str = "\
Examples:
  chat-cli import chat.jsonl --data /srv/chat
  zcat chat.jsonl.gz | chat-cli import - --data /srv/chat";

/// `import`, as typed.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImportArgs {
    /// The export, or - for standard input
    pub(super) file: PathBuf,
    /// Where to; there must not be a history yet.
    #[command(flatten)]
    pub(super) data: DataArgs,
}

pub(crate) const VERIFY_EXAMPLES: &str = "\
Examples:
  chat-cli verify
  chat-cli verify --data /srv/chat && echo whole";
