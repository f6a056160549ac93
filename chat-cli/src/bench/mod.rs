//! `chat-cli bench`: a server and, beside it in the same run, a bare loop that writes the same bytes.
//!
//! `args` says what to do, `case` which runs that is, `run` does them in order: it starts a process
//! (`server_process`; the bare loop is `floor`), connects a `crowd` to it that speaks a `dialect`, and lets the
//! scenario (`fan_out`, `rooms`, `latency`, `idle`, `query`) drive it. `report` and `plot` show the samples.

mod args;
mod canned;
mod case;
mod crowd;
mod dialect;
mod fan_out;
mod floor;
mod framing;
mod idle;
mod latency;
mod plot;
mod query;
mod report;
mod rooms;
mod run;
mod sample;
mod server_process;
mod stop;
mod timer;
mod typical;

pub(crate) use args::BenchArgs;
pub(crate) use run::run;
