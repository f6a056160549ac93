//! Files in `join`: what a person types about them, and what is shown of them.

mod act;
mod book;
mod listing;
mod offers;
mod run;
mod talk;
mod typed;

pub(crate) use run::{Errand, FileTold, Files};
pub(crate) use talk::{FileSaid, FileTalk, FileTurn, NOT_HERE};
pub(super) use typed::HELP;
