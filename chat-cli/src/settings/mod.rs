//! What the settings mean: flags, else the environment, else the file, else a default.

mod data;
mod downloads;
mod file;
mod files;
mod limits;
mod print;
mod screen;
mod serve;
mod who;

pub(crate) use data::{environment as environment_os, state_folder};
pub(crate) use files::{ReceiveSettings, SendFileSettings};
pub(crate) use limits::AllLimits;
pub(crate) use print::as_toml;
pub(crate) use screen::AlertSettings;
pub(crate) use serve::{Certificate, ServeSettings, data_folder};
pub(crate) use who::{JoinSettings, SendSettings, Target, Who, room_name};

/// Where `serve` listens and `join` looks, if nothing else is said.
pub(crate) const DEFAULT_ADDR: &str = "127.0.0.1:8080";

/// The room everyone starts in, if nothing else is said.
pub(crate) const DEFAULT_ROOM: &str = "lobby";
