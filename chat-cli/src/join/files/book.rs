//! What is known of files: which are offered, which are on their way, and the lines that say what becomes of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use chat_net::chat_core::{Event, Offer, Target, Timestamp, TransferId, UserName};
use chat_net::client::{FileEvent, Landing};
use chat_net::codec::Told;

use super::offers::Offers;
use crate::files::{Standing, State, Story, Who, ended, file, name, other_end};
use crate::join::line::Line;

/// Files that have come to an end are remembered up to so many, for the list.
const ENDED: usize = 100;

/// A file that is on its way to or from here, as this program counts them: a server may begin its numbers anew.
pub(crate) type Serial = u64;

/// All that a person was told of files.
#[derive(Debug, Default)]
pub(crate) struct Book {
    me: String,
    offers: Offers,
    running: BTreeMap<Serial, Story>,
    /// What has come to an end, the last at the end.
    ended: VecDeque<Standing>,
    /// How long the server waits for somebody whose connection is lost.
    patience: Duration,
}

impl Book {
    /// A connection was made, under this name, to a server of so much patience with those who are lost. In a new session
    /// nothing of the old one is left.
    pub(crate) fn welcomed(&mut self, me: &str, resumed: bool, patience: Duration) {
        me.clone_into(&mut self.me);
        self.patience = patience;
        if !resumed {
            self.offers = Offers::default();
            self.ended.clear();
        }
    }

    /// Who reads this.
    pub(crate) fn me(&self) -> &str {
        &self.me
    }

    /// Takes what the server told of a file; gives what to show of it at `now`. What is on its way here tells of itself.
    pub(crate) fn told(&mut self, told: &Told, now: Timestamp) -> Option<Line> {
        match &told.event {
            Event::Offered(offer) => Some(Line::talk(told.at, now, &self.offered(offer)?)),
            Event::Closed { transfer, why } => {
                let answered = self.offers.close_answered(*transfer);
                if let Some(offer) = answered.filter(|_| self.running(*transfer).is_none()) {
                    self.end(offer, "you did not take it".to_owned());
                }
                let offer = self.offers.close(*transfer)?;
                let end = other_end(&offer, false);
                let why = ended(self.who(&offer.from), *why);
                let line = format!("{transfer}: {} {end} is no longer offered: {why}", name(&offer));
                self.end(offer, why);
                Some(Line::note(&line))
            }
            Event::Declined { transfer, .. } => {
                let offer = self.offers.answer(*transfer)?;
                let line = format!("{transfer}: you do not take {}", name(&offer));
                if let Target::User(_) = offer.to {
                    self.end(offer, "you did not take it".to_owned());
                }
                Some(Line::note(&line))
            }
            _ => None,
        }
    }

    fn offered(&mut self, offer: &Offer) -> Option<String> {
        let transfer = offer.transfer;
        if self.who(&offer.from).is_me() || !self.offers.add(offer) {
            return None;
        }
        let what = format!("offers {}: /accept {transfer} or /decline {transfer}", file(offer));
        Some(match &offer.to {
            Target::User(_) => format!("{} {what}", offer.from),
            to @ Target::Room(_) => format!("{to} * {} {what}", offer.from),
        })
    }

    /// The offers that wait for an answer.
    pub(crate) fn offers(&self) -> impl DoubleEndedIterator<Item = &Offer> {
        self.offers.waiting()
    }

    /// The offer of that number, if it waits for an answer.
    pub(crate) fn offer(&self, transfer: TransferId) -> Option<&Offer> {
        self.offers.get(transfer)
    }

    /// The offer of that number, if it may be taken: it waits for an answer, or is one to a room and not on its way here.
    pub(crate) fn may_take(&self, transfer: TransferId) -> Option<&Offer> {
        let answered = || self.offers.answered(transfer).filter(|_| self.running(transfer).is_none());
        self.offer(transfer).or_else(answered)
    }

    /// The file of that number that is on its way, and whether it is sent from here.
    pub(crate) fn running(&self, transfer: TransferId) -> Option<(Serial, bool)> {
        let mut running = self.running.iter().rev();
        let (serial, story) = running.find(|(_, it)| it.offer().transfer == transfer && !it.is_over())?;
        Some((*serial, story.is_mine()))
    }

    /// A file is on its way: offered from here, or accepted to be received there.
    pub(crate) fn started(
        &mut self,
        serial: Serial,
        offer: Offer,
        landing: Option<Landing>,
    ) -> Option<String> {
        // What is taken was answered by that.
        self.offers.answer(offer.transfer);
        let story = Story::new(offer, &self.me, landing, true).patient_for(self.patience);
        let line = story.begin();
        self.running.insert(serial, story);
        line
    }

    /// The number by which the server knows a file that is on its way.
    pub(crate) fn transfer(&self, serial: Serial) -> Option<TransferId> {
        self.running.get(&serial).map(|story| story.offer().transfer)
    }

    /// Something happened to a file that is on its way; gives what to say of it.
    pub(crate) fn happened(&mut self, serial: Serial, event: &FileEvent) -> Option<String> {
        self.running.get_mut(&serial)?.take(event)
    }

    /// There is nothing more to come of it.
    pub(crate) fn over(&mut self, serial: Serial) {
        if let Some(story) = self.running.remove(&serial) {
            self.keep(story.standing());
        }
    }

    /// An offer came to nothing before it was taken.
    fn end(&mut self, offer: Offer, why: String) {
        self.keep(Standing { offer, is_mine: false, state: State::Over(why) });
    }

    fn keep(&mut self, standing: Standing) {
        self.ended.retain(|known| known.offer.transfer != standing.offer.transfer);
        self.ended.push_back(standing);
        if self.ended.len() > ENDED {
            self.ended.pop_front();
        }
    }

    /// Every file that is known, each once: first what goes on, then what waits for an answer, then what has ended; the
    /// newest of each first.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let offered = |state: State| {
            move |offer: &Offer| Standing { offer: offer.clone(), is_mine: false, state: state.clone() }
        };
        let mut going: Vec<Standing> = self.running.values().rev().map(Story::standing).collect();
        going.sort_by_key(|known| known.state.is_over());
        let open = self.offers.waiting().rev().map(offered(State::Offered));
        let declined = self.offers.all_answered().rev().map(offered(State::Declined));
        let ended = self.ended.iter().rev().cloned();
        // What is here was answered, too, and may be taken again.
        let done = ended.clone().filter(|file| matches!(file.state, State::Done(_)));
        let mut known = BTreeSet::new();
        let all = going.into_iter().chain(open).chain(done).chain(declined).chain(ended);
        let mut all: Vec<Standing> = all.filter(|file| known.insert(file.offer.transfer)).collect();
        all.sort_by_key(|file| match &file.state {
            State::Running(_) | State::Paused(..) => 0,
            State::Offered => 1,
            State::Declined => 2,
            State::Done(_) | State::Over(_) => 3,
        });
        all
    }

    /// What becomes of the files that are on their way, if one leaves now: a line for each.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        self.running.values().filter_map(Story::left_behind).collect()
    }

    fn who<'a>(&self, user: &'a UserName) -> Who<'a> {
        Who::new(user, &self.me)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::{offer, user};
    use chat_net::chat_core::{EndReason, PauseReason, RequestId};
    use chat_net::client::FileError;

    const NOW: Timestamp = Timestamp(0);

    fn told(event: Event) -> Told {
        Told { re: RequestId::NONE, past: false, at: NOW, event }
    }

    fn offered(number: u64, from: &str, to: &str, name: &str) -> Told {
        told(Event::Offered(Box::new(offer(number, from, to, name, 3_300_000))))
    }

    fn bob() -> Book {
        let mut book = Book::default();
        book.welcomed("bob", false, Duration::from_secs(300));
        book
    }

    #[test]
    fn an_offer_says_what_to_type_and_is_shown_once() {
        let mut book = bob();
        let to_bob = offered(3, "alice", "bob", "photo.jpg");
        let line = "alice offers \"photo.jpg\" (3.15 MiB): /accept 3 or /decline 3";
        assert_eq!(book.told(&to_bob, NOW), Some(Line::talk(NOW, NOW, line)));
        assert_eq!(book.told(&to_bob, NOW), None, "told again after a return");
        let line = "#dev * alice offers \"a b\" (3.15 MiB): /accept 4 or /decline 4";
        assert_eq!(book.told(&offered(4, "alice", "#dev", "a b"), NOW), Some(Line::talk(NOW, NOW, line)));
        assert_eq!(book.told(&offered(5, "Bob", "#dev", "own"), NOW), None);
        book.welcomed("bob", true, Duration::from_secs(300));
        assert_eq!(book.told(&to_bob, NOW), None);
        assert!(book.offer(TransferId(3)).is_some());
        book.welcomed("bob", false, Duration::from_secs(300));
        assert!(
            book.offer(TransferId(3)).is_none() && book.told(&to_bob, NOW).is_some(),
            "it is another one"
        );
    }

    #[test]
    fn the_end_of_an_offer_is_told_to_those_who_could_have_taken_it() {
        let mut book = bob();
        for number in 3..6 {
            book.told(&offered(number, "alice", "#dev", "x"), NOW);
        }
        let note = |line: &str| Some(Line::note(line));
        let closed = |transfer, why| told(Event::Closed { transfer: TransferId(transfer), why });
        assert_eq!(
            book.told(&closed(3, EndReason::Expired), NOW),
            note("3: \"x\" from alice in #dev is no longer offered: nobody took it in time")
        );
        assert_eq!(book.told(&closed(3, EndReason::Expired), NOW), None);
        let declined = told(Event::Declined { transfer: TransferId(4), user: user("bob") });
        assert_eq!(book.told(&declined, NOW), note("4: you do not take \"x\""));
        // He may change his mind while the others may take it.
        assert!(book.offer(TransferId(4)).is_none() && book.may_take(TransferId(4)).is_some());
        assert_eq!(book.told(&closed(4, EndReason::Expired), NOW), None);
        assert!(book.may_take(TransferId(4)).is_none());
        book.started(1, offer(5, "alice", "#dev", "x", 10), None);
        assert_eq!(book.told(&closed(5, EndReason::Cancelled), NOW), None, "it tells of itself");
    }

    #[test]
    fn a_file_that_is_sent_has_a_line_for_each_thing_that_happens() {
        let mut book = bob();
        let mine = offer(7, "bob", "alice", "photo.jpg", 1024);
        let line = "7: \"photo.jpg\" (1.00 KiB) is offered to alice; /cancel 7 takes it back";
        assert_eq!(book.started(1, mine, None).as_deref(), Some(line));
        assert_eq!(book.left_behind(), ["7: \"photo.jpg\" is no longer offered to alice"]);
        let (alice, bob) = (user("alice"), user("bob"));
        for (event, line) in [
            (
                FileEvent::Accepted { user: alice.clone(), from: 512 },
                Some("alice takes \"photo.jpg\" (1.00 KiB); 512 B of it are there already"),
            ),
            (FileEvent::Progress { user: alice.clone(), bytes: 600 }, None),
            (
                FileEvent::Paused { user: alice.clone(), why: PauseReason::Lost },
                Some(
                    "\"photo.jpg\" to alice is paused: alice's connection is lost; it waits until alice is back, 5 minutes at most",
                ),
            ),
            (FileEvent::Resumed { user: alice.clone() }, Some("\"photo.jpg\" to alice goes on")),
            (
                FileEvent::Paused { user: bob, why: PauseReason::Lost },
                Some("\"photo.jpg\" to alice is paused: your connection is lost"),
            ),
            (
                FileEvent::Finished { user: alice, path: None },
                Some("alice has \"photo.jpg\", all 1.00 KiB, and it is verified"),
            ),
        ] {
            let said = book.happened(1, &event);
            assert_eq!(said.as_deref(), line.map(|line| format!("7: {line}")).as_deref());
        }
        assert_eq!(book.left_behind(), [""; 0]);
    }

    #[test]
    fn a_file_that_is_received_ends_with_the_place_where_it_is() {
        let mut book = bob();
        book.told(&offered(3, "alice", "bob", "photo.jpg"), NOW);
        let landing = Landing { path: "/in/photo.jpg".into(), part: "/in/photo.jpg.part".into() };
        assert_eq!(book.started(1, offer(3, "alice", "bob", "photo.jpg", 1024), Some(landing)), None);
        assert_eq!(book.running(TransferId(3)), Some((1, false)));
        let bob = user("bob");
        let said = book.happened(1, &FileEvent::Accepted { user: bob.clone(), from: 0 });
        assert_eq!(said.as_deref(), Some("3: \"photo.jpg\" (1.00 KiB) from alice goes to /in/photo.jpg"));
        let said = book.happened(1, &FileEvent::Paused { user: bob.clone(), why: PauseReason::Asked });
        assert_eq!(
            said.as_deref(),
            Some("3: \"photo.jpg\" from alice is paused: you paused it; /resume 3 goes on")
        );
        book.happened(1, &FileEvent::Progress { user: bob.clone(), bytes: 512 });
        let left = "3: \"photo.jpg\" from alice is called off at 50%; what came is kept in /in/photo.jpg.part, and goes on if it is offered again";
        assert_eq!(book.left_behind(), [left]);
        let path = Some("/in/photo (1).jpg".into());
        let said = book.happened(1, &FileEvent::Finished { user: bob, path });
        assert_eq!(
            said.as_deref(),
            Some(
                "3: \"photo.jpg\" from alice is here and verified, saved as \"photo (1).jpg\": /in/photo (1).jpg"
            )
        );
        assert_eq!(book.running(TransferId(3)), None);
        book.over(1);
        assert!(matches!(listed(&book)[..], [(3, State::Done(_))]));
    }

    #[test]
    fn what_is_kept_is_said_once_and_with_its_place() {
        let folder = std::env::temp_dir().join(format!("chat-kept-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let landing = Landing { path: folder.join("x"), part: folder.join("x.part") };
        std::fs::write(&landing.part, "came").unwrap();
        let kept =
            format!("; what came is kept in {}, and goes on if it is offered again", landing.part.display());
        let (alice, bob) = (user("alice"), user("bob"));
        let by_alice = FileEvent::Cancelled { user: bob.clone(), by: alice, why: EndReason::Cancelled };
        let by_bob = FileEvent::Cancelled { user: bob.clone(), by: bob, why: EndReason::Cancelled };
        let gone = FileEvent::Closed { why: EndReason::Gone };
        let start = "3: \"x\" from alice";
        for (event, line) in [
            (&by_alice, format!("{start} does not come: alice called it off{kept}")),
            (&gone, format!("{start} is over: alice left the chat{kept}")),
            (
                &FileEvent::Failed(FileError::SessionLost),
                format!("{start} failed: the session was lost{kept}"),
            ),
        ] {
            let mut book = self::bob();
            book.started(1, offer(3, "alice", "bob", "x", 1024), Some(landing.clone()));
            assert_eq!(book.happened(1, event), Some(line));
        }
        std::fs::remove_dir_all(folder).unwrap();
        for (event, end) in [
            (by_bob, "does not come: you called it off; what came is removed"),
            (gone, "is over: alice left the chat"),
        ] {
            let mut book = self::bob();
            book.started(1, offer(3, "alice", "bob", "x", 1024), Some(landing.clone()));
            assert_eq!(book.happened(1, &event), Some(format!("{start} {end}")));
        }
    }

    /// The numbers of the files and how they stand.
    fn listed(book: &Book) -> Vec<(u64, State)> {
        book.standings().into_iter().map(|file| (file.offer.transfer.0, file.state)).collect()
    }

    #[test]
    fn every_file_stands_once_in_the_list_and_says_what_became_of_it() {
        let mut book = bob();
        for number in 3..7 {
            book.told(&offered(number, "alice", "bob", "x"), NOW);
        }
        book.told(&told(Event::Declined { transfer: TransferId(4), user: user("bob") }), NOW);
        book.told(&told(Event::Closed { transfer: TransferId(5), why: EndReason::Expired }), NOW);
        book.started(1, offer(3, "alice", "bob", "x", 1024), None);
        book.happened(1, &FileEvent::Accepted { user: user("bob"), from: 512 });
        let listing = listed(&book);
        assert_eq!(listing.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3, 6, 5, 4]);
        assert!(matches!(&listing[0].1, State::Running(it) if it.there == 512 && it.bytes == 1024));
        assert_eq!(listing[1].1, State::Offered);
        assert_eq!(listing[2].1, State::Over("nobody took it in time".into()));
        assert_eq!(listing[3].1, State::Over("you did not take it".into()));
        let by = user("alice");
        book.happened(1, &FileEvent::Paused { user: by, why: PauseReason::Lost });
        let why = "alice's connection is lost; it waits until alice is back, 5 minutes at most";
        assert!(matches!(&listed(&book)[0].1, State::Paused(_, said) if said == why));
        book.happened(1, &FileEvent::Finished { user: user("bob"), path: Some("/in/x".into()) });
        book.over(1);
        assert_eq!(listed(&book)[1], (3, State::Done("/in/x".into())));
        for (serial, event, state) in [
            (
                2,
                FileEvent::Finished { user: user("carol"), path: None },
                State::Done("carol has it, verified".into()),
            ),
            (3, FileEvent::Declined { user: user("carol") }, State::Over("carol does not take it".into())),
            (4, FileEvent::Failed(FileError::Ended), State::Over("the connection has ended".into())),
        ] {
            book.started(serial, offer(10 + serial, "bob", "carol", "y", 10), None);
            if serial == 2 {
                book.happened(serial, &FileEvent::Accepted { user: user("carol"), from: 0 });
            }
            book.happened(serial, &event);
            let stands = listed(&book).into_iter().find(|(number, _)| *number == 10 + serial).unwrap().1;
            assert_eq!(stands, state);
        }
        book.happened(3, &FileEvent::Closed { why: EndReason::Expired });
        assert!(listed(&book).contains(&(13, State::Over("carol does not take it".into()))));
    }

    #[test]
    fn an_offer_to_a_room_that_was_declined_may_be_taken_until_it_ends() {
        let mut book = bob();
        book.told(&offered(3, "alice", "#dev", "x"), NOW);
        book.told(&told(Event::Declined { transfer: TransferId(3), user: user("bob") }), NOW);
        assert_eq!(listed(&book), [(3, State::Declined)]);
        book.told(&told(Event::Closed { transfer: TransferId(3), why: EndReason::Gone }), NOW);
        assert_eq!(listed(&book), [(3, State::Over("you did not take it".into()))]);
    }

    #[test]
    fn a_file_that_came_from_a_room_is_not_said_to_be_declined() {
        let mut book = bob();
        book.told(&offered(3, "alice", "#dev", "x"), NOW);
        book.started(1, offer(3, "alice", "#dev", "x", 1024), None);
        book.happened(1, &FileEvent::Accepted { user: user("bob"), from: 0 });
        book.happened(1, &FileEvent::Finished { user: user("bob"), path: Some("/in/x".into()) });
        book.over(1);
        assert_eq!(listed(&book), [(3, State::Done("/in/x".into()))]);
        assert!(book.may_take(TransferId(3)).is_some(), "it may be had again while it is offered");
    }
}
