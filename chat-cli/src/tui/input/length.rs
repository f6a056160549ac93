//! How long what is typed is, as a message: the server takes only so many bytes.

use chat_net::codec::text::{Typed, parse};

use crate::tui::clean::Clean;
use crate::tui::model::Model;

/// From this part of the limit on, in tenths, the count is shown.
const NEAR: usize = 9;

/// The bytes that would be said, and how many may be; `None` if nothing would be, or nobody knows.
fn length(model: &Model) -> Option<(usize, usize)> {
    let bytes = match parse(&model.windows.current().draft.text) {
        Typed::Say(body) | Typed::Whisper { body, .. } => body.len(),
        _ => 0,
    };
    model.body_bytes.filter(|_| bytes > 0).map(|most| (bytes, most))
}

/// Why it cannot be sent, if it is too long.
pub(super) fn refused(model: &Model) -> Option<Clean> {
    let (bytes, most) = length(model).filter(|(bytes, most)| bytes > most)?;
    Some(Clean::line(&format!(
        "not sent: {bytes} bytes, and {most} may be; shorten it, or send it as a file"
    )))
}

/// `4020/4096`, if it comes near.
pub(crate) fn count(model: &Model) -> Option<String> {
    let least = model.body_bytes? * NEAR / 10;
    // What is as short as most messages are is not read each time.
    if model.windows.current().draft.text.len() <= least {
        return None;
    }
    let (bytes, most) = length(model).filter(|(bytes, _)| *bytes > least)?;
    let over = if bytes > most { " too long" } else { "" };
    Some(format!("{bytes}/{most}{over}"))
}
