//! What becomes of files, in plain words. What comes from others is not made safe here: whoever prints it does that.

use std::fmt;
use std::io;
use std::path::Path;

use chat_net::chat_core::{EndReason, Offer, PauseReason, Target, UserName};
use chat_net::client::FileError;
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

/// So many per cent of it are there: never 100 before all of it is, and 100 of nothing.
pub(crate) fn percent(there: u64, bytes: u64) -> u64 {
    let percent = (u128::from(there) * 100).checked_div(u128::from(bytes)).unwrap_or(100);
    u64::try_from(percent).unwrap_or(100).min(100)
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

/// Why something came to nothing at this end, where it is said already of which file that is.
pub(crate) fn failed(error: &FileError) -> String {
    match error {
        FileError::NotAFile { path } => not_a_file(path).to_owned(),
        FileError::Read { error, .. } => plain(error),
        FileError::SourceChanged { .. } => "it changed while it was sent, offer it again".to_owned(),
        FileError::Write { path, error } => format!("{} cannot be written: {}", path.display(), plain(error)),
        other => other.to_string(),
    }
}

/// Why that cannot be sent, which is no file.
pub(crate) fn not_a_file(path: &Path) -> &'static str {
    if path.is_dir() {
        "it is a folder; pack it first, with tar or zip, and send that"
    } else {
        "it is no regular file"
    }
}

/// What the system says of an error, without the number that it has there.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn an_error_says_what_is_wrong_and_neither_a_path_twice_nor_a_number() {
        let missing = Arc::new(std::fs::metadata("/no/such").unwrap_err());
        let error = FileError::Read { path: "/no/such".into(), error: Arc::clone(&missing) };
        let why = failed(&error);
        assert!(!why.contains("/no/such") && !why.contains("os error") && !why.is_empty(), "{why}");
        let why = failed(&FileError::Write { path: "/in/x".into(), error: missing });
        assert!(why.starts_with("/in/x cannot be written: ") && !why.contains("os error"), "{why}");
        assert!(failed(&FileError::NotAFile { path: "/".into() }).starts_with("it is a folder; pack it"));
        assert_eq!(failed(&FileError::NotAFile { path: "/no/such".into() }), "it is no regular file");
        assert_eq!(plain(&io::Error::other("a (b)")), "a (b)");
    }

    #[test]
    fn all_is_there_only_when_all_is_there() {
        for (there, bytes, share) in [
            (0, 0, 100),
            (0, 1, 0),
            (199, 200, 99),
            (200, 200, 100),
            (3, 2, 100),
            (u64::MAX - 1, u64::MAX, 99),
        ] {
            assert_eq!(percent(there, bytes), share, "{there} of {bytes}");
        }
    }

    #[test]
    fn a_quote_in_a_name_does_not_end_it() {
        assert_eq!(quoted("a b.png"), r#""a b.png""#);
        assert_eq!(quoted(r#"we"ird.png"#), r#""we\"ird.png""#);
    }
}
