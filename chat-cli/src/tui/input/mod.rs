//! What keys and pastes do to what is typed: the input, and what goes on above it. No terminal here, and no connection.

mod commands;
mod complete;
mod editor;
mod emoji;
mod files;
mod find;
mod folder;
mod length;
mod overlay;
mod paste;
mod recall;
mod state;
mod visit;

#[cfg(test)]
mod tests;

pub(crate) use length::count;
pub(crate) use state::{Input, Outcome};
