//! The text codec: what people type, and what they see.

mod changes;
mod files;
mod order;
mod paging;
mod parse;
mod print;

pub use paging::{PageEnd, Paged, Paging};
pub use parse::{Typed, parse};
pub use print::{before_you, encode_server, encode_server_at, greeting, help, locked_greeting, note, refuse};
