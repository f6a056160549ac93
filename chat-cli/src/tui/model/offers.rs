//! The rows of offers, each with what became of its file.

use std::collections::BTreeMap;

use chat_net::chat_core::{Timestamp, TransferId};

use super::files::File;
use super::row::{Kind, Row};
use super::windows::Of;
use super::{Mark, Model};
use crate::files::Standing;
use crate::join::{FileSaid, FileTurn};
use crate::tui::clean::Clean;

impl Model {
    /// Every file that is known: first those on their way, then those that wait for an answer.
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// The file that was chosen in the list, if somebody chose one that is still there.
    pub(crate) fn file(&self, chosen: Option<TransferId>) -> Option<&File> {
        self.files.iter().find(|file| Some(file.transfer) == chosen)
    }

    /// This is what is known of files now; gives those whose rows say something else than before.
    pub(crate) fn files_are(&mut self, known: Vec<Standing>) -> Vec<TransferId> {
        let before = std::mem::replace(&mut self.files, known.into_iter().map(File::new).collect());
        let (before, now) = (all_said(&before), all_said(&self.files));
        let changed = now.into_iter().filter(|(transfer, said)| before.get(transfer) != Some(said));
        changed.map(|(transfer, _)| transfer).filter(|transfer| self.tell_of(*transfer)).collect()
    }

    /// Takes what was said of a file, after the rows of these `changed`. What they say is not said again; but the end of a
    /// file is, unless nothing stands below its row where somebody looks. Each end is logged.
    pub(crate) fn file_said(&mut self, at: Timestamp, said: FileSaid, changed: &[TransferId]) {
        let here = self.windows.current().of.clone();
        let lines = said.shown.into_lines();
        let is_seen = match said.turn {
            FileTurn::NotBegun => false,
            FileTurn::Begun(transfer) => self.offered_in(transfer) == here,
            FileTurn::GoesOn(_) => true,
            FileTurn::Ended(transfer) => {
                let of = self.offered_in(transfer);
                lines.iter().for_each(|line| self.record(&of, &Row::line(at, line)));
                let last = self.windows.current().rows.newest();
                changed.contains(&transfer) && last.is_some_and(|row| row.kind == Kind::Offer(transfer))
            }
        };
        if !is_seen {
            self.lines(&here, at, &lines);
        }
    }

    /// The window where a file was offered.
    fn offered_in(&self, transfer: TransferId) -> Of {
        self.file(Some(transfer)).map_or(Of::Server, |file| file.of.clone())
    }

    /// The offer that a key answers, and where it was made: the last in the current window, else the last of all.
    pub(crate) fn open_offer(&self) -> Option<(TransferId, &Of)> {
        let open = next(&self.files);
        let here = open.get_key_value(&self.windows.current().of).map(|(of, transfer)| (*transfer, *of));
        here.or_else(|| self.files.iter().find(|file| file.is_open()).map(|file| (file.transfer, &file.of)))
    }

    /// The window that has the row of an offer, and the row, if it is still there.
    pub(super) fn row_of(&self, transfer: TransferId) -> Option<(&Of, Mark)> {
        let file = self.file(Some(transfer))?;
        // Where there are too many windows, it is in the server's.
        [&file.of, &Of::Server].into_iter().find_map(|of| {
            let rows = &self.windows.find(of)?.rows;
            // A server that began its numbers anew may have used that one before.
            let is_it = |at: &_| rows.get(*at).is_some_and(|row| row.kind == Kind::Offer(transfer));
            let count = rows.len().cast_signed() as i64;
            (1..=count).map(|up| rows.end().plus(-up)).find(is_it).map(|at| (of, at))
        })
    }

    /// Says in the row of an offer what has become of it; gives whether there is such a row.
    pub(super) fn tell_of(&mut self, transfer: TransferId) -> bool {
        let Some(file) = self.file(Some(transfer)) else { return false };
        let said = file.said(next(&self.files).get(&file.of) == Some(&transfer));
        let text = Clean::line(&format!("{}: {said}", file.offer.as_str()));
        let Some((of, at)) = self.row_of(transfer).map(|(of, at)| (of.clone(), at)) else { return false };
        if let Some(window) = self.windows.find_mut(&of) {
            window.rows.change(at, |row| row.text = text);
        }
        true
    }
}

/// What has become of each.
fn all_said(files: &[File]) -> BTreeMap<TransferId, String> {
    let next = next(files);
    let said = |file: &File| (file.transfer, file.said(next.get(&file.of) == Some(&file.transfer)));
    files.iter().map(said).collect()
}

/// The offer of each window that a key answers there: the first that is open.
fn next(files: &[File]) -> BTreeMap<&Of, TransferId> {
    let mut next = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_open()) {
        next.entry(&file.of).or_insert(file.transfer);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::State;
    use crate::files::testing::offer;
    use crate::join::Line;
    use crate::tui::model::tests::{NOW, of, user};
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

    /// What is said of file 7 when it comes to its end as Alice looks at the lobby; and what its rows say.
    fn ends(model: &mut Model, file: &Standing) -> Vec<String> {
        let before: usize = model.windows.iter().map(|window| window.rows.len()).sum();
        for (state, turn, line) in [
            (State::Running(Default::default()), FileTurn::GoesOn(TransferId(7)), "7: it is on its way"),
            (State::Done("/in/x".into()), FileTurn::Ended(TransferId(7)), "7: it is here"),
        ] {
            let changed = model.files_are(vec![Standing { state, ..file.clone() }]);
            model.file_said(NOW, FileSaid { turn, shown: Line::note(line).into() }, &changed);
        }
        let after: usize = model.windows.iter().map(|window| window.rows.len()).sum();
        let rows = model.shown(&model.windows.current().of);
        rows[rows.len() - (after - before)..].to_vec()
    }

    #[test]
    fn a_file_is_one_row_as_long_as_nothing_stands_below_it() {
        let mut model = Model::in_lobby(1);
        let file = offered(&mut model, 7, "bob", "#lobby");
        assert_eq!(ends(&mut model, &file), [""; 0]);
        assert!(last(&model, &of("lobby")).ends_with("file 7: it is in /in/x"));
    }

    #[test]
    fn the_end_of_a_file_is_said_where_its_row_is_not_looked_at() {
        let said = ["- 7: it is here"];
        let mut model = Model::in_lobby(1);
        let file = offered(&mut model, 7, "bob", "#lobby");
        model.hear(crate::tui::model::tests::said("lobby", 9, "bob", "take it"));
        assert_eq!(ends(&mut model, &file), said, "something was said since");

        let mut model = Model::in_lobby(1);
        let file = offered(&mut model, 7, "bob", "alice");
        assert_eq!(ends(&mut model, &file), said, "it was offered elsewhere");

        let mut model = Model::in_lobby(1);
        let offer = offer(7, "bob", "#lobby", "x", 1);
        let file = Standing { offer, is_mine: false, state: State::Offered };
        assert_eq!(ends(&mut model, &file), said, "there is no row of it");
    }

    #[test]
    fn what_no_row_says_of_a_file_is_said() {
        let mut model = Model::in_lobby(1);
        let say = |model: &mut Model, turn, line: &str| {
            let rows = model.lobby().rows.len();
            model.file_said(NOW, FileSaid { turn, shown: Line::note(line).into() }, &[]);
            model.lobby().rows.len() - rows
        };
        assert_eq!(say(&mut model, FileTurn::NotBegun, "cannot send x"), 1);
        let mine = offered(&mut model, 7, "alice", "bob");
        model.files_are(vec![mine]);
        assert_eq!(say(&mut model, FileTurn::Begun(TransferId(7)), "7: is offered to bob"), 1);
        let mine = offered(&mut model, 8, "alice", "#lobby");
        model.files_are(vec![mine]);
        assert_eq!(say(&mut model, FileTurn::Begun(TransferId(8)), "8: is offered to #lobby"), 0);
        // One of many does not take it: it is still offered.
        assert_eq!(say(&mut model, FileTurn::Ended(TransferId(8)), "8: bob does not take it"), 1);
    }
}
