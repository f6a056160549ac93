//! What `send-file` and `receive` take on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use chat_net::chat_core::{MAX_CHUNK_BYTES, MIN_CHUNK_BYTES};
use clap::Args;

use crate::cli::{LoginArgs, OwnFileArg, TrustArgs, WhoArgs};
use crate::units::Unit;

/// Lines to copy.
pub(crate) const SEND_FILE_EXAMPLES: &str = "\
Examples:
  chat-cli send-file --name alice --to bob photo.jpg
  chat-cli send-file 10.0.0.5:8080 --name ci --to '#dev' app.tar.gz notes.txt
  chat-cli send-file --name ci --to bob --wait 0 --json disk.img";

/// What else there is to know.
pub(crate) const SEND_FILE_MORE: &str = "\
Waits until the receiver is in the chat and takes the file: there, '/accept N' in 'chat-cli join', or
'chat-cli receive --from NAME'. Ends with 0 when every file is on the receiver's disk and its hash is equal. In a room,
the offer stands until all who are there have answered, or --wait is over; then all who took it must have it.
A first argument of the form HOST:PORT is the server's address, unless --addr gives that; write ./a:1 for such a file.
A connection that breaks is made again, and nothing is sent twice without need; if it does not come back in --wait
seconds, that is the end, with 1. A user who took a file and is gone before it was there (a killed program, for example)
is offered it again, if back in --wait seconds; in a room, as long as the offer stands. Up to 4 files go at once.
A name that is taken is tried again for 70 seconds, or --wait: a lost connection keeps its name for a while.

With --json each line has 'event' and, as far as they apply: transfer, name, size, bytes, user, hash, why. Events:
waiting, offered, accepted, progress, paused, resumed, declined, finished, cancelled, closed, failed,
disconnected, connected, ended. Of waiting, 'why' is name_taken, nobody_there (in the room), gone (the other end, before
a file was there), or why the server refused an offer for now.

Exit codes; of many files, the first that is not there decides:
  0   all are there              6   called off, or the receiver is gone
  1   failed, or lost for good   7   what came is not what was sent
  2   not a command              8   a file changed while it was sent
  3   the name was refused       9   the receiver's disk is full
  4   the certificate is not     10  not taken in time
      trusted                    66  a file cannot be read, or is none
  5   declined                   130, 143  interrupted, terminated";

/// Lines to copy.
pub(crate) const RECEIVE_EXAMPLES: &str = "\
Examples:
  chat-cli receive --name bob --from alice --dir .
  chat-cli receive 10.0.0.5:8080 --name bob --from ci --dir in --count 2
  chat-cli receive --name bob --from ci --room dev --dir in --wait 0 --json";

/// What else there is to know.
pub(crate) const RECEIVE_MORE: &str = "\
Takes the next files that --from offers, to this user or, with --room, in that room. Prints the path of each when it
is whole and its hash is equal. A file that is there already is never overwritten: 'name (1).ext' is its neighbour.
What was received in an earlier attempt, one that was interrupted or killed too, is not sent again. A connection that
breaks is made again; if it does not come back in --wait seconds, that is the end, with 1. A sender who is gone before
a file is here (a killed program, for example) has --wait seconds to offer it again.
A name that is taken is tried again for 70 seconds, or --wait: a lost connection keeps its name for a while.

With --json each line has 'event' and, as far as they apply: transfer, name, size, bytes, user, path, hash, why. Events:
waiting, offered, accepted, progress, paused, resumed, finished, cancelled, closed, failed,
disconnected, connected, ended. Of waiting, 'why' is name_taken, nobody_there (in the room) or gone (the other end, before
a file was there); without it, it begins.

Exit codes; the first file that does not come decides:
  0   all are here               7   what came is not what was sent
  1   failed, or lost for good   8   a file changed while it was sent
  2   not a command              9   the disk is full
  3   the name was refused       73  a file, or the folder, cannot be written
  4   the certificate is not     10  nothing offered in time
      trusted                    130, 143  interrupted, terminated
  6   called off, or the sender is gone";

/// The longest that can be waited for, in seconds; longer is for ever.
const MOST_SECS: u64 = 10 * 365 * 86_400;

/// `send-file`, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SendFileArgs {
    /// The server's address [default: 127.0.0.1:8080]
    #[arg(long)]
    pub(crate) addr: Option<String>,
    /// The name to send under [default: the login name]
    #[arg(long, short, env = "CHAT_NAME")]
    pub(crate) name: Option<String>,
    /// To this user, or to all in this #room who take it
    #[arg(long, value_name = "USER|#ROOM")]
    pub(crate) to: String,
    /// Wait so many seconds for somebody to take it; 0: for ever
    #[arg(long, value_name = "SECS", default_value_t = 300, value_parser = secs())]
    pub(crate) wait: u64,
    /// Send chunks of this size, 4KiB to 1MiB, if the server agrees [default: the server's choice]
    #[arg(long, value_name = "SIZE", value_parser = chunk_bytes)]
    pub(crate) chunk: Option<u32>,
    /// Print what happens as JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// The server's address, if it has the form HOST:PORT, and the files
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<OsString>,
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

/// `receive`, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ReceiveArgs {
    /// Where, as whom.
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    /// Take files that this user offers
    #[arg(long, value_name = "USER")]
    pub(crate) from: String,
    /// Put them into this folder; made if missing
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Take so many files, then end
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
    /// Take what is offered in this room, instead of what is offered to this user
    #[arg(long, value_name = "ROOM")]
    pub(crate) room: Option<String>,
    /// Wait so many seconds for the next offer; 0: for ever
    #[arg(long, value_name = "SECS", default_value_t = 300, value_parser = secs())]
    pub(crate) wait: u64,
    /// Print what happens as JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

fn secs() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(0..=MOST_SECS)
}

fn chunk_bytes(written: &str) -> Result<u32, String> {
    let bytes = Unit::Bytes.parse(written)?;
    let fits = u32::try_from(bytes).ok().filter(|bytes| (MIN_CHUNK_BYTES..=MAX_CHUNK_BYTES).contains(bytes));
    fits.ok_or_else(|| "a chunk has 4KiB to 1MiB".to_owned())
}
