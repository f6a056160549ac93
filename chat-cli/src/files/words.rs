//! What becomes of files, in plain words. What comes from others is not made safe here: whoever prints it does that.

use std::fmt;

use chat_net::chat_core::{EndReason, Offer, PauseReason, Target, UserName};
use indicatif::HumanBytes;

/// Who something is said of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    user: &'a UserName,
    is_me: bool,
}

impl<'a> Who<'a> {
    /// `user`, as `me` would speak of it.
    pub(crate) fn new(user: &'a UserName, me: &str) -> Who<'a> {
        Who { user, is_me: user.as_str().eq_ignore_ascii_case(me) }
    }

    /// Whether it is whoever reads this.
    pub(crate) fn is_me(self) -> bool {
        self.is_me
    }

    /// `bob's`, `your`
    fn whose(self) -> String {
        if self.is_me { "your".into() } else { format!("{}'s", self.user) }
    }

    /// One form of a verb for `you`, the other for `bob`.
    fn does(self, you: &str, others: &str) -> String {
        format!("{self} {}", if self.is_me { you } else { others })
    }
}

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_me { f.write_str("you") } else { self.user.fmt(f) }
    }
}

/// `"photo.jpg"`: in quotes, because a name may have blanks, and may look like anything else that is said.
pub(crate) fn name(offer: &Offer) -> String {
    quoted(offer.name.as_str())
}

/// In quotes; those in the name itself are escaped, so that nobody takes one for its end.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\\\""))
}

/// `"photo.jpg" (3.15 MiB)`
pub(crate) fn file(offer: &Offer) -> String {
    format!("{} ({})", name(offer), HumanBytes(offer.size))
}

/// Whom a file goes to, or comes from: `to bob`, `to #dev`, `from alice`, `from alice in #dev`.
pub(crate) fn other_end(offer: &Offer, is_mine: bool) -> String {
    match (&offer.to, is_mine) {
        (to, true) => format!("to {to}"),
        (Target::User(_), false) => format!("from {}", offer.from),
        (to @ Target::Room(_), false) => format!("from {} in {to}", offer.from),
    }
}

/// Why it stands still.
pub(crate) fn paused(who: Who<'_>, why: PauseReason) -> String {
    match why {
        PauseReason::Lost => format!("{} connection is lost", who.whose()),
        PauseReason::NoSpace => format!("{} disk is full", who.whose()),
        PauseReason::Silent => who.does("do not answer", "does not answer"),
        PauseReason::Asked => format!("{who} paused it"),
    }
}

/// Why it came to nothing, because of `who`.
pub(crate) fn ended(who: Who<'_>, why: EndReason) -> String {
    match why {
        EndReason::Cancelled => format!("{who} called it off"),
        EndReason::Expired => "nobody took it in time".into(),
        EndReason::SourceChanged => "the file changed while it was sent".into(),
        EndReason::WrongHash => "what was received is not what was sent; it was thrown away".into(),
        EndReason::PrefixDiffers => "what was received before is not the beginning of this file".into(),
        EndReason::Left => format!("{who} left the room"),
        EndReason::Gone => format!("{who} left the chat"),
        EndReason::Failed => format!("{who} cannot read or write the file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_does_not_end_it() {
        assert_eq!(quoted("a b.png"), r#""a b.png""#);
        assert_eq!(quoted(r#"we"ird.png"#), r#""we\"ird.png""#);
    }
}
