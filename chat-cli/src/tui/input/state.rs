//! The input with all that can go on there: typing, completing, a question about a paste, a search.

use chat_net::codec::text::{self, Typed};
use crossterm::event::KeyEvent;
use tokio::time::Instant;

use super::complete::{Completion, Nothing};
use super::find::Find;
use super::folder::Folders;
use super::paste::Paste;
use super::recall::Recall;
use super::{editor, emoji, files, length, overlay, visit};
use crate::draft::pasted;
use crate::tui::clean::Clean;
use crate::tui::keys::{self, Action, Edit, Look};
use crate::tui::model::{Model, Of, Overlay, Shows, Window};
use crate::tui::view::Move;

/// What came of a key or a paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// What is shown may have changed.
    Changed,
    /// Nothing, for this reason.
    Told(Clean),
    /// This was entered in the current window.
    Entered(String),
    /// This was pasted, and is to be sent as a file.
    File(String),
    /// Show something else.
    Look(Look),
    /// Go through what is shown over the messages.
    Leaf(Move),
    /// Ctrl-C, and there is nothing to be emptied.
    Interrupt,
    /// Ctrl-D, and there is nothing to be deleted.
    End,
    /// Draw everything anew.
    Redraw,
    /// Stop the program until the shell lets it go on.
    Suspend,
    /// Nothing.
    Nothing,
}

/// The input. What is typed belongs to its window; this is what goes on whatever the window.
#[derive(Debug, Default)]
pub(crate) struct Input {
    killed: String,
    /// What was looked for last in what was sent before.
    recalled: String,
    folders: Folders,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Typing,
    Completing(Completion),
    Asking(Paste),
    Finding(Find),
    Recalling(Recall),
    /// This was said of what is typed, until the next key.
    Told(Clean),
}

impl Input {
    /// Does what `key` does, pressed at that time.
    pub(crate) fn press(&mut self, key: KeyEvent, model: &mut Model, at: Instant) -> Outcome {
        let Some(action) = keys::action(key) else { return Outcome::Nothing };
        let action = match (action, &self.state) {
            (Action::GiveUp, State::Recalling(_)) => Action::GiveUp,
            (Action::GiveUp, _) => Action::Escape,
            (action, _) => action,
        };
        let outcome = match std::mem::take(&mut self.state) {
            State::Completing(completion) if !matches!(action, Action::Answer { .. }) => {
                self.completing(completion, action, model)
            }
            State::Typing | State::Told(_) | State::Completing(_) => self.typing(action, model, at),
            State::Recalling(recall) => self.recalling(recall, action, model, at),
            State::Asking(paste) => self.asked(paste, action, model),
            State::Finding(find) => self.finding(find, action, model, at),
        };
        let outcome = match outcome {
            Outcome::Told(why) => {
                self.state = State::Told(why);
                Outcome::Changed
            }
            outcome => outcome,
        };
        self.show(model);
        outcome
    }

    /// Takes what was pasted.
    pub(crate) fn paste(&mut self, text: &str, model: &mut Model) -> Outcome {
        model.overlay = None;
        model.stay();
        let window = model.windows.current_mut();
        if let State::Finding(find) = &mut self.state
            && find.is_in(window)
        {
            find.words.insert(&pasted(text).replace('\n', " "));
            find.changed(window);
        } else if let State::Recalling(recall) = &mut self.state
            && recall.is_in(window)
        {
            recall.typed(&pasted(text).replace('\n', " "), window);
        } else {
            self.state = match Paste::new(text) {
                Ok(paste) => State::Asking(paste),
                Err(text) => {
                    window.undo.note(&window.draft, false);
                    window.draft.insert(&text);
                    State::Typing
                }
            };
        }
        self.show(model);
        Outcome::Changed
    }

    /// Somebody goes to another window, by no key: they stay where they went to before, or where words were found.
    pub(crate) fn left(&mut self, model: &mut Model) {
        model.stay();
        if let State::Finding(_) = self.state {
            self.state = State::Typing;
        }
        self.show(model);
    }

    /// Says what goes on, in the line above the input.
    fn show(&self, model: &mut Model) {
        let window = model.windows.current();
        model.question = match &self.state {
            State::Typing => model.visited(),
            State::Completing(completion) => Some(completion.question()),
            State::Asking(paste) => Some(paste.question(&window.draft)),
            State::Finding(find) => Some(find.question()),
            State::Recalling(recall) => Some(recall.question()),
            State::Told(what) => Some(what.clone()),
        };
    }

    /// What a key does while nothing goes on in the input.
    fn typing(&mut self, action: Action, model: &mut Model, at: Instant) -> Outcome {
        visit::press(action, model)
            .or_else(|| files::press(action, model, at))
            .or_else(|| overlay::press(action, model))
            .unwrap_or_else(|| self.act(action, model))
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Outcome {
        let window = model.windows.current_mut();
        let is_empty = window.draft.text.is_empty();
        match action {
            Action::Type(c) => typed(window, c),
            Action::Edit(edit) => editor::edit(window, edit, &mut self.killed),
            Action::Complete { forwards } => self.complete(forwards, model),
            Action::Enter => return self.enter(model),
            Action::Find => self.state = State::Finding(Find::new(window)),
            Action::Interrupt if is_empty => return Outcome::Interrupt,
            Action::Interrupt => {
                window.undo.note(&window.draft, false);
                window.draft = Default::default();
            }
            Action::DeleteOrEnd if is_empty => return Outcome::End,
            Action::DeleteOrEnd => editor::edit(window, Edit::Delete, &mut self.killed),
            Action::Look(look) => return Outcome::Look(look),
            // It is about a file, which was looked for before.
            Action::Answer { .. } => return Outcome::Nothing,
            Action::Show(shows) => model.overlay = Some(overlay::opened(shows, model)),
            Action::Redraw => return Outcome::Redraw,
            Action::Suspend => return Outcome::Suspend,
            Action::Recall => self.state = State::Recalling(Recall::new(window)),
            Action::Escape | Action::GiveUp => return Outcome::Nothing,
        }
        Outcome::Changed
    }

    /// What is typed is taken; what is too long stays, and can be mended.
    fn enter(&mut self, model: &mut Model) -> Outcome {
        if let Some(why) = length::refused(model) {
            self.state = State::Told(why);
            return Outcome::Changed;
        }
        entered(editor::taken(model.windows.current_mut()), model)
    }

    fn complete(&mut self, forwards: bool, model: &mut Model) {
        let mut draft = model.windows.current().draft.clone();
        let completion = match Completion::begin(&mut draft, model, &mut self.folders, forwards) {
            Ok(completion) => completion,
            Err(Nothing::Fits) => return,
            Err(Nothing::Yet) => {
                self.state = State::Told(Clean::line("the folder is being read; Tab tries again"));
                return;
            }
        };
        let window = model.windows.current_mut();
        window.undo.note(&window.draft, false);
        window.draft = draft;
        if !completion.is_settled() {
            self.state = State::Completing(completion);
        }
    }

    fn completing(&mut self, mut completion: Completion, action: Action, model: &mut Model) -> Outcome {
        let window = model.windows.current_mut();
        if !completion.stands(&window.draft) {
            return self.act(action, model);
        }
        match action {
            Action::Complete { forwards } => {
                completion.next(&mut window.draft, forwards);
                self.state = State::Completing(completion);
                Outcome::Changed
            }
            Action::Escape => {
                window.undo.take(&mut window.draft);
                Outcome::Changed
            }
            other => self.act(other, model),
        }
    }

    fn asked(&mut self, paste: Paste, action: Action, model: &mut Model) -> Outcome {
        let window = model.windows.current_mut();
        match action {
            Action::Enter | Action::Type('e' | 'E') if paste.fits(&window.draft) => {
                window.undo.note(&window.draft, false);
                paste.put(&mut window.draft);
                if action == Action::Enter {
                    return self.enter(model);
                }
            }
            // What the server says is nobody whom a file could be sent to.
            Action::Type('f' | 'F') if window.of != Of::Server => return Outcome::File(paste.into_text()),
            Action::Escape | Action::Interrupt => {}
            Action::Suspend | Action::Redraw => {
                self.state = State::Asking(paste);
                return self.elsewhere(action);
            }
            // Nothing is sent or lost by a key that says something else.
            _ => self.state = State::Asking(paste),
        }
        Outcome::Changed
    }

    fn finding(&mut self, mut find: Find, action: Action, model: &mut Model, at: Instant) -> Outcome {
        if !find.is_in(model.windows.current()) {
            return self.typing(action, model, at);
        }
        let window = model.windows.current_mut();
        let before = find.words.text.len();
        match action {
            Action::Type(c) => _ = find.words.insert(c.encode_utf8(&mut [0; 4])),
            Action::Edit(Edit::Backspace) => _ = find.words.cut(find.words.before(), before),
            Action::Edit(Edit::KillBlankLeft) => _ = find.words.cut(find.words.blank_before(), before),
            Action::Edit(Edit::KillToStart) => _ = find.words.cut(0, before),
            Action::Find | Action::Edit(Edit::Up | Edit::Earlier) => find.next(window, true),
            Action::Edit(Edit::Down | Edit::Later) => find.next(window, false),
            Action::Enter => return Outcome::Changed,
            Action::Escape | Action::Interrupt => {
                find.leave(window);
                return Outcome::Changed;
            }
            Action::Suspend | Action::Redraw => {
                self.state = State::Finding(find);
                return self.elsewhere(action);
            }
            // To look elsewhere is to have found what was looked for.
            Action::Look(look) => return Outcome::Look(look),
            _ => {}
        }
        if find.words.text.len() != before {
            find.changed(window);
        }
        self.state = State::Finding(find);
        Outcome::Changed
    }

    fn recalling(&mut self, mut recall: Recall, action: Action, model: &mut Model, at: Instant) -> Outcome {
        let window = model.windows.current_mut();
        match action {
            _ if !recall.is_in(window) => {
                recall.give_up(model);
                return self.typing(action, model, at);
            }
            Action::Type(c) => recall.typed(c.encode_utf8(&mut [0; 4]), window),
            Action::Edit(Edit::Backspace) => recall.shortened(window),
            Action::Recall => recall.older(&self.recalled, window),
            Action::GiveUp | Action::Interrupt => {
                recall.give_up(model);
                return Outcome::Changed;
            }
            Action::Escape => return Outcome::Changed,
            Action::Suspend | Action::Redraw => {
                self.state = State::Recalling(recall);
                return self.elsewhere(action);
            }
            // Enter sends what was found, and whatever edits edits it.
            action => return self.typing(action, model, at),
        }
        if !recall.words().is_empty() {
            recall.words().clone_into(&mut self.recalled);
        }
        self.state = State::Recalling(recall);
        Outcome::Changed
    }

    /// What has nothing to do with what goes on.
    fn elsewhere(&self, action: Action) -> Outcome {
        if action == Action::Suspend { Outcome::Suspend } else { Outcome::Redraw }
    }
}

/// What was typed is done: lists are shown over the messages, the rest is for others to do.
fn entered(line: String, model: &mut Model) -> Outcome {
    let shows = match text::parse(line.trim_end()) {
        Typed::Help("") => Shows::Help,
        Typed::Transfers => Shows::Files { chosen: None },
        _ => return Outcome::Entered(line),
    };
    model.overlay = Some(Overlay::new(shows));
    Outcome::Changed
}

/// Types a character; a colon may end the name of an emoji.
fn typed(window: &mut Window, c: char) {
    let before = &window.draft.text[..window.draft.cursor];
    let begun = emoji::begun(before).filter(|_| c == ':');
    let named = begun.and_then(|at| Some((at, emoji::named(&before[at + 1..])?)));
    editor::typed(window, c);
    if let Some((at, emoji)) = named {
        // Undoing gives the name back.
        window.undo.note(&window.draft, false);
        let here = window.draft.cursor;
        window.draft.put(at..here, emoji);
    }
}
