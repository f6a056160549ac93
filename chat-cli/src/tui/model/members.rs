//! Who is in a room.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chat_net::chat_core::{Role, UserName};
use tokio::time::Instant;

/// So many members are listed; a larger room shows only how many there are.
pub(crate) const LISTED: usize = 10_000;

/// Asked for at most so often: in a big room each digest may leave some out, and each page counts as a message.
const PAUSE: Duration = Duration::from_secs(30);

const ROLES: [Role; 3] = [Role::Owner, Role::Moderator, Role::Member];

/// The members of a room: owners first, then moderators, each in the order of their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    listed: BTreeSet<(Reverse<Role>, UserName)>,
    /// Who is more than a member, here or not: at most [`LISTED`].
    roles: BTreeMap<UserName, Role>,
    /// Who has no connection and may come back.
    lingering: BTreeSet<UserName>,
    /// How many there are, where not all are listed.
    total: Option<u64>,
    /// Whether some may be missing here, or too many: to be asked for anew.
    pub(crate) is_stale: bool,
    /// Whether the roles that were asked for came.
    has_roles: bool,
    /// When was asked last.
    list_asked: Option<Instant>,
    roles_asked: Option<Instant>,
}

impl Members {
    /// These are all, or all that are told; what is known of their roles stays.
    pub(crate) fn are(&mut self, users: impl IntoIterator<Item = UserName>, total: u64) {
        let roles = &self.roles;
        let ranked = |user| (Reverse(roles.get(&user).copied().unwrap_or_default()), user);
        self.listed = users.into_iter().take(LISTED).map(ranked).collect();
        self.is_stale = (self.listed.len() as u64) < total.min(LISTED as u64);
        self.total_is(total);
    }

    /// So many there are.
    pub(crate) fn total_is(&mut self, total: u64) {
        self.total = (total != self.listed.len() as u64).then_some(total);
    }

    pub(crate) fn joined(&mut self, user: &UserName) {
        self.lingering.remove(user);
        if self.role(user).is_some() {
            return;
        }
        let is_full = self.listed.len() >= LISTED;
        let total = self.total.or(is_full.then_some(LISTED as u64));
        if !is_full {
            let role = self.roles.get(user).copied().unwrap_or_default();
            self.listed.insert((Reverse(role), user.clone()));
        }
        if let Some(total) = total {
            self.total_is(total.saturating_add(1));
        }
    }

    pub(crate) fn left(&mut self, user: &UserName) {
        self.lingering.remove(user);
        if let Some(role) = self.role(user) {
            self.listed.remove(&(Reverse(role), user.clone()));
        }
        if let Some(total) = self.total {
            self.total_is(total.saturating_sub(1));
        }
    }

    /// `user` has that role from now on, here or not.
    pub(crate) fn has_role(&mut self, user: &UserName, role: Role) {
        if role == Role::Member {
            self.roles.remove(user);
        } else if self.roles.len() < LISTED {
            self.roles.insert(user.clone(), role);
        }
        if let Some(before) = self.role(user) {
            let name = self.listed.take(&(Reverse(before), user.clone())).map(|(_, name)| name);
            self.listed.insert((Reverse(role), name.unwrap_or_else(|| user.clone())));
        }
    }

    /// These are more than members, and if they are `all` nobody else is.
    pub(crate) fn roles_are(&mut self, roles: impl IntoIterator<Item = (UserName, Role)>, all: bool) {
        let mut before = if all { self.roles.clone() } else { BTreeMap::new() };
        for (user, role) in roles {
            before.remove(&user);
            self.has_role(&user, role);
        }
        before.keys().for_each(|user| self.has_role(user, Role::Member));
        self.has_roles = true;
    }

    /// What is known of them may be old: what is missing is asked for at once.
    pub(crate) fn may_be_old(&mut self) {
        (self.has_roles, self.list_asked, self.roles_asked) = (false, None, None);
    }

    /// Whether the list is to be asked for now; whoever is told so does.
    pub(crate) fn wants_list(&mut self, now: Instant) -> bool {
        self.is_stale && is_due(&mut self.list_asked, now)
    }

    /// Whether the roles are to be asked for now; whoever is told so does.
    pub(crate) fn wants_roles(&mut self, now: Instant) -> bool {
        !self.has_roles && is_due(&mut self.roles_asked, now)
    }

    /// These linger, and nobody else.
    pub(crate) fn linger(&mut self, users: &[UserName]) {
        self.lingering = users.iter().take(LISTED).cloned().collect();
    }

    /// Whether a member has no connection and may come back.
    pub(crate) fn lingers(&self, user: &UserName) -> bool {
        self.lingering.contains(user)
    }

    /// The role of a member who is listed.
    pub(crate) fn role(&self, user: &UserName) -> Option<Role> {
        ROLES.into_iter().find(|role| self.listed.contains(&(Reverse(*role), user.clone())))
    }

    /// How many there are.
    pub(crate) fn total(&self) -> u64 {
        self.total.unwrap_or(self.listed.len() as u64)
    }

    /// How many are listed.
    pub(crate) fn listed(&self) -> usize {
        self.listed.len()
    }

    /// Those who are listed, with their roles.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Role, &UserName)> {
        self.listed.iter().map(|(role, user)| (role.0, user))
    }

    pub(crate) fn clear(&mut self) {
        *self = Members::default();
    }
}

/// Whether it is time again; it is `now`, then.
fn is_due(asked: &mut Option<Instant>, now: Instant) -> bool {
    let is_due = asked.is_none_or(|asked| now.saturating_duration_since(asked) >= PAUSE);
    if is_due {
        *asked = Some(now);
    }
    is_due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn shown(members: &Members) -> Vec<String> {
        members.iter().map(|(role, user)| format!("{role} {user}")).collect()
    }

    #[test]
    fn owners_come_first_and_names_are_in_order() {
        let mut members = Members::default();
        members.are(["bob", "Alice", "carol"].map(user), 3);
        members.has_role(&user("carol"), Role::Owner);
        members.has_role(&user("nobody"), Role::Owner);
        members.joined(&user("ALICE"));
        assert_eq!(shown(&members), ["owner carol", "member Alice", "member bob"]);
        members.are(["dave", "carol"].map(user), 2);
        assert_eq!(shown(&members), ["owner carol", "member dave"]);
        members.left(&user("CAROL"));
        assert_eq!((shown(&members), members.total()), (vec!["member dave".to_owned()], 1));
    }

    #[test]
    fn whoever_joins_or_leaves_lingers_no_more() {
        let mut members = Members::default();
        members.are(["alice", "bob", "carol"].map(user), 3);
        members.linger(&["alice", "bob", "carol"].map(user));
        members.joined(&user("ALICE"));
        members.left(&user("bob"));
        members.joined(&user("bob"));
        let lingers = |members: &Members| ["alice", "bob", "carol"].map(|name| members.lingers(&user(name)));
        assert_eq!(lingers(&members), [false, false, true]);
        members.linger(&[user("bob")]);
        assert_eq!(lingers(&members), [false, true, false]);
    }

    #[test]
    fn roles_are_known_of_those_who_are_not_here() {
        let mut members = Members::default();
        members.roles_are([(user("bob"), Role::Owner), (user("carol"), Role::Moderator)], true);
        members.has_role(&user("dave"), Role::Moderator);
        members.joined(&user("BOB"));
        members.joined(&user("dave"));
        members.left(&user("dave"));
        members.joined(&user("dave"));
        assert_eq!(shown(&members), ["owner BOB", "moderator dave"]);
        members.roles_are([(user("dave"), Role::Moderator)], true);
        members.are(["bob", "carol", "dave"].map(user), 3);
        assert_eq!(shown(&members), ["moderator dave", "member bob", "member carol"]);
    }

    #[test]
    fn what_is_missing_is_asked_for_now_and_then_until_it_comes() {
        let (mut members, now) = (Members::default(), Instant::now());
        members.are([user("bob")], 600);
        let later = |seconds| now + Duration::from_secs(seconds);
        let wants = |members: &mut Members, seconds| {
            (members.wants_list(later(seconds)), members.wants_roles(later(seconds)))
        };
        assert_eq!(
            [0, 29, 30].map(|at| wants(&mut members, at)),
            [(true, true), (false, false), (true, true)]
        );
        members.may_be_old();
        assert_eq!(wants(&mut members, 31), (true, true));
        members.roles_are([], true);
        members.are(["bob", "carol"].map(user), 2);
        assert_eq!(wants(&mut members, 90), (false, false));
        members.clear();
        assert_eq!(wants(&mut members, 91), (false, true));
    }

    #[test]
    fn a_big_room_is_counted_though_not_listed() {
        let mut members = Members::default();
        members.are([], 600);
        assert!(members.is_stale);
        members.joined(&user("alice"));
        members.left(&user("bob"));
        assert_eq!(members.total(), 600);
        members.total_is(812);
        assert_eq!((members.total(), members.iter().count()), (812, 1));
        members.total_is(u64::MAX);
        members.joined(&user("carol"));
        assert_eq!(members.total(), u64::MAX);
    }

    #[test]
    fn a_room_that_grows_is_counted_beyond_those_who_are_listed() {
        let mut members = Members::default();
        for number in 0..=LISTED {
            members.joined(&user(&format!("u{number}")));
        }
        assert_eq!((members.total(), members.iter().count()), (LISTED as u64 + 1, LISTED));
    }
}
