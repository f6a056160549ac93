//! Drives chat-core over a network.

pub mod codec;
pub mod door;

pub use chat_core;
