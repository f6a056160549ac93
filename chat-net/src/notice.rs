//! Refusals and farewells that are made at the edge, in the words of the table of codes.

use std::time::Duration;

use chat_core::{Code, Event, Refusal, RequestId, Timestamp};

use crate::codec::{Closing, FromServer, Told};

/// A refusal in the table's own words.
pub(crate) fn refusal(code: Code) -> Refusal {
    refusal_saying(code, code.sentence(), None)
}

/// A refusal that has more to say than the table.
pub(crate) fn refusal_saying(code: Code, message: &str, retry_after_ms: Option<u64>) -> Refusal {
    Refusal { code: code.number(), reason: code.name().into(), message: message.into(), retry_after_ms }
}

/// A refusal of one who tried too often.
pub(crate) fn come_later(why: &str, wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let message = format!("{why}, try again in {seconds} s");
    refusal_saying(Code::TooManyLogins, &message, Some(seconds * 1000))
}

/// A refusal as a frame.
pub(crate) fn refused(re: RequestId, at: Timestamp, refusal: Refusal) -> FromServer {
    FromServer::Told(Told { re, past: false, at, event: Event::Refused(refusal) })
}

/// A farewell in the table's own words.
pub(crate) fn closing(code: Code) -> Closing {
    closing_saying(code, code.sentence())
}

/// A farewell that has more to say than the table.
pub(crate) fn closing_saying(code: Code, message: &str) -> Closing {
    Closing {
        code: code.number(),
        reason: code.name().into(),
        message: message.into(),
        reconnect_after_ms: None,
    }
}

/// The farewell of a server that ends.
pub(crate) fn going_away(reconnect_after_ms: u64) -> Closing {
    Closing { reconnect_after_ms: Some(reconnect_after_ms), ..closing(Code::GoingAway) }
}
