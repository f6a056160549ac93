//! Whom somebody at a keyboard wants to see nothing of. Only what is shown changes: the server is not told, and nobody else.

use std::collections::BTreeSet;

use chat_core::{Event, UserName};

/// So many may be ignored at once.
const MOST: usize = 100;

/// The users whose words, whispers, offers, invitations, joins and leaves are not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignored(BTreeSet<UserName>);

impl Ignored {
    /// Whether nobody is ignored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an event is not shown: what somebody ignored said, did alone, or wants of one. What is done to keep order
    /// is shown, whoever did it.
    #[must_use]
    pub fn hides(&self, event: &Event) -> bool {
        let by = match event {
            Event::Said { from, .. } | Event::Whispered { from, .. } | Event::Removed { from, .. } => from,
            Event::Joined { user, .. } | Event::Left { user, .. } => user,
            Event::Invited { by, .. } => by,
            Event::Offered(offer) => &offer.from,
            _ => return false,
        };
        self.0.contains(by)
    }

    /// Ignores somebody from now on, or no more: the sentence that says so.
    ///
    /// # Errors
    /// Why not, as a sentence: the name is none, is one's own, or too many are ignored.
    pub fn set(&mut self, written: &str, me: &str, is_ignored: bool) -> Result<String, String> {
        let user = UserName::new(written, usize::MAX).map_err(|why| why.to_string())?;
        if user.as_str().eq_ignore_ascii_case(me) {
            return Err("you cannot ignore yourself".to_owned());
        }
        match is_ignored {
            true if self.0.len() >= MOST && !self.0.contains(&user) => {
                Err(format!("you ignore {MOST} users, /unignore one first"))
            }
            true => {
                let said = format!("you see nothing more of {user}; /unignore {user} undoes it");
                self.0.insert(user);
                Ok(said)
            }
            false if self.0.remove(&user) => Ok(format!("you see {user} again")),
            false => Ok(format!("you did not ignore {user}")),
        }
    }

    /// The sentence that says who is ignored.
    #[must_use]
    pub fn list(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(UserName::as_str).collect();
        match names.as_slice() {
            [] => "you ignore nobody; /ignore USER begins to".to_owned(),
            names => format!("you ignore {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::{Body, Departure, Epoch, Number, Place, Restriction, RoomName};

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn events(by: &str) -> Vec<Event> {
        let room = RoomName::new("den", 64).unwrap();
        let place = || Place { room: room.clone(), epoch: Epoch(1), number: Number(1) };
        let body = || Body::new(&"hi".into(), 99).unwrap();
        vec![
            Event::Said { place: place(), from: user(by), body: body() },
            Event::Whispered { from: user(by), to: user("me"), body: body(), number: Number(1) },
            Event::Joined { place: place(), user: user(by) },
            Event::Left { place: place(), user: user(by), why: Departure::Quit },
            Event::Invited { room: room.clone(), user: user("me"), by: user(by) },
            Event::Removed { place: place(), from: user(by), by: user("me") },
        ]
    }

    #[test]
    fn all_that_one_ignored_says_is_hidden_until_it_is_undone() {
        let mut ignored = Ignored::default();
        ignored.set("Bob", "me", true).unwrap();
        assert!(events("bob").iter().all(|event| ignored.hides(event)));
        assert!(events("alice").iter().all(|event| !ignored.hides(event)));
        let place = Place { room: RoomName::new("den", 64).unwrap(), epoch: Epoch(1), number: Number(1) };
        let lifted = Event::Lifted { place, user: user("me"), by: user("bob"), what: Restriction::Ban };
        assert!(!ignored.hides(&lifted), "order is seen");
        assert_eq!(ignored.list(), "you ignore Bob");
        assert_eq!(ignored.set("BOB", "me", false).unwrap(), "you see BOB again");
        assert!(events("bob").iter().all(|event| !ignored.hides(event)) && ignored.is_empty());
        assert_eq!(ignored.set("bob", "me", false).unwrap(), "you did not ignore bob");
    }

    #[test]
    fn not_everybody_can_be_ignored() {
        let mut ignored = Ignored::default();
        assert!(ignored.set("ME", "me", true).is_err());
        assert!(ignored.set("\x1b[2J", "me", true).is_err());
        for n in 0..MOST {
            ignored.set(&format!("user{n}"), "me", true).unwrap();
        }
        assert!(ignored.set("one-more", "me", true).unwrap_err().contains("/unignore"));
        assert!(ignored.set("user7", "me", true).is_ok(), "is ignored already");
    }
}
