//! The text codec: what people type, and what they see.

mod parse;
mod print;

pub use parse::{Typed, parse};
pub use print::{encode_server, greeting, help, note, refuse};
