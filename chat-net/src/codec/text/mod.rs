//! The text codec: what people type, and what they see.

mod act;
mod changes;
mod files;
mod help;
mod ignored;
mod order;
mod paging;
mod parse;
mod print;
mod term;

pub use act::Act;
pub use help::{FILES, help};
pub use ignored::Ignored;
pub use paging::{PageEnd, Paged, Paging};
pub use parse::{Typed, parse};
pub use print::{before_you, encode_server, encode_server_at, greeting, locked_greeting, note, refuse};
pub use term::Term;
