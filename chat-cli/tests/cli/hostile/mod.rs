//! A server, and people on it, that would rather command the terminal than be read: what `join` writes holds nothing but
//! what it made itself. An honest server refuses much of this; the one here says it all the same.

#[path = "../../../src/tui/view/hostile/corpus.rs"]
mod corpus;
mod grammar;
mod plain;
mod screen;
mod server;
mod talk;
