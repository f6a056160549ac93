//! What a line asks for, in the window that it was entered in.

use std::path::PathBuf;

use chat_net::chat_core::{Ask, Code, Query, RoomName};
use chat_net::codec::text::{self, Typed};

use crate::join::{Act, FileTalk, Line, Shown, Step, Talk};
use crate::tui::model::Of;

/// What is known of the talk and of files, to make acts of lines.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) talk: Talk,
    pub(super) files: FileTalk,
}

impl Desk {
    /// Of somebody whose accepted files go into `downloads`.
    pub(super) fn new(downloads: PathBuf) -> Desk {
        Desk { talk: Talk::default(), files: FileTalk::new(downloads) }
    }

    /// What `line` asks for if it was entered in the window of that, and what to show at once.
    pub(super) fn act(&mut self, of: &Of, line: &str) -> (Act, Option<Shown>) {
        if let Some(step) = self.files.act(line) {
            self.talk.stop_paging();
            return step;
        }
        self.talk.talks_in(room(of));
        let step = match (text::parse(line), of) {
            (Typed::Say(body), Of::User(user)) if !body.is_empty() => {
                Step::Ask(Ask::Whisper { to: user.as_str().into(), body: body.into() })
            }
            // Somebody to whisper to is no room; whoever asks who is there means everybody.
            (Typed::Users(None), Of::User(_) | Of::Server) => {
                Step::Query(Query::Users { room: None, after: None })
            }
            (typed, Of::Server | Of::User(_))
                if Talk::is_for_current(line) && !matches!(typed, Typed::Users(_)) =>
            {
                Step::Refuse(Line::refused(
                    Code::NotAMember,
                    "this window is no room: go to one, F4 lists them",
                ))
            }
            _ => self.talk.typed(line),
        };
        step.act()
    }
}

fn room(of: &Of) -> Option<&RoomName> {
    match of {
        Of::Room(room) => Some(room),
        Of::Server | Of::User(_) => None,
    }
}
