//! The whole server in the test's own process, over real sockets and over pipes: one behaviour a file.

#[cfg(feature = "accounts")]
mod account_client;
mod accounts;
mod bad_input;
mod busy;
mod chaos;
mod doors;
#[cfg(all(unix, feature = "sqlite"))]
mod durable;
#[cfg(all(feature = "web", feature = "metrics"))]
mod exposed;
mod files;
mod flood;
mod four_codecs;
mod gate;
mod hooked;
mod keepers;
mod keeping;
mod late_store;
mod limits;
mod lingering;
mod liveness;
mod order;
mod paging;
mod pair;
mod peer;
mod restart;
mod resume;
mod shutdown;
mod slow_consumer;
mod stats;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "web")]
mod web;
mod ws_frames;
