//! What a line asks for, in the window that it was entered in.

use std::path::PathBuf;

use chat_net::chat_core::{Ask, Code, Query};
use chat_net::codec::text::{self, Typed};

use crate::join::{Act, FileTalk, Line, Shown, Step, Typing, is_for_current};
use crate::tui::model::{Model, Of};

/// What makes acts of lines, with what is known of files.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) typing: Typing,
    pub(super) files: FileTalk,
}

impl Desk {
    /// Of somebody whose accepted files go into `downloads`.
    pub(super) fn new(downloads: PathBuf) -> Desk {
        Desk { typing: Typing::default(), files: FileTalk::new(downloads) }
    }

    /// What `line` asks for if it was entered in the window of that, and what to show at once.
    pub(super) fn act(&mut self, model: &mut Model, of: &Of, line: &str) -> (Act, Option<Shown>) {
        if let Some(step) = self.files.act(line) {
            self.typing.stop_paging();
            return step;
        }
        let step = match (text::parse(line), of) {
            (Typed::Say(body), Of::User(user)) if !body.is_empty() => {
                Step::Ask(Ask::Whisper { to: user.as_str().into(), body: body.into() })
            }
            // Somebody to whisper to is no room; whoever asks who is there means everybody.
            (Typed::Users(None), Of::User(_) | Of::Server) => {
                Step::Query(Query::Users { room: None, after: None })
            }
            (typed, Of::Server | Of::User(_))
                if is_for_current(line) && !matches!(typed, Typed::Users(_)) =>
            {
                Step::Refuse(Line::refused(
                    Code::NotAMember,
                    "this window is no room: go to one, F4 lists them",
                ))
            }
            _ => self.typing.typed(line, &mut model.seen_from(of)),
        };
        step.act()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::tests::{at, body, joined, of, said, user};
    use chat_net::chat_core::{Anchor, Epoch, Event, GapReason, Number, Place};

    fn asks(model: &mut Model, of: &Of, line: &str) -> Result<Act, String> {
        match Desk::new(PathBuf::new()).act(model, of, line) {
            (Act::Nothing, Some(shown)) => Err(shown.into_lines().remove(0).to_string()),
            (act, _) => Ok(act),
        }
    }

    #[test]
    fn a_line_is_for_the_window_that_it_was_entered_in() {
        let mut model = Model::in_lobby(0);
        model.enter("dev", 0, &["alice", "bob"]);
        let topic = Some(body("all new"));
        model.hear(Event::TopicChanged { place: at("dev", 2), by: user("bob"), topic });
        let say = Act::Ask(Ask::Say { room: "dev".into(), body: "hi".into() });
        assert_eq!(asks(&mut model, &of("dev"), "hi"), Ok(say));
        assert_eq!(asks(&mut model, &of("dev"), "/topic"), Err("- the topic of #dev is: all new".into()));
        let none = "- #lobby has no topic; set one with /topic TEXT";
        assert_eq!(asks(&mut model, &of("lobby"), "/topic"), Err(none.into()));
        let bob = Of::User(user("bob"));
        let whisper = Act::Ask(Ask::Whisper { to: "bob".into(), body: "hi".into() });
        assert_eq!(asks(&mut model, &bob, "hi"), Ok(whisper));
        for of in [&bob, &Of::Server] {
            let refused = asks(&mut model, of, "/topic").unwrap_err();
            assert!(refused.starts_with("! not_a_member: this window is no room"), "{refused}");
        }
    }

    #[test]
    fn what_one_said_last_in_that_window_is_deleted_first() {
        let mut model = Model::in_lobby(0);
        let lobby = of("lobby");
        let last = |model: &mut Model| asks(model, &lobby, "/delete");
        let delete = |number| Ok(Act::Ask(Ask::Delete { room: "lobby".into(), number: Number(number) }));
        assert!(last(&mut model).unwrap_err().starts_with("! no_such_message: "));
        for (number, from) in [(2, "alice"), (3, "ALICE"), (4, "bob")] {
            model.hear(said("lobby", number, from, "hi"));
        }
        model.hear(joined("lobby", 5, "carol"));
        assert_eq!(last(&mut model), delete(3));
        let deleted = |number, target| Event::Deleted {
            place: at("lobby", number),
            by: user("alice"),
            target: Number(target),
            from: user("alice"),
        };
        model.hear(deleted(6, 3));
        assert_eq!(last(&mut model), delete(2));
        // An older page has older ones.
        let page = vec![said("lobby", 1, "alice", "first")];
        model.answer("lobby", Anchor::Before(Number(2)), page, false, true);
        assert_eq!(last(&mut model), delete(2));
        // In a new numbering it is somebody else's message.
        let place = Place { epoch: Epoch(2), ..at("lobby", 7) };
        model.hear(Event::Gap { place, first_available: Number(1), why: GapReason::NewEpoch });
        assert!(last(&mut model).unwrap_err().starts_with("! no_such_message: "));
    }

    #[test]
    fn whom_one_ignores_is_known_in_one_place() {
        let mut model = Model::in_lobby(0);
        assert!(asks(&mut model, &of("lobby"), "/ignore bob").unwrap_err().starts_with("- you see nothing"));
        model.hear(said("lobby", 2, "bob", "hi"));
        assert!(!model.shown(&of("lobby")).concat().contains("hi"));
        assert!(asks(&mut model, &of("lobby"), "/ignore alice").unwrap_err().starts_with("! bad_ask: "));
    }

    #[test]
    fn one_goes_to_rooms_that_have_a_window() {
        let mut model = Model::in_lobby(0);
        model.enter("dev", 0, &["alice"]);
        let there = asks(&mut model, &of("lobby"), "/room DEV");
        assert_eq!(there, Err("- you are talking in #dev".into()));
        assert_eq!(model.windows.current().of, of("dev"));
        let refused = asks(&mut model, &of("lobby"), "/room nowhere").unwrap_err();
        assert!(refused.starts_with("! not_a_member: you are not in #nowhere"), "{refused}");
    }
}
