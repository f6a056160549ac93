//! Passwords that are asked for in the middle of the talk, by `/passwd`. What is typed then is no line.

use chat_net::chat_core::Code;
use chat_net::codec::Secret;
use chat_net::codec::text::{self, Typed};

use super::session::{Act, Chore};
use crate::login::is_long_enough;

/// Somebody is being asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asking {
    /// The password so far.
    old: Option<Secret>,
    /// The new one, typed once.
    new: Option<Secret>,
}

/// What came of a password that was typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// One more is needed; what to say before.
    More(Asking, Option<&'static str>),
    /// That is all.
    All(Act),
    /// It was taken back.
    Nothing,
}

impl Asking {
    /// Whether `line` needs passwords.
    pub(crate) fn begun_by(line: &str) -> Option<Asking> {
        matches!(text::parse(line.trim_end()), Typed::Passwd).then(Asking::default)
    }

    /// What is asked next.
    pub(crate) fn prompt(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "password so far",
            (Some(_), None) => "new password",
            (Some(_), Some(_)) => "the same again",
        }
    }

    /// Takes the answer; nothing at all takes everything back.
    pub(crate) fn given(mut self, secret: Secret) -> Given {
        if secret.expose().is_empty() {
            return Given::Nothing;
        }
        let Some(old) = self.old.take() else {
            return Given::More(Asking { old: Some(secret), new: None }, None);
        };
        let again = |new, why| Given::More(Asking { old: Some(old.clone()), new }, why);
        match self.new.take() {
            None if !is_long_enough(&secret) => again(None, Some(Code::WeakPassword.sentence())),
            None => again(Some(secret), None),
            Some(first) if first != secret => {
                again(None, Some("those were two different passwords, type the new one again"))
            }
            Some(new) => Given::All(Act::Account(Chore::Passwd { old, new })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(line: &str) -> Option<Asking> {
        Asking::begun_by(line)
    }

    /// All prompts on the way, and what comes of it.
    fn typed(mut asking: Asking, secrets: &[&str]) -> (Vec<&'static str>, Given) {
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
    fn no_other_line_asks_for_passwords() {
        for line in ["hello", "//passwd", "/logout", "/passwords", "/register", "/register bo"] {
            assert_eq!(begun(line), None, "{line}");
        }
    }
}
