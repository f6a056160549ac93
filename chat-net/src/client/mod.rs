//! A program's place in the chat: asks that are answered, events that come exactly once, a link that comes back.
//!
//! ```no_run
//! use chat_net::client::{Client, Notice, Options};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let (client, mut events) = Client::connect("127.0.0.1:8080", Options::named("bot")).await?;
//! client.join("dev").await?;
//! client.say("dev", "good morning").await?;
//! while let Some(notice) = events.next().await {
//!     if let Notice::Told(told) = notice {
//!         println!("{}", told.event);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod backoff;
mod driver;
mod error;
mod files;
mod greet;
mod handle;
mod link;
mod notice;
mod options;
mod queue;
mod sleep;
mod waiting;

pub use error::{AskError, ConnectError};
pub use files::{
    FileError, FileEvent, Landing, ReceiveOptions, SendOptions, Transfer, TransferHandle, disk_name,
};
pub use handle::{Client, Events, HistoryPage, Receipt};
pub use link::Link;
pub use notice::{Notice, Why};
pub use options::Options;
