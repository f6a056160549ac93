//! A chat server and its client: drives [`chat_core`] over TCP, or over any byte stream.
//!
//! ```text
//!              bytes                 Ask             Command + Stamp       Event × Audience       bytes
//!   nc ──┐                                                                                          ┌── nc
//!  TCP ──┼→ door → cut → decode → pace ──→ engine: log ──→ Chat::apply ──→ store ──→ encode once ──→ outbox
//!  bot ──┘                                                                                          └── bot
//! ```
//!
//! # 1. Start a server
//!
//! It runs on the tokio runtime that it is started on. It installs no logger and holds nothing global, so a
//! process may have several.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use chat_net::Server;
//!
//! let server = Server::builder().listen("127.0.0.1:0").start().await?;
//! println!("try: nc 127.0.0.1 {}", server.local_addrs()[0].port());
//! # Ok(server.shutdown(std::time::Duration::from_secs(1)).await?)
//! # }
//! ```
//!
//! With the feature `tls`, a server with a certificate speaks TLS there and nothing else: see the module `tls`.
//!
//! # 2. Set its limits
//!
//! Every queue, length and wait has a limit. [`Limits`] has those of connections, [`chat_core::Config`] those
//! of the chat itself. `docs/operating.md` says what happens at each.
//!
//! ```
//! use chat_net::{Limits, Server, chat_core::Config};
//!
//! let builder = Server::builder()
//!     .limits(Limits { connections: 200, ..Limits::default() })
//!     .core(Config { body_bytes: 1000, ..Config::default() })
//!     .start_room(Some("hall"));
//! # drop(builder);
//! ```
//!
//! # 3. Join from the same process
//!
//! [`ServerHandle::join`] gives a [`Client`], which asks, and [`Events`], which is told. Neither needs a socket.
//! The same two come from [`Client::connect`], over TCP.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use chat_net::Server;
//! use chat_net::{Notice, Options, chat_core::Event};
//! # let server = Server::builder().start().await?;
//!
//! let (bot, mut events) = server.join(Options::named("bot").rooms(["dev"])).await?;
//! let receipt = bot.say("dev", "good morning").await?;
//! assert_eq!(receipt.place.room.as_str(), "dev");
//! while let Some(notice) = events.next().await {
//!     if let Notice::Told(told) = notice
//!         && let Event::Said { from, body, .. } = &told.event
//!     {
//!         assert_eq!((from.as_str(), body.as_str()), ("bot", "good morning"));
//!         break;
//!     }
//! }
//! # Ok(server.shutdown(std::time::Duration::from_secs(1)).await?)
//! # }
//! ```
//!
//! # 4. Bring your own transport
//!
//! [`ServerHandle::serve_connection`] takes anything that can be read and written, and recognises what it
//! speaks as it does on its port. [`Client::over`] and [`Client::dial`] are the other end.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use chat_net::{Client, Options, Server};
//! # let server = Server::builder().start().await?;
//! let (near, far) = tokio::io::duplex(4096);
//! server.serve_connection(far).map_err(|code| code.sentence())?;
//! let (client, _events) = Client::over(near, Options::named("pipe")).await?;
//! assert_eq!(client.users(None).await?[0].as_str(), "pipe");
//! # Ok(server.shutdown(std::time::Duration::from_secs(1)).await?)
//! # }
//! ```
//!
//! # 5. Bring your own store
//!
//! [`Store`] keeps what the chat records and answers history. Nobody is told of anything before the store has
//! it. [`Memory`] is the one that is used if none is set; with the feature `sqlite` there is one that survives.
//!
//! # 6. End it
//!
//! [`ServerHandle::shutdown`] takes no more asks, answers those that came before, and tells everyone to come
//! back later. [`ServerHandle::failed`] is ready if the server cannot go on by itself.
//!
//! # Panics and errors
//!
//! No input makes it panic. What users may not do is a [`Refusal`](chat_core::Refusal), what a peer does wrong
//! closes its connection, and both carry a number of one table, [`Code`](chat_core::Code), whose range says
//! whether to come back. Errors say what to do, and `is_retryable` whether to do it again.
//!
//! `docs/protocol.md` has every byte of the wire, `docs/embedding.md` more examples.

mod account_book;
#[cfg(all(feature = "web", feature = "metrics"))]
pub mod admin;
mod admission;
pub mod auth;
mod batch;
mod catch_up;
pub mod client;
mod clock;
pub mod codec;
mod conn;
mod disk;
pub mod door;
mod engine;
mod fan_out;
mod flood;
#[cfg(feature = "web")]
pub mod http;
mod id_map;
mod identity;
mod limits;
mod lingering;
mod listen;
mod lock;
mod log;
#[cfg(feature = "metrics")]
pub mod metrics;
mod notice;
mod pipeline;
mod reads;
mod recover;
mod release;
mod seal;
mod server;
mod socket;
pub mod stats;
mod store;
mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(feature = "tls")]
pub mod tls;
mod transfer;

pub use account_book::{AccountBook, AccountError};
pub use chat_core;
pub use client::{Client, Events, Notice, Options};
pub use conn::io::Transport;
pub use limits::Limits;
pub use log::{Entry, Local, Log};
pub use server::{Server, ServerBuilder, ServerError, ServerHandle, StartError};
pub use stats::{Health, Observer, Stats};
#[cfg(feature = "sqlite")]
pub use store::sqlite::{self, Archive, Durability, Import, OpenError, Sqlite, SqliteOptions};
pub use store::{
    Available, Memory, Messages, Page, PageLimit, Past, Record, Recovered, Search, Store, StoreError,
};

/// The code of the README and of the manual for embedding is compiled, and run where it ends.
#[cfg(doctest)]
mod manuals {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    // Its programs need what it says to add to chat-net.
    #[cfg(all(feature = "tls", feature = "web"))]
    #[doc = include_str!("../../docs/embedding.md")]
    struct Embedding;
}
