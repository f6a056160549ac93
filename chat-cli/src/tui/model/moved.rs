//! Who came and who went, in one row as long as nothing is between.

use chat_net::chat_core::{Departure, UserName};

use crate::tui::clean::Clean;

/// So many users are remembered by name in one row; of more, only how many.
const REMEMBERED: usize = 64;

/// So many names are shown of each kind.
const SHOWN: usize = 6;

/// What a user did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Joined,
    Left(Departure),
}

/// Joins and leaves next to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Who, with the first and the last thing that they did.
    users: Vec<(UserName, Move, Move)>,
    /// How many more joined and left, who are not remembered.
    joined: u64,
    left: u64,
    /// How many members there are now, if that was told.
    total: Option<u64>,
}

impl Moved {
    /// One user came or went.
    pub(crate) fn one(user: UserName, what: Move) -> Moved {
        let mut moved = Moved::default();
        moved.add(user, what, what);
        moved
    }

    /// So many came and went, the first of them by name.
    pub(crate) fn many(joined: (u64, &[UserName]), left: (u64, &[UserName]), total: u64) -> Moved {
        let mut moved = Moved { total: Some(total), ..Moved::default() };
        let more = |(count, named): (u64, &[UserName])| count.saturating_sub(named.len() as u64);
        (moved.joined, moved.left) = (more(joined), more(left));
        for user in joined.1 {
            moved.add(user.clone(), Move::Joined, Move::Joined);
        }
        for user in left.1 {
            moved.add(user.clone(), Move::Left(Departure::Left), Move::Left(Departure::Left));
        }
        moved
    }

    /// What came next.
    pub(crate) fn then(&mut self, next: Moved) {
        for (user, first, last) in next.users {
            self.add(user, first, last);
        }
        self.joined = self.joined.saturating_add(next.joined);
        self.left = self.left.saturating_add(next.left);
        self.total = next.total.or(self.total);
    }

    fn add(&mut self, user: UserName, first: Move, last: Move) {
        if let Some(known) = self.users.iter_mut().find(|(name, ..)| *name == user) {
            known.2 = last;
        } else if self.users.len() < REMEMBERED {
            self.users.push((user, first, last));
        } else if last == Move::Joined {
            self.joined = self.joined.saturating_add(1);
        } else {
            self.left = self.left.saturating_add(1);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Moved>() + self.users.len() * (size_of::<(UserName, Move, Move)>() + 32)
    }

    /// `alice, bob joined; carol left (lost); 12 are here`
    pub(crate) fn text(&self) -> Clean {
        let mut parts = Vec::new();
        let mut part = |what: &str, more: u64, is: &dyn Fn(Move, Move) -> bool| {
            let of = |(user, first, last): &(UserName, Move, Move)| is(*first, *last).then(|| user.clone());
            parts.extend(sentence(&self.users.iter().filter_map(of).collect::<Vec<_>>(), more, what));
        };
        part("joined", self.joined, &|first, last| first == Move::Joined && last == Move::Joined);
        for (why, what) in
            [(Departure::Left, "left"), (Departure::Quit, "left (quit)"), (Departure::Lost, "left (lost)")]
        {
            let more = if why == Departure::Left { self.left } else { 0 };
            part(what, more, &|first, last| first != Move::Joined && last == Move::Left(why));
        }
        part("came and went", 0, &|first, last| first == Move::Joined && last != Move::Joined);
        part("went and came back", 0, &|first, last| first != Move::Joined && last == Move::Joined);
        parts.extend(self.total.map(|total| format!("{total} are here")));
        Clean::line(&parts.join("; "))
    }
}

/// `alice, bob and 3 more joined`
fn sentence(users: &[UserName], more: u64, what: &str) -> Option<String> {
    let shown = users.len().min(SHOWN);
    let named: Vec<&str> = users[..shown].iter().map(UserName::as_str).collect();
    match (named.join(", "), more.saturating_add((users.len() - shown) as u64)) {
        (names, 0) if names.is_empty() => None,
        (names, 0) => Some(format!("{names} {what}")),
        (names, more) if names.is_empty() => Some(format!("{more} {what}")),
        (names, more) => Some(format!("{names} and {more} more {what}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn after(moves: &[(&str, Move)]) -> String {
        let mut all = Moved::default();
        for (name, what) in moves {
            all.then(Moved::one(user(name), *what));
        }
        all.text().as_str().to_owned()
    }

    #[test]
    fn those_who_do_the_same_share_a_sentence() {
        let (lost, left) = (Move::Left(Departure::Lost), Move::Left(Departure::Left));
        assert_eq!(after(&[("alice", Move::Joined), ("bob", Move::Joined)]), "alice, bob joined");
        assert_eq!(
            after(&[("alice", Move::Joined), ("bob", lost), ("carol", left), ("dave", lost)]),
            "alice joined; carol left; bob, dave left (lost)"
        );
    }

    #[test]
    fn who_came_and_went_is_named_once() {
        let quit = Move::Left(Departure::Quit);
        assert_eq!(after(&[("alice", Move::Joined), ("ALICE", quit)]), "alice came and went");
        assert_eq!(after(&[("alice", quit), ("alice", Move::Joined)]), "alice went and came back");
    }

    #[test]
    fn a_crowd_is_counted() {
        let names: Vec<String> = (0..100).map(|n| format!("u{n}")).collect();
        let moves: Vec<_> = names.iter().map(|name| (name.as_str(), Move::Joined)).collect();
        assert_eq!(after(&moves), "u0, u1, u2, u3, u4, u5 and 94 more joined");
        let mut digest = Moved::many((12, &[user("a")]), (3, &[]), 509);
        digest.then(Moved::many((0, &[]), (2, &[]), 507));
        assert_eq!(digest.text().as_str(), "a and 11 more joined; 5 left; 507 are here");
        digest.then(Moved::many((u64::MAX, &[]), (u64::MAX, &[]), u64::MAX));
        let most = u64::MAX;
        assert_eq!(digest.text().as_str(), format!("a and {most} more joined; {most} left; {most} are here"));
    }
}
