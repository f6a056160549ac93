//! What is shown of what the server tells, line by line. No terminal and no connection here.

use chat_net::chat_core::{Answer, Event, RoomName, Timestamp};
use chat_net::codec::{FromServer, Told, Welcome};

use super::line::{self, Line};
use super::past::{Past, Shown};
use super::rooms::Rooms;
use super::typed::{Known, Step, Typing};

/// What a person without windows knows of the conversation.
#[derive(Debug, Default)]
pub(super) struct Talk {
    rooms: Rooms,
    past: Past,
    typing: Typing,
    welcomes: u32,
}

impl Talk {
    /// The current room.
    pub(super) fn current(&self) -> Option<&RoomName> {
        self.rooms.current()
    }

    /// What `line` asks for.
    pub(super) fn typed(&mut self, line: &str) -> Step {
        self.typing.typed(line, &mut self.rooms)
    }

    /// Whether an event is of somebody whom the person ignores.
    pub(super) fn hides(&self, event: &Event) -> bool {
        self.rooms.hides(event)
    }

    /// Takes what the server told, as it comes, and gives what to show of it at `now`.
    pub(super) fn told(&mut self, told: &Told, now: Timestamp) -> Vec<Line> {
        let moved = self.rooms.learn(told);
        let note = |what: String| vec![Line::note(&what)];
        match &told.event {
            Event::Members { place, fresh, .. } => self.past.entered(place, *fresh),
            Event::Left { place, .. } | Event::Kicked { place, .. } if self.rooms.is_out(told) => {
                self.past.left(&place.room);
            }
            Event::CaughtUp { place } => return self.past.caught_up(place).map_or_else(Vec::new, note),
            Event::Gap { place, first_available, why } => {
                return note(self.past.gap(place, *first_available, *why));
            }
            _ => {}
        }
        if self.hides(&told.event) {
            self.past.skipped(&told.event);
            return Vec::new();
        }
        if told.past {
            return self.told_past(told, now);
        }
        self.past.told(&told.event, false, self.rooms.me());
        line::lines(&FromServer::Told(told.clone())).into_iter().chain(moved).collect()
    }

    fn told_past(&mut self, told: &Told, now: Timestamp) -> Vec<Line> {
        let lines = line::past_lines(told, now).into_iter();
        match self.past.told(&told.event, true, self.rooms.me()) {
            Shown::Plain if self.is_missed_whisper(&told.event) => lines.map(Line::missed).collect(),
            Shown::Plain => lines.collect(),
            Shown::Missed(first) => {
                first.map(|first| Line::note(&first)).into_iter().chain(lines.map(Line::missed)).collect()
            }
            Shown::Nothing => Vec::new(),
        }
    }

    /// A connection was made, the first or another.
    pub(super) fn welcomed(&mut self, welcome: &Welcome) -> Vec<Line> {
        self.rooms.named(&welcome.user);
        self.welcomes = self.welcomes.saturating_add(1);
        if self.welcomes == 1 {
            return line::lines(&FromServer::Welcome(Box::new(welcome.clone())));
        }
        let mut back = vec![Line::note(&self.past.back(welcome))];
        if welcome.resumed {
            // Of which rooms it was put out meanwhile is told next.
            for room in self.rooms.lost(welcome) {
                self.past.left(&room);
                back.extend(self.rooms.left(&room));
            }
        }
        back
    }

    /// The ask that a line became was taken: `/join` makes its room the current one.
    pub(super) fn taken(&mut self, answer: &Told) {
        if let Event::Members { place, .. } = &answer.event {
            self.rooms.joined(&place.room);
        }
    }

    /// The lines that show the answer to a query, at `now`.
    pub(super) fn answered(&mut self, told: &[Told], answer: &Answer, now: Timestamp) -> Vec<Line> {
        self.typing.answered(told, answer);
        line::answer(told, answer, self.rooms.ignored(), now)
    }

    /// A query was refused, or something else was asked for: there is no next page.
    pub(super) fn stop_paging(&mut self) {
        self.typing.stop_paging();
    }

    fn is_missed_whisper(&self, event: &Event) -> bool {
        matches!(event, Event::Whispered { .. }) && self.welcomes > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::testing::{NOW, left, members, note, place, printed, said, told, welcome};
    use chat_net::chat_core::{Anchor, Ask, Epoch, Number, Query, RequestId};

    #[test]
    fn only_what_was_missed_is_marked() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome(false, &[]));
        talk.told(&members("lobby", true), NOW);
        assert_eq!(printed(&talk.told(&said("lobby", true), NOW)), "[14:05:09] #lobby <alice> hi\n");
        let caught_up = told(false, Event::CaughtUp { place: place("lobby") });
        assert_eq!(printed(&talk.told(&caught_up, NOW)), "- #lobby: that was before you came\n");
        talk.welcomed(&welcome(false, &[]));
        let missed = "- #lobby: while you were away:\n~ [14:05:09] #lobby <alice> hi\n";
        assert_eq!(printed(&talk.told(&said("lobby", true), NOW)), missed);
        assert_eq!(printed(&talk.told(&said("lobby", false), NOW)), "[14:05:09] #lobby <alice> hi\n");
        assert_eq!(printed(&talk.told(&caught_up, NOW)), "- #lobby: that is all you missed: 1 message\n");
        talk.told(&members("dev", true), NOW);
        let tomorrow = NOW.plus_ms(86_400_000);
        assert_eq!(
            printed(&talk.told(&said("dev", true), tomorrow)),
            "[2025-11-21 14:05:09] #dev <alice> hi\n"
        );
    }

    #[test]
    fn nothing_is_shown_of_whoever_is_ignored() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome(false, &[]));
        talk.told(&members("lobby", true), NOW);
        assert!(
            matches!(talk.typed("/ignore ALICE"), Step::Show(said) if said[0].text.starts_with("you see nothing"))
        );
        assert_eq!(talk.typed("/ignore"), note("you ignore ALICE"));
        assert!(matches!(talk.typed("/ignore me"), Step::Refuse(_)));
        for past in [false, true] {
            assert_eq!(printed(&talk.told(&said("lobby", past), NOW)), "");
        }
        let answer = Answer::Search { count: 1, more: false };
        let shown = printed(&talk.answered(&[said("lobby", true)], &answer, NOW));
        assert_eq!(shown, "- that was 1 match, there are no older ones\n");
        talk.typed("/unignore alice");
        assert_eq!(printed(&talk.told(&said("lobby", false), NOW)), "[14:05:09] #lobby <alice> hi\n");
    }

    #[test]
    fn history_goes_back_until_something_else_is_typed() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome(false, &[]));
        talk.told(&members("lobby", true), NOW);
        let anchor = |step| match step {
            Step::Query(Query::History { anchor, .. }) => anchor,
            other => panic!("{other:?}"),
        };
        assert_eq!(anchor(talk.typed("/history")), Anchor::Latest);
        let answer = Answer::History {
            room: place("lobby").room,
            epoch: Epoch(1),
            count: 1,
            more: true,
            newer: false,
        };
        let old = Told { re: RequestId(9), ..said("lobby", true) };
        assert!(
            printed(&talk.answered(&[old], &answer, NOW)).starts_with("[14:05:09] #lobby/1 <alice> hi\n- ")
        );
        assert_eq!(anchor(talk.typed("/history")), Anchor::Before(Number(1)));
        talk.typed("hello");
        assert_eq!(anchor(talk.typed("/history")), Anchor::Latest);
    }

    #[test]
    fn a_bare_line_goes_to_the_current_room() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome(false, &[]));
        assert!(
            matches!(talk.typed("hi"), Step::Refuse(why) if why.to_string().starts_with("! not_a_member: "))
        );
        talk.told(&members("lobby", true), NOW);
        talk.told(&members("dev", true), NOW);
        assert_eq!(talk.typed("hi"), Step::Ask(Ask::Say { room: "lobby".into(), body: "hi".into() }));
        talk.taken(&members("dev", false));
        assert_eq!(talk.typed("//x"), Step::Ask(Ask::Say { room: "dev".into(), body: "/x".into() }));
        assert_eq!(talk.typed("/room #LOBBY"), note("you are talking in #lobby"));
        assert_eq!(talk.typed("/leave"), Step::Ask(Ask::Leave { room: "lobby".into() }));
        talk.told(&left("lobby"), NOW);
        assert_eq!(talk.current().unwrap().as_str(), "dev");
        assert!(matches!(talk.typed("/room lobby"), Step::Refuse(_)));
        talk.told(&left("dev"), NOW);
        assert_eq!(talk.current(), None);
    }
}
