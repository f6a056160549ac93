//! What is known: windows, and what stands in them. No terminal here, and no connection.

mod feed;
mod files;
mod find;
mod found;
mod known;
mod link;
mod members;
mod mention;
mod moved;
mod offers;
mod overlay;
mod pages;
mod record;
mod row;
mod rows;
mod seen;
mod spoken;
mod visit;
mod window;
mod windows;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use chat_net::chat_core::UserName;
use chat_net::codec::text::Ignored;

use super::clean::Clean;
use super::journal::Journal;
use super::zone::Zone;

pub(crate) use files::{File, Stands};
pub(crate) use find::{ABOVE, small};
pub(crate) use found::{Found, Hit};
pub(crate) use link::Link;
pub(crate) use members::LISTED;
pub(crate) use overlay::{Overlay, Shows};
pub(crate) use row::{Kind, Row};
pub(crate) use rows::Mark;
pub(crate) use seen::Asks;
use seen::Seen;
use visit::Visit;
pub(crate) use window::{Fetch, Scroll, Window};
pub(crate) use windows::{Alert, Of, Windows};

/// All that the screen shows.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) windows: Windows,
    pub(crate) link: Link,
    /// How many lines were entered and are not answered.
    pub(crate) waiting: usize,
    /// The own name, as the server shows it.
    me: Arc<str>,
    /// Nothing of what these say is shown, from when they are ignored on.
    pub(crate) ignored: Ignored,
    /// What is known of files: first those on their way.
    files: Vec<File>,
    /// Which of them pictures asked about.
    seen: Seen,
    /// So many bytes a message may have at most, once the server said so.
    pub(crate) body_bytes: Option<usize>,
    /// Where whoever reads this lives.
    pub(crate) zone: Zone,
    /// What is shown over the messages.
    pub(crate) overlay: Option<Overlay>,
    /// What `/search` found last.
    pub(crate) found: Found,
    /// The message of it that somebody looks at.
    visit: Option<Visit>,
    /// What a person is asked, or told of a key, in a line above the input.
    pub(crate) question: Option<Clean>,
    /// What is put at the end of a window is written down there, if anywhere.
    journal: Option<Journal>,
    welcomes: u32,
}

impl Model {
    /// Nothing is known yet, by somebody who lives there.
    pub(crate) fn new(zone: Zone) -> Model {
        Model { zone, ..Model::default() }
    }

    /// The own name.
    pub(crate) fn me(&self) -> &str {
        &self.me
    }

    fn is_me(&self, user: &UserName) -> bool {
        user.as_str().eq_ignore_ascii_case(&self.me)
    }
}
