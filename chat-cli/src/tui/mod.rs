//! The full screen, in layers that can each be tested without the one outside it: what is known (`model`), and how
//! that is drawn in cells (`view`), which key does what (`keys`), what is typed with them (`input`), the
//! terminal itself (`terminal`), and what joins them all to a session (`face`).

mod alert;
mod clean;
mod face;
mod help;
mod input;
mod journal;
mod keys;
mod model;
mod terminal;
mod view;
mod zone;

pub(crate) use face::FullScreen;
