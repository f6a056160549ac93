//! `chat-cli bench`: a server and, beside it in the same run, a bare loop that does the least that can be done.
//!
//! `args` says what to do, `case` which runs that is, `run` does them in order: it starts a process
//! (`server_process`; the bare loop is `floor`), connects a `crowd` to it that speaks a `dialect` over a `transport`, and lets the
//! scenario (`fan_out`, `rooms`, `latency`, `idle`, `query`, `accept`) drive it. `kept` does those that need a
//! store on disk: in a `folder` of this run's own, with a `history` that `page` reads, or beside the bare `disk`.
//! `files` sends files, beside a bare relay. `logins` tries passwords.
//! `report` and `plot` show the samples.

mod accept;
mod args;
mod canned;
mod case;
mod crowd;
mod dialect;
mod disk;
mod fan_out;
mod files;
mod floor;
mod folder;
mod framing;
mod history;
mod idle;
mod kept;
mod latency;
mod logins;
mod page;
mod plot;
mod query;
mod random;
mod report;
mod rooms;
mod run;
mod sample;
mod server_process;
mod stop;
mod talk;
mod timer;
mod transport;
mod typical;

pub(crate) use args::{BenchArgs, EXAMPLES, MORE};
pub(crate) use run::run;
