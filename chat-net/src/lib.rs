//! Drives chat-core over a network.

pub mod codec;

pub use chat_core;
