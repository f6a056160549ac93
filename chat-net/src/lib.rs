//! Drives chat-core over a network.

mod admission;
mod batch;
mod catch_up;
pub mod client;
mod clock;
pub mod codec;
mod conn;
pub mod door;
mod engine;
mod fan_out;
mod flood;
mod id_map;
mod limits;
mod listen;
mod log;
mod notice;
mod release;
mod server;
mod store;
mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use chat_core;
pub use client::{Client, Events, Notice, Options};
pub use conn::io::Transport;
pub use limits::Limits;
pub use log::{Entry, Local, Log};
pub use server::{Server, ServerBuilder, ServerError, ServerHandle, StartError};
pub use store::{Memory, Page, PageLimit, Past, Record, Store, StoreError};
