//! How the engine behaves: conversations as stories, and laws that hold for all logs.

mod conversations;
mod exactly_once;
mod golden;
mod model;
mod random_log;
mod refusals;
mod replicas;
mod rights;
mod secrets;
mod story;
mod witness;
