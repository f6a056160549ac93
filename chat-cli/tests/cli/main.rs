//! The real binary, as people and scripts use it. Nothing waits for a time: everything waits for a line.

mod join;
mod json;
mod operating;
mod program;
mod relay;
mod returning;
mod send;
mod serve;
mod settings;
#[cfg(unix)]
mod terminal;
