//! The real binary, as people and scripts use it. Nothing waits for a time: everything waits for a line.

#[cfg(unix)]
mod accounts;
#[cfg(unix)]
mod admin;
#[cfg(unix)]
mod aside;
#[cfg(unix)]
mod bars;
mod file_starts;
mod files;
mod folder;
#[cfg(unix)]
mod frames;
#[cfg(unix)]
mod glass;
#[cfg(unix)]
mod hostile;
mod join;
mod join_files;
mod json;
mod kept;
mod killed;
mod operating;
#[cfg(unix)]
mod order;
mod program;
#[cfg(unix)]
mod pty;
#[expect(dead_code, reason = "how much was carried matters to the other tests")]
mod relay;
mod returning;
#[cfg(unix)]
mod screen;
#[cfg(target_os = "linux")]
mod secrets;
mod send;
mod serve;
mod settings;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod tls;
