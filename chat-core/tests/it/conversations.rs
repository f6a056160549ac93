//! Conversations: a script, and what everybody is told.

mod asks;
mod rooms;
mod sessions;
mod talk;
