//! Who answers to a name. A user may have several sessions, and counts once.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::id::SessionId;
use crate::name::UserName;

/// Sessions by the names of their users.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster {
    // A pair is no larger than a map's key and value: a user with one session, as nearly all are, costs nothing for
    // the few who have several.
    all: BTreeSet<(UserName, SessionId)>,
    users: usize,
}

impl Roster {
    pub(crate) fn insert(&mut self, user: UserName, session: SessionId) {
        let is_known = self.contains(&user);
        self.users += usize::from(self.all.insert((user, session)) && !is_known);
    }

    pub(crate) fn remove(&mut self, user: &UserName, session: SessionId) {
        if self.all.remove(&(user.clone(), session)) && !self.contains(user) {
            self.users -= 1;
        }
    }

    /// That user's sessions, in the order of their ids.
    pub(crate) fn of(&self, user: &UserName) -> impl DoubleEndedIterator<Item = SessionId> + '_ {
        let all = (user.clone(), SessionId::from_u64(0))..=(user.clone(), SessionId::from_u64(u64::MAX));
        self.all.range(all).map(|(_, session)| *session)
    }

    pub(crate) fn contains(&self, user: &UserName) -> bool {
        self.of(user).next().is_some()
    }

    /// Whether that session is the only one of its user.
    pub(crate) fn is_alone(&self, user: &UserName, session: SessionId) -> bool {
        self.of(user).all(|other| other == session)
    }

    /// How many users there are.
    pub(crate) fn users(&self) -> usize {
        self.users
    }

    /// The users behind one, or all of them, in the order of their names, each once.
    pub(crate) fn names(&self, after: Option<&UserName>) -> impl Iterator<Item = &UserName> {
        let from = match after {
            Some(after) => Bound::Excluded((after.clone(), SessionId::from_u64(u64::MAX))),
            None => Bound::Unbounded,
        };
        let mut last = None;
        let all = self.all.range((from, Bound::Unbounded)).map(|(name, _)| name);
        all.filter(move |name| last.replace(*name) != Some(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_with_two_sessions_counts_once() {
        let name = |text: &str| UserName::new(text, 32).unwrap();
        let session = SessionId::from_u64;
        let mut roster = Roster::default();
        for (user, id) in [("bob", 3), ("alice", 1), ("Bob", 2), ("bob", u64::MAX)] {
            roster.insert(name(user), session(id));
        }
        let names = |roster: &Roster, after: Option<&UserName>| -> Vec<String> {
            roster.names(after).map(ToString::to_string).collect()
        };
        assert_eq!((roster.users(), names(&roster, None)), (2, vec!["alice".to_owned(), "Bob".to_owned()]));
        assert_eq!(roster.of(&name("bob")).collect::<Vec<_>>(), [session(2), session(3), session(u64::MAX)]);
        assert!(names(&roster, Some(&name("BOB"))).is_empty());
        for (id, users) in [(2, 2), (2, 2), (3, 2), (u64::MAX, 1)] {
            roster.remove(&name("bob"), session(id));
            assert_eq!(roster.users(), users);
        }
        assert!(roster.is_alone(&name("alice"), session(1)) && !roster.contains(&name("bob")));
    }
}
