//! Connecting with patience for a name that a lost connection still holds: most often this program's own, killed before.

use std::time::Duration;

use chat_net::chat_core::Code;
use chat_net::client::{Client, Events, Options};
use tokio::time::Instant;

use super::report::{News, Report};
use super::words::quoted;
use crate::connect::{cannot_connect, connect};
use crate::exit;
use crate::settings::Who;
use crate::signals::Signals;

/// How long a taken name is tried: a little longer than a server with default limits takes to find a connection dead, and
/// then keeps its name.
const PATIENCE: Duration = Duration::from_secs(70);

/// How often.
const PAUSE: Duration = Duration::from_secs(1);

/// Connects. A name that is taken is tried again for [`PATIENCE`], or for `wait` if that is shorter.
///
/// # Errors
/// The signal, or what the server or the network says.
pub(super) async fn enter(
    who: &Who,
    mut options: Options,
    wait: Option<Duration>,
    signals: &mut Signals,
    report: &mut Report,
) -> anyhow::Result<(Client, Events)> {
    let deadline = Instant::now() + wait.map_or(PATIENCE, |wait| wait.min(PATIENCE));
    let mut is_told = false;
    loop {
        let error = match connect(who, &mut options, signals, || {}).await? {
            Ok(connected) => return Ok(connected),
            Err(error) => error,
        };
        let is_taken = error.code() == Some(Code::NameTaken.number());
        if !is_taken || Instant::now() + PAUSE > deadline {
            return Err(cannot_connect(who, &error));
        }
        if !std::mem::replace(&mut is_told, true) {
            report.tell(&taken(who, deadline))?;
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            signal = signals.next() => {
                return Err(exit::because(signal, "ended before there was a connection"));
            }
        }
    }
}

fn taken(who: &Who, deadline: Instant) -> News {
    let secs = deadline.saturating_duration_since(Instant::now()).as_secs_f64().round();
    let text = format!(
        "the name {} is taken; a lost connection keeps its name for a while (30 s by default), so it is tried again for {secs} s",
        quoted(&who.name)
    );
    News::of("waiting", text).user(&who.name).why("name_taken")
}
