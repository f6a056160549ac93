//! HTTP beside the chat, on the same port: the page, WebSockets, and routes that other programs can mount.

mod converse;
mod headers;
mod origin;
mod page;
mod router;
mod upgrade;

pub(crate) use converse::converse;
pub(crate) use router::all_routes;
pub use router::router;
#[cfg(feature = "metrics")]
pub(crate) use router::status;
pub use upgrade::accept_value;
