//! Conversations: a script, and what everybody is told.

mod sessions;
