//! The store in a folder, from outside: what was kept comes back, whatever happened in between.

mod kept;
mod log;
mod scratch;
