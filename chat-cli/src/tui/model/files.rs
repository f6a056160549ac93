//! What is known of a file, in words that are safe to draw.

use chat_net::chat_core::{Target, TransferId};

use super::spoken;
use super::windows::Of;
use crate::files::{Standing, State, file, other_end};
use crate::tui::clean::Clean;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) transfer: TransferId,
    /// The window where it was offered.
    pub(crate) of: Of,
    /// Whether it is sent from here.
    pub(crate) is_mine: bool,
    /// Whether it is offered to whoever reads this, and nobody else.
    to_me: bool,
    /// `photo.jpg`
    pub(crate) name: Clean,
    /// `"photo.jpg" (3.24 MiB) from alice`
    pub(crate) what: Clean,
    /// `offers "photo.jpg" (3.24 MiB), file 7`
    pub(super) offer: Clean,
    pub(crate) stands: Stands,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    /// It waits for an answer.
    Offered,
    /// Whoever reads this did not want it, and may take it after all.
    Declined,
    /// So many of so many bytes are there; `1.2M/s, 00:12 left`.
    Running { there: u64, bytes: u64, pace: Clean },
    /// They are, and no more come for now.
    Paused { there: u64, bytes: u64, why: Clean },
    /// It is there; where, or who has it.
    Done(Clean),
    /// It came to nothing; why.
    Over(Clean),
}

impl File {
    pub(super) fn new(known: Standing) -> File {
        let Standing { offer, is_mine, state } = known;
        let line = |text: String| Clean::line(&text);
        let to_me = !is_mine && matches!(offer.to, Target::User(_));
        let stands = match state {
            State::Offered => Stands::Offered,
            State::Declined => Stands::Declined,
            State::Running(progress) => Stands::Running {
                there: progress.there,
                bytes: progress.bytes,
                pace: line(format!("{}, {} left", progress.rate, progress.left)),
            },
            State::Paused(progress, why) => {
                Stands::Paused { there: progress.there, bytes: progress.bytes, why: line(why) }
            }
            State::Done(where_it_is) => Stands::Done(line(where_it_is)),
            State::Over(why) => Stands::Over(line(why)),
        };
        File {
            transfer: offer.transfer,
            of: Of::offer(&offer, is_mine),
            is_mine,
            to_me,
            name: Clean::line(offer.name.as_str()),
            what: line(format!("{} {}", file(&offer), other_end(&offer, is_mine))),
            offer: spoken::offer(&offer, to_me),
            stands,
        }
    }

    /// Whether whoever reads this can accept or decline it.
    pub(crate) fn is_open(&self) -> bool {
        !self.is_mine && self.stands == Stands::Offered
    }

    /// What has become of it, for the row of its offer; `by_key` if a key answers it.
    pub(super) fn said(&self, by_key: bool) -> String {
        let number = self.transfer;
        match &self.stands {
            Stands::Offered if self.is_mine => format!("/cancel {number} takes it back"),
            Stands::Offered if by_key => "Alt-Y accepts, Alt-N declines".to_owned(),
            Stands::Offered => format!("/accept {number} or /decline {number}"),
            Stands::Declined => format!("you did not take it; /accept {number} takes it after all"),
            Stands::Running { .. } if self.is_mine => "on its way".to_owned(),
            Stands::Running { .. } => "you take it".to_owned(),
            Stands::Paused { why, .. } => format!("paused, {}", why.as_str()),
            Stands::Done(there) if self.is_mine => there.as_str().to_owned(),
            Stands::Done(there) => format!("it is in {}", there.as_str()),
            Stands::Over(why) => format!("over, {}", why.as_str()),
        }
    }
}

impl Stands {
    /// How many of how many bytes are there, while they are on their way.
    pub(crate) fn progress(&self) -> Option<(u64, u64)> {
        match self {
            Stands::Running { there, bytes, .. } | Stands::Paused { there, bytes, .. } => {
                Some((*there, *bytes))
            }
            _ => None,
        }
    }
}
