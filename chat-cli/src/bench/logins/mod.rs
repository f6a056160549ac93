//! Logins: what it costs those who only talk when passwords are tried all the time, and whether the time that it takes to
//! refuse one tells which names have accounts.

mod flood;
mod server;
mod times;

use anyhow::{Result, anyhow};

use super::case::{Case, Work};
use super::report::Row;
use super::run::Bench;
use super::sample::{Measure, Sample};
use super::server_process::ServerProcess;

use flood::Flood;
pub(crate) use server::serve;

/// The names that have accounts, on the server of this bench.
const ACCOUNTS: u32 = 32;
/// The password of all of them.
const RIGHT: &str = "correct horse";
/// One of nobody.
const WRONG: &str = "correct house";

/// The name of an account.
fn account(number: u32) -> String {
    format!("account{}", number % ACCOUNTS)
}

impl Bench {
    /// The figures of a case about logins.
    pub(super) fn login_rows(&mut self, case: &Case) -> Result<Vec<Row>> {
        let (mut servers, mut besides) = (Vec::new(), Vec::new());
        for _ in 0..self.args.repeat {
            let (server, beside) = match case.work {
                Work::LoginTimes { pairs } => self.times(pairs)?,
                _ => self.talk_beside_logins(case)?,
            };
            servers.push(server);
            besides.push(beside);
        }
        Ok(Row::all(case, &servers, &besides))
    }

    /// How long messages take while many log in, and how long without.
    fn talk_beside_logins(&mut self, case: &Case) -> Result<(Sample, Sample)> {
        let Work::LoginTalk { logins, .. } = case.work else { return Ok(Default::default()) };
        let quiet = self.measure(case, &start()?, true)?.0;
        // A server of its own: the first one still holds the names of those who only broke off.
        let server = start()?;
        let before = server.resident_bytes();
        let flood = Flood::begin(server.addr(), logins)?;
        let talk = self.measure(case, &server, true);
        let answers = flood.end()?;
        let mut talk = talk?.0;
        if let (Some(before), Some(peak)) = (before, server.peak_bytes()) {
            talk = talk.with(Measure::Grown, peak.saturating_sub(before) as f64 / 1024.0);
        }
        self.notes.push(format!("{logins} logins a second: {answers}"));
        Ok((talk, quiet))
    }

    /// How long it takes to refuse a wrong password for a known name, and for unknown ones.
    fn times(&mut self, pairs: u32) -> Result<(Sample, Sample)> {
        let server = start()?;
        let (known, unknown) = times::measure(server.addr(), pairs, &self.stop)?;
        let t = times::welch(&known, &unknown).ok_or_else(|| anyhow!("too few answers to compare"))?;
        let (of_known, of_unknown) = (times::median_us(&known), times::median_us(&unknown));
        self.notes.push(format!(
            "wrong passwords, {} of a known name and {} of unknown ones: medians {of_known:.0} µs and {of_unknown:.0} µs, \
             Welch's t {t:.2}",
            known.len(),
            unknown.len(),
        ));
        let server = Sample::default().with(Measure::P50, of_known).with(Measure::Welch, t.abs());
        Ok((server, Sample::default().with(Measure::P50, of_unknown)))
    }
}

fn start() -> Result<ServerProcess> {
    ServerProcess::start(&["bench", "accounts"])
}
