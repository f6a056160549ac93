//! Passwords that are asked for in the middle of the talk: `/passwd` and `/register`. What is typed then is no line.

use std::sync::Arc;

use chat_net::codec::Secret;
use chat_net::codec::text::{self, Typed};

use super::session::{Act, Chore};
use crate::login::is_long_enough;

/// What the passwords are for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    Passwd,
    /// An account of this name.
    Register(Arc<str>),
}

/// Somebody is being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asking {
    wish: Wish,
    /// The password so far, if that is needed.
    old: Option<Secret>,
    /// The new one, typed once.
    new: Option<Secret>,
}

/// What came of a password that was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// One more is needed; what to say before.
    More(Asking, Option<&'static str>),
    /// That is all.
    All(Act),
    /// It was taken back.
    Nothing,
}

impl Asking {
    /// Whether `line`, of a user of that name, needs passwords.
    pub(super) fn begun_by(line: &str, me: &Arc<str>) -> Option<Asking> {
        let line = line.trim();
        let wish = match text::parse(line) {
            Typed::Passwd => Wish::Passwd,
            Typed::Register(name) if !name.is_empty() => Wish::Register(name.into()),
            _ if line.eq_ignore_ascii_case("/register") => Wish::Register(Arc::clone(me)),
            _ => return None,
        };
        Some(Asking { wish, old: None, new: None })
    }

    /// What is asked next.
    pub(super) fn prompt(&self) -> String {
        match (&self.wish, &self.old, &self.new) {
            (Wish::Passwd, None, _) => "password so far".to_owned(),
            (Wish::Passwd, Some(_), None) => "new password".to_owned(),
            (Wish::Register(name), _, None) => format!("new password of {name}"),
            (_, _, Some(_)) => "the same again".to_owned(),
        }
    }

    /// Takes the answer; nothing at all takes everything back.
    pub(super) fn given(mut self, secret: Secret) -> Given {
        if secret.expose().is_empty() {
            return Given::Nothing;
        }
        if self.wish == Wish::Passwd && self.old.is_none() {
            self.old = Some(secret);
            return Given::More(self, None);
        }
        match self.new.take() {
            None if !is_long_enough(&secret) => {
                Given::More(self, Some("a password has 8 to 1024 bytes, choose another"))
            }
            None => Given::More(Asking { new: Some(secret), ..self }, None),
            Some(first) if first != secret => {
                Given::More(self, Some("those were two different passwords, type the new one again"))
            }
            Some(new) => Given::All(match (self.wish, self.old) {
                (Wish::Register(name), _) => Act::Register { name, password: new },
                (Wish::Passwd, old) => Act::Account(Chore::Passwd { old: old.unwrap_or_default(), new }),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(line: &str) -> Option<Asking> {
        Asking::begun_by(line, &"al".into())
    }

    /// All prompts on the way, and what comes of it.
    fn typed(mut asking: Asking, secrets: &[&str]) -> (Vec<String>, Given) {
        let mut prompts = Vec::new();
        for secret in secrets {
            prompts.push(asking.prompt());
            match asking.given((*secret).into()) {
                Given::More(next, _) => asking = next,
                end => return (prompts, end),
            }
        }
        (prompts, Given::More(asking, None))
    }

    #[test]
    fn a_new_password_is_typed_twice_behind_the_old_one() {
        let secrets = ["old", "short", "correct horse", "correct house", "correct horse", "correct horse"];
        let (prompts, end) = typed(begun("/passwd").unwrap(), &secrets);
        let new = "new password";
        assert_eq!(prompts, ["password so far", new, new, "the same again", new, "the same again"]);
        let chore = Chore::Passwd { old: "old".into(), new: "correct horse".into() };
        assert_eq!(end, Given::All(Act::Account(chore)));
        assert_eq!(typed(begun("/passwd").unwrap(), &["old", ""]).1, Given::Nothing);
    }

    #[test]
    fn an_account_is_made_under_the_name_that_one_has_or_another() {
        for (line, name) in [("/register", "al"), (" /REGISTER bo ", "bo")] {
            let (_, end) = typed(begun(line).unwrap(), &["correct horse", "correct horse"]);
            assert_eq!(
                end,
                Given::All(Act::Register { name: name.into(), password: "correct horse".into() })
            );
        }
        for line in ["hello", "//passwd", "/logout", "/passwords"] {
            assert_eq!(begun(line), None, "{line}");
        }
    }
}
