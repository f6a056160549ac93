//! How the engine behaves: conversations as stories, and laws that hold for all logs.

mod conversations;
mod refusals;
mod story;
