//! Lines: what becomes of one when it is entered, when its turn comes, and when it is answered.

use chat_net::chat_core::{Answer, Ask, Event, MAX_NAME_BYTES, Query, RoomName, UserName};
use chat_net::client::AskError;
use chat_net::codec::Told;
use chat_net::codec::text::{self, Typed};
use tokio::time::Instant;

use super::{Asked, FullScreen};
use crate::join::{self, Act, Input, Line, Outcome, SLOW, failed, help, now};
use crate::tui::keys::Look;
use crate::tui::model::{Of, Overlay, Shows};

impl FullScreen {
    /// A line was entered: what needs no server is done at once.
    pub(super) fn entered(&mut self, line: String) -> Input {
        // Blanks before a slash make it a message, as they do wherever a line is typed.
        if line.trim().is_empty() || self.begins_to_ask(line.trim_end()) || self.is_done_here(line.trim_end())
        {
            return Input::Nothing;
        }
        if matches!(text::parse(line.trim_end()), Typed::Quit) && self.waits() {
            return if self.leaves() { Input::Leave } else { Input::Nothing };
        }
        self.entered.push_back(self.current());
        self.look(Look::Bottom);
        Input::Line(line.into_bytes())
    }

    /// Whether what is entered waits for a server that is away or does not answer.
    fn waits(&self) -> bool {
        self.retry_at.is_some() || self.asked.as_ref().is_some_and(|asked| asked.at.elapsed() >= SLOW)
    }

    /// Does what is only a matter of the screen.
    fn is_done_here(&mut self, line: &str) -> bool {
        match text::parse(line) {
            Typed::Help(about) => self.lines_in(None, &help(about)),
            Typed::History(_) => self.look(Look::PageUp),
            Typed::Search { room: None, words: "" } => return self.model.look_for_older(),
            Typed::Room(room) => return self.goes_to_room(room),
            Typed::Usage(_) | Typed::Unknown(_) => return self.is_of_windows(line),
            _ => return false,
        }
        true
    }

    /// How many lines were entered and are not answered.
    pub(super) fn waiting(&self) -> usize {
        self.entered.len() + usize::from(self.asked.is_some())
    }

    /// Goes to the window of a room, if there is one.
    fn goes_to_room(&mut self, written: &str) -> bool {
        let room = RoomName::new(written, MAX_NAME_BYTES);
        room.is_ok_and(|room| self.model.windows.go_to_of(&Of::Room(room)))
    }

    /// What only windows can do: `/w NAME` alone goes to whoever that is, `/close` closes the window, `/numbers` shows those of messages.
    fn is_of_windows(&mut self, line: &str) -> bool {
        let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match command.to_ascii_lowercase().as_str() {
            "/w" | "/msg" | "/whisper" | "/query" => {
                let Ok(user) = UserName::new(rest, MAX_NAME_BYTES) else { return false };
                let of = Of::User(user);
                self.model.windows.open(&of);
                self.model.windows.go_to_of(&of);
            }
            "/close" if rest.is_empty() => self.look(Look::Close),
            "/numbers" if rest.is_empty() => {
                let window = self.model.windows.current_mut();
                window.shows_numbers = !window.shows_numbers;
            }
            _ => return false,
        }
        true
    }

    /// The turn of a line has come.
    pub(super) fn turn(&mut self, line: &[u8]) -> Act {
        let of = self.entered.pop_front().unwrap_or(Of::Server);
        let line = String::from_utf8_lossy(line).into_owned();
        let (act, shown) = self.desk.act(&mut self.model, &of, &line);
        if let Some(shown) = shown {
            self.lines_in(Some(&of), &shown.into_lines());
        }
        let moves = matches!(act, Act::Ask(Ask::Join { .. } | Ask::Enter { .. } | Ask::Whisper { .. }));
        match &act {
            Act::Ask(Ask::Say { .. } | Ask::Whisper { .. } | Ask::Topic { .. }) => {
                self.asks(of, Some(line), moves);
            }
            Act::Ask(_) | Act::Query(_) | Act::Account(_) => {
                self.asks(of, None, moves);
                if let (Act::Query(query @ Query::Search { .. }), Some(asked)) = (&act, &mut self.asked) {
                    asked.search = Some(query.clone());
                }
            }
            Act::Leave if !self.leaves() => return Act::Nothing,
            Act::Nothing | Act::Errand(_) | Act::Leave => {}
        }
        act
    }

    /// Something is asked of the server now.
    pub(super) fn asks(&mut self, of: Of, said: Option<String>, moves: bool) {
        let was_away = self.retry_at.is_some();
        self.asked = Some(Asked { of, said, was_away, moves, search: None, at: Instant::now() });
    }

    /// What was asked has come to its end.
    pub(super) fn came_of(&mut self, outcome: &Outcome) {
        self.pace.changed();
        let Some(asked) = self.asked.take() else { return };
        if !asked.was_away {
            let ms = asked.at.elapsed().as_millis();
            self.model.link.took(u64::try_from(ms).unwrap_or(u64::MAX));
        }
        match outcome {
            Outcome::Taken(told) => self.taken(told, &asked),
            Outcome::Done(what) => self.lines_in(Some(&asked.of), &[Line::note(what)]),
            Outcome::Answered(told, answer) => self.answered_with(&asked, told, answer),
            Outcome::Failed(error) => {
                self.desk.typing.stop_paging();
                self.failed(error, &asked);
            }
        }
    }

    /// What was asked was done: whoever went somewhere, or whispered to somebody, sees that, if they have time. What was typed behind
    /// a join, and not elsewhere, is for the new room, however long the answer took.
    fn taken(&mut self, told: &Told, asked: &Asked) {
        let of = match &told.event {
            Event::Members { place, .. } => {
                let of = Of::Room(place.room.clone());
                let behind = self.entered.iter_mut().filter(|entered| asked.moves && **entered == asked.of);
                behind.for_each(|entered| entered.clone_from(&of));
                of
            }
            Event::Whispered { to, .. } => Of::User(to.clone()),
            _ => return,
        };
        if asked.moves && self.model.has_time(&asked.of) {
            self.model.windows.go_to_of(&of);
        }
    }

    /// What was to be said is shown again: it is in no row.
    fn failed(&mut self, error: &AskError, asked: &Asked) {
        let mut lines = failed(error);
        if let Some(said) = &asked.said {
            let said = said.replace('\n', " ");
            let what = match error {
                AskError::Refused(_) => "not said",
                _ => "it was",
            };
            lines.push(Line::note(&format!("{what}: {said} (Up brings it back)")));
        }
        self.lines_in(Some(&asked.of), &lines);
    }

    fn answered_with(&mut self, asked: &Asked, told: &[Told], answer: &Answer) {
        self.desk.typing.answered(told, answer);
        let listed = match answer {
            Answer::Search { more, .. } => self.found(asked, told, *more),
            _ => None,
        };
        let zone = &self.model.zone;
        let all = || {
            let told: Vec<Told> = told.iter().map(|told| zone.told(told)).collect();
            join::answer(&told, &zone.answer(answer), &self.model.ignored, zone.local(now()))
        };
        let lines = listed.map_or_else(all, |listed| vec![listed]);
        self.lines_in(Some(&asked.of), &lines);
    }

    /// Lists what was found, if there is time to look; gives what is said of it, if there is anything to list.
    fn found(&mut self, asked: &Asked, told: &[Told], has_more: bool) -> Option<Line> {
        let count = self.model.found(asked.search.as_ref()?, told, has_more);
        if count == 0 {
            return None;
        }
        if self.model.has_time(&asked.of) {
            let chosen = self.model.found.hits().len() - count;
            self.model.overlay = Some(Overlay::new(Shows::Found { chosen }));
        }
        let what = if count == 1 { "1 match".to_owned() } else { format!("{count} matches") };
        Some(Line::note(&format!("{what}: F7 lists them, Enter goes to one")))
    }
}
