//! What is known of files, in words that are safe to draw, and the rows of their offers.

use std::collections::BTreeMap;

use chat_net::chat_core::{Target, TransferId};

use super::row::Kind;
use super::windows::Of;
use super::{Model, spoken};
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
    offer: Clean,
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
    fn new(known: Standing) -> File {
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
    fn said(&self, by_key: bool) -> String {
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

impl Model {
    /// Every file that is known: first those on their way, then those that wait for an answer.
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// The file that was chosen in the list, if somebody chose one that is still there.
    pub(crate) fn file(&self, chosen: Option<TransferId>) -> Option<&File> {
        self.files.iter().find(|file| Some(file.transfer) == chosen)
    }

    /// This is what is known of files now.
    pub(crate) fn files_are(&mut self, known: Vec<Standing>) {
        let before = std::mem::replace(&mut self.files, known.into_iter().map(File::new).collect());
        let (before, now) = (all_said(&before), all_said(&self.files));
        let changed = now.into_iter().filter(|(transfer, said)| before.get(transfer) != Some(said));
        changed.for_each(|(transfer, _)| self.tell_of(transfer));
    }

    /// The offer that a key answers, and where it was made: the last in the current window, else the last of all.
    pub(crate) fn open_offer(&self) -> Option<(TransferId, &Of)> {
        let of = &self.windows.current().of;
        let here = self.files.iter().find(|file| file.is_open() && file.of == *of);
        here.or_else(|| self.files.iter().find(|file| file.is_open())).map(|file| (file.transfer, &file.of))
    }

    /// Says in the row of an offer what has become of it.
    pub(super) fn tell_of(&mut self, transfer: TransferId) {
        let Some(file) = self.files.iter().find(|file| file.transfer == transfer) else { return };
        let said = file.said(is_next(&self.files, file));
        let text = Clean::line(&format!("{}: {said}", file.offer.as_str()));
        // Where there are too many windows, it is in the server's.
        for of in [&file.of, &Of::Server] {
            let Some(window) = self.windows.find_mut(of) else { continue };
            // A server that began its numbers anew may have used that one before.
            let is_it = |at: &_| window.rows.get(*at).is_some_and(|row| row.kind == Kind::Offer(transfer));
            let rows = window.rows.len().cast_signed() as i64;
            let found = (1..=rows).map(|up| window.rows.end().plus(-up)).find(is_it);
            if let Some(at) = found {
                window.rows.change(at, |row| row.text = text);
                return;
            }
        }
    }
}

/// What has become of each.
fn all_said(files: &[File]) -> BTreeMap<TransferId, String> {
    let mut next = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_open()) {
        next.entry(&file.of).or_insert(file.transfer);
    }
    let said = |file: &File| (file.transfer, file.said(next.get(&file.of) == Some(&file.transfer)));
    files.iter().map(said).collect()
}

/// Whether a key would answer that one, of all in its window.
fn is_next(files: &[File], file: &File) -> bool {
    let next = files.iter().find(|known| known.is_open() && known.of == file.of);
    next.is_some_and(|next| next.transfer == file.transfer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::offer;
    use crate::tui::model::tests::{of, user};
    use chat_net::chat_core::Event;

    fn offered(model: &mut Model, number: u64, from: &str, to: &str) -> Standing {
        let offer = offer(number, from, to, "photo.jpg", 3_300_000);
        model.hear(Event::Offered(Box::new(offer.clone())));
        Standing { is_mine: from == "alice", offer, state: State::Offered }
    }

    fn last(model: &Model, of: &Of) -> String {
        model.shown(of).pop().unwrap()
    }

    #[test]
    fn the_row_of_an_offer_says_what_became_of_it() {
        let mut model = Model::in_lobby(1);
        let mut file = offered(&mut model, 7, "bob", "alice");
        let bob = Of::User(user("bob"));
        let head = "- bob: offers you \"photo.jpg\" (3.15 MiB), file 7";
        assert_eq!(last(&model, &bob), head);
        for (state, said) in [
            (State::Offered, "Alt-Y accepts, Alt-N declines"),
            (State::Running(Default::default()), "you take it"),
            (State::Paused(Default::default(), "bob paused it".into()), "paused, bob paused it"),
            (State::Done("/in/photo.jpg".into()), "it is in /in/photo.jpg"),
            (State::Over("nobody took it in time".into()), "over, nobody took it in time"),
            (State::Declined, "you did not take it; /accept 7 takes it after all"),
            (State::Over("\x1b[2J".into()), "over, <U+001B>[2J"),
        ] {
            file.state = state;
            model.files_are(vec![file.clone()]);
            assert_eq!(last(&model, &bob), format!("{head}: {said}"));
        }
        let mine = offered(&mut model, 8, "alice", "#lobby");
        model.files_are(vec![mine]);
        let said = "- alice: offers \"photo.jpg\" (3.15 MiB), file 8: /cancel 8 takes it back";
        assert_eq!(last(&model, &of("lobby")), said);
    }

    #[test]
    fn the_key_answers_the_last_offer_here_and_then_the_last_of_all() {
        let mut model = Model::in_lobby(1);
        assert_eq!(model.open_offer(), None);
        let (first, second) =
            (offered(&mut model, 3, "bob", "#lobby"), offered(&mut model, 4, "bob", "#lobby"));
        let whispered = offered(&mut model, 9, "bob", "alice");
        model.files_are(vec![whispered.clone(), second.clone(), first.clone()]);
        assert_eq!(model.open_offer().map(|(it, _)| it), Some(TransferId(4)));
        let rows = model.shown(&of("lobby"));
        assert!(rows[rows.len() - 1].ends_with(": Alt-Y accepts, Alt-N declines"), "{rows:?}");
        assert!(rows[rows.len() - 2].ends_with(": /accept 3 or /decline 3"), "{rows:?}");
        // The one before is the last then.
        let second = Standing { state: State::Over("bob called it off".into()), ..second };
        model.files_are(vec![whispered, first, second]);
        assert_eq!(model.open_offer().map(|(it, _)| it), Some(TransferId(3)));
        let rows = model.shown(&of("lobby"));
        assert!(rows[rows.len() - 2].ends_with(": Alt-Y accepts, Alt-N declines"), "{rows:?}");
        model.windows.go_to(0);
        assert_eq!(model.open_offer().map(|(it, _)| it), Some(TransferId(9)));
    }

    #[test]
    fn it_does_not_matter_which_is_told_first() {
        let mut model = Model::in_lobby(1);
        let offer = offer(7, "bob", "#lobby", "x", 1);
        model.files_are(vec![Standing { offer: offer.clone(), is_mine: false, state: State::Offered }]);
        model.hear(Event::Offered(Box::new(offer)));
        assert!(last(&model, &of("lobby")).ends_with("Alt-Y accepts, Alt-N declines"));
    }
}
