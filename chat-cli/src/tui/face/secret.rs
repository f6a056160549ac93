//! Passwords that are typed in the middle of the talk. Nothing of them is shown, or comes into what was typed before.

use chat_net::codec::Secret as Password;

use super::FullScreen;
use crate::draft::{Draft, pasted};
use crate::join::{Asking, Given, Input, Line};
use crate::tui::clean::Clean;
use crate::tui::keys::{Action, Edit};

/// Somebody types a password.
#[derive(Debug)]
pub(super) struct Secret {
    asking: Asking,
    typed: Draft,
}

impl FullScreen {
    /// Whether `line` needs passwords, which are asked for from now on.
    pub(super) fn begins_to_ask(&mut self, line: &str) -> bool {
        let asking = Asking::begun_by(line);
        self.secret = asking.map(|asking| Secret { asking, typed: Draft::default() });
        self.ask_for_it();
        self.secret.is_some()
    }

    /// Says in the line above the input what is asked for.
    pub(super) fn ask_for_it(&mut self) {
        self.model.question = self.secret.as_ref().map(|secret| {
            let prompt = secret.asking.prompt();
            Clean::line(&format!(" {prompt}: type it, it is not shown, and Enter; Esc leaves all as it is"))
        });
    }

    /// Takes a key while a password is typed.
    pub(super) fn secret_key(&mut self, action: Action) -> Input {
        let Some(secret) = &mut self.secret else { return Input::Nothing };
        let typed = &mut secret.typed;
        match action {
            Action::Type(c) => _ = typed.insert(c.encode_utf8(&mut [0; 4])),
            Action::Edit(Edit::Backspace) => _ = typed.cut(typed.before(), typed.cursor),
            Action::Edit(Edit::KillToStart) => *typed = Draft::default(),
            Action::Enter => {
                let typed = std::mem::take(&mut typed.text);
                return self.secret_given(typed);
            }
            Action::Escape | Action::GiveUp | Action::Interrupt | Action::DeleteOrEnd => {
                return self.secret_given(String::new());
            }
            _ => {}
        }
        Input::Nothing
    }

    /// Takes a password that was pasted.
    pub(super) fn secret_pasted(&mut self, text: &str) {
        if let Some(secret) = &mut self.secret {
            secret.typed.insert(pasted(text).trim_end_matches('\n'));
        }
    }

    fn secret_given(&mut self, typed: String) -> Input {
        let Some(Secret { asking, .. }) = self.secret.take() else { return Input::Nothing };
        let mut input = Input::Nothing;
        match asking.given(Password::from(typed)) {
            Given::More(asking, why) => {
                self.secret = Some(Secret { asking, typed: Draft::default() });
                if let Some(why) = why {
                    self.say(Line::note(why));
                }
            }
            Given::All(act) => input = Input::Do(act),
            Given::Nothing => self.say(Line::note("nothing is changed")),
        }
        self.ask_for_it();
        input
    }
}
