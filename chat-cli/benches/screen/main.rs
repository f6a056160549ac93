//! The full screen as whoever sits at it feels it, over a terminal of its own: `cargo bench -p chat-cli --bench screen`.
//!
//! A server, `join` in a terminal and a crowd on this machine. While the crowd talks, keys are typed, and what comes back is
//! looked at through a terminal's eyes. What is measured stands beside a floor from the same run, and beside an aim; with
//! `--strict` an aim that is missed fails the run, with `--quick` all of it takes seconds. `--picture` measures nothing: it plays the scene that the README shows.

#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
#[path = "../../tests/cli/glass.rs"]
mod glass;
#[cfg(target_os = "linux")]
mod keys;
#[cfg(target_os = "linux")]
mod picture;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "the tests do more with a program")]
#[path = "../../tests/cli/program.rs"]
mod program;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "the tests do more with a terminal")]
#[path = "../../tests/cli/pty.rs"]
mod pty;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "the tests do more with a wire")]
#[path = "../../tests/cli/relay.rs"]
mod relay;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod scrollback;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod svg;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let is_given = |wanted: &str| std::env::args().any(|arg| arg == wanted);
    if is_given("--picture") {
        picture::draw();
        return std::process::ExitCode::SUCCESS;
    }
    let is_quick = is_given("--quick");
    let mut report = report::Report::default();
    start::measure(if is_quick { 3 } else { 20 }, &mut report);
    keys::measure(if is_quick { 3 } else { 20 }, &mut report);
    scrollback::measure(if is_quick { 5_000 } else { 100_000 }, &mut report);
    report.end(is_given("--strict"))
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("what a process takes is read from /proc, which is not here");
}
