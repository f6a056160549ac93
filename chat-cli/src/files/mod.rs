//! Files: what is said of them in `join`, and the commands `send-file` and `receive`.

mod args;
mod copies;
mod crew;
mod enter;
mod meter;
mod path;
mod rate;
mod receive;
mod report;
mod send;
mod standing;
mod story;
mod tally;
#[cfg(test)]
pub(crate) mod testing;
mod trouble;
mod words;

pub(crate) use args::{
    RECEIVE_EXAMPLES, RECEIVE_MORE, ReceiveArgs, SEND_FILE_EXAMPLES, SEND_FILE_MORE, SendFileArgs,
};
pub(crate) use crew::until;
pub(crate) use path::{at_home, written};
pub(crate) use receive::receive;
pub(crate) use send::send;
#[cfg(test)]
pub(crate) use standing::Progress;
pub(crate) use standing::{Standing, State};
pub(crate) use story::Story;
pub(crate) use words::{Who, ended, failed, file, name, other_end, paused, percent, plain};
