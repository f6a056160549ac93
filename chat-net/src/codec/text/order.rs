//! What people at a line are told of the order in a room: roles, bans, mutes, modes, and who did what.

use chat_core::{
    AuditEntry, Body, Event, HistoryFrom, Modes, Rank, Restricted, Restriction, Role, RoomName, RoomUser,
    Timestamp, UserName,
};

use super::print::Print;
use super::term::Term;

impl Print<'_> {
    /// An act of moderation.
    pub(super) fn moderated(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::RoleChanged { place, user, by, role } if user == by => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" stepped down and is {} now", article(*role)));
            }
            Event::RoleChanged { place, user, by, role } => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" made {user} {}", article(*role)));
            }
            Event::Kicked { place, user, by, reason, banned } => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" put {user} out{}", if *banned { ", who is banned" } else { "" }));
                self.reason(reason.as_ref());
            }
            Event::Restricted { place, user, by, what, until, reason } => {
                self.begin(at, &place.room, by);
                let did = match what {
                    Restriction::Ban => "banned",
                    Restriction::Mute => "muted",
                };
                self.args(format_args!(" {did} {user}"));
                match until {
                    Some(_) => self.until(*until, Some(at)),
                    None => self.raw(" until lifted"),
                }
                self.reason(reason.as_ref());
            }
            Event::Lifted { place, user, by, what } => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" lifted the {what} of {user}"));
            }
            Event::ModesChanged { place, by, modes } => {
                self.begin(at, &place.room, by);
                self.raw(" set the modes: ");
                self.modes(modes);
            }
            Event::Deleted { place, by, target, from } => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" deleted message {target}"));
                if from != by {
                    self.args(format_args!(" of {from}"));
                }
            }
            _ => return,
        }
        self.raw("\n");
    }

    /// One line says what to type; who asked another in is told that it is done.
    pub(super) fn invited(&mut self, at: Timestamp, room: &RoomName, [user, by]: [&UserName; 2], own: bool) {
        if own {
            return self.args(format_args!("- {user} is invited to #{room}\n"));
        }
        self.begin(at, room, by);
        self.args(format_args!(" invites {user}: type /join {room}\n"));
    }

    fn reason(&mut self, reason: Option<&Body>) {
        if let Some(reason) = reason {
            self.raw(": ");
            self.foreign(reason.as_str());
        }
    }

    /// ` until 2026-11-21 23:00:00`, or without the date that one sees at the begin of the line.
    fn until(&mut self, until: Option<Timestamp>, told: Option<Timestamp>) {
        let Some(until) = until else { return };
        self.raw(" until ");
        if told.is_none_or(|told| told.day() != until.day()) {
            let (year, month, day) = until.date();
            self.args(format_args!("{year}-{month:02}-{day:02} "));
        }
        self.args(format_args!("{until}"));
    }

    /// `invite-only, key, moderated, slow 10 s, history from join, retention 7d`, in the words that `/mode` takes.
    fn modes(&mut self, modes: &Modes) {
        let Modes { invite_only, has_key, moderated, slow_s, history, retention_ms } = *modes;
        let mut before = "";
        for (is_on, what) in [(invite_only, "invite-only"), (has_key, "key"), (moderated, "moderated")] {
            if is_on {
                self.raw(before);
                self.raw(what);
                before = ", ";
            }
        }
        if slow_s > 0 {
            self.args(format_args!("{before}slow {slow_s} s"));
            before = ", ";
        }
        if history == HistoryFrom::Join {
            self.args(format_args!("{before}history from join"));
            before = ", ";
        }
        if retention_ms > 0 {
            self.args(format_args!("{before}retention {}", Term(retention_ms)));
            before = ", ";
        }
        if before.is_empty() {
            self.raw("none");
        }
    }

    /// `- #lobby: you are a moderator; modes: none`, who keeps order there, and a line for each of whom more is
    /// remembered.
    pub(super) fn order(
        &mut self,
        room: &RoomName,
        modes: &Modes,
        rank: Rank,
        users: &[RoomUser],
        more: bool,
    ) {
        self.raw("- ");
        self.room(room);
        let own = match rank {
            Rank::Member => article(Role::Member),
            Rank::Moderator => article(Role::Moderator),
            Rank::Owner => article(Role::Owner),
            Rank::Operator => "an operator",
        };
        self.args(format_args!(": you are {own}; modes: "));
        self.modes(modes);
        self.raw("\n- ");
        self.named("owners", users, Role::Owner);
        self.raw("; ");
        self.named("moderators", users, Role::Moderator);
        self.raw("\n");
        let mut is_quiet = true;
        for RoomUser { user, banned, muted, invited, .. } in users {
            for (what, restricted) in [("banned", banned), ("muted", muted)] {
                if let Some(Restricted { until, reason }) = restricted {
                    self.args(format_args!("- {what}: {user}"));
                    self.until(*until, None);
                    self.reason(reason.as_ref());
                    self.raw("\n");
                    is_quiet = false;
                }
            }
            if *invited {
                self.args(format_args!("- invited: {user}\n"));
                is_quiet = false;
            }
        }
        match (more, is_quiet && rank >= Rank::Moderator) {
            (true, _) => self.raw("- …\n"),
            (false, true) => self.raw("- nobody is banned, muted or invited\n"),
            (false, false) => {}
        }
    }

    /// `moderators: bob carol`
    fn named(&mut self, what: &str, users: &[RoomUser], role: Role) {
        self.args(format_args!("{what}:"));
        let mut named = users.iter().filter(|user| user.role == role).peekable();
        if named.peek().is_none() {
            self.raw(" none");
        }
        named.for_each(|user| self.args(format_args!(" {}", user.user)));
    }

    /// A line for each act, newest first, and one that says how older ones are seen.
    pub(super) fn audit(&mut self, entries: &[AuditEntry], more: bool) {
        for entry in entries {
            let (year, month, day) = entry.at.date();
            self.args(format_args!("- {} {year}-{month:02}-{day:02} {} ", entry.number, entry.at));
            self.raw(entry.by.as_ref().map_or("the server", UserName::as_str));
            self.raw(": ");
            self.foreign(&entry.act);
            if let Some(user) = &entry.user {
                self.args(format_args!(" {user}"));
            }
            if let Some(room) = &entry.room {
                self.raw(" in ");
                self.room(room);
            }
            self.until(entry.until, None);
            self.reason(entry.reason.as_ref());
            self.raw("\n");
        }
        match (entries.last(), more) {
            (None, _) => self.raw("- nothing was done\n"),
            (Some(oldest), true) => {
                self.args(format_args!("- /audit {} shows what was before\n", oldest.number));
            }
            (Some(_), false) => {}
        }
    }
}

fn article(role: Role) -> &'static str {
    match role {
        Role::Member => "a member",
        Role::Moderator => "a moderator",
        Role::Owner => "an owner",
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use chat_core::{Answer, Epoch, Number, Place, RequestId};

    use super::super::encode_server;
    use super::*;
    use crate::codec::{FromServer, Told};

    const AT: Timestamp = Timestamp(1_763_733_909_123);

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn room() -> RoomName {
        RoomName::new("den", 64).unwrap()
    }

    fn body(text: &str) -> Body {
        Body::new(&text.into(), 4096).unwrap()
    }

    fn place() -> Place {
        Place { room: room(), epoch: Epoch(1), number: Number(12) }
    }

    fn print(frame: &FromServer, own: bool) -> String {
        let mut out = BytesMut::new();
        encode_server(frame, own, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    fn show(re: u64, past: bool, own: bool, event: Event) -> String {
        print(&FromServer::Told(Told { re: RequestId(re), past, at: AT, event }), own)
    }

    fn answered(answer: Answer) -> String {
        print(&FromServer::Answered { re: RequestId(1), answer }, false)
    }

    fn restricted(what: Restriction, until: Option<Timestamp>, reason: Option<&str>) -> Event {
        let (user, by, reason) = (user("bob"), user("alice"), reason.map(body));
        Event::Restricted { place: place(), user, by, what, until, reason }
    }

    #[test]
    fn every_act_is_a_sentence() {
        let (bob, alice) = (|| user("bob"), || user("alice"));
        let role = |user, role| Event::RoleChanged { place: place(), user, by: alice(), role };
        let kicked = |reason: Option<&str>, banned| Event::Kicked {
            place: place(),
            user: bob(),
            by: alice(),
            reason: reason.map(body),
            banned,
        };
        let soon = AT.plus_ms(600_000);
        let modes = Modes { has_key: true, slow_s: 10, retention_ms: 604_800_000, ..Modes::default() };
        for (event, line) in [
            (role(bob(), Role::Moderator), "made bob a moderator"),
            (role(bob(), Role::Member), "made bob a member"),
            (role(alice(), Role::Moderator), "stepped down and is a moderator now"),
            (kicked(None, false), "put bob out"),
            (kicked(Some("sp\nam\u{202e}"), true), "put bob out, who is banned: sp↵am<U+202E>"),
            (restricted(Restriction::Ban, None, None), "banned bob until lifted"),
            (restricted(Restriction::Ban, Some(soon), Some("spam")), "banned bob until 14:15:09: spam"),
            (
                restricted(Restriction::Mute, Some(AT.plus_ms(86_400_000)), None),
                "muted bob until 2025-11-22 14:05:09",
            ),
            (
                Event::Lifted { place: place(), user: bob(), by: alice(), what: Restriction::Mute },
                "lifted the mute of bob",
            ),
            (
                Event::ModesChanged { place: place(), by: alice(), modes },
                "set the modes: key, slow 10 s, retention 1w",
            ),
            (
                Event::ModesChanged { place: place(), by: alice(), modes: Modes::default() },
                "set the modes: none",
            ),
            (
                Event::Deleted { place: place(), by: alice(), target: Number(9), from: bob() },
                "deleted message 9 of bob",
            ),
            (
                Event::Deleted { place: place(), by: alice(), target: Number(9), from: alice() },
                "deleted message 9",
            ),
        ] {
            assert_eq!(show(0, false, false, event.clone()), format!("[14:05:09] #den * alice {line}\n"));
            assert_eq!(show(7, false, true, event), format!("[14:05:09] #den * alice {line}\n"), "one's own");
        }
    }

    #[test]
    fn an_invitation_says_what_to_type_and_to_whoever_made_it_that_it_is_made() {
        let event = || Event::Invited { room: room(), user: user("bob"), by: user("alice") };
        let line = "[14:05:09] #den * alice invites bob: type /join den\n";
        assert_eq!(show(0, false, false, event()), line);
        assert_eq!(show(0, true, false, event()), line);
        for (re, own) in [(0, true), (7, false)] {
            assert_eq!(show(re, false, own, event()), "- bob is invited to #den\n");
        }
    }

    #[test]
    fn where_a_message_was_is_who_deleted_it() {
        let removed = || Event::Removed { place: place(), from: user("bob"), by: user("alice") };
        assert_eq!(show(0, true, false, removed()), "[14:05:09] #den <bob> [deleted by alice]\n");
        assert_eq!(show(7, true, false, removed()), "[14:05:09] #den/12 <bob> [deleted by alice]\n");
    }

    #[test]
    fn the_order_of_a_room_is_shown_with_names_and_reasons() {
        let known =
            |name: &str, role| RoomUser { user: user(name), role, banned: None, muted: None, invited: false };
        let ban = Restricted { until: Some(AT), reason: Some(body("spam\nspam")) };
        let mute = Restricted { until: None, reason: None };
        let order = |rank, users: Vec<RoomUser>, more| {
            let modes = Modes { invite_only: true, history: HistoryFrom::Join, ..Modes::default() };
            answered(Answer::Room { room: room(), modes, rank, users, more })
        };
        let users = vec![
            known("alice", Role::Owner),
            RoomUser { muted: Some(mute), ..known("bob", Role::Moderator) },
            RoomUser { invited: true, ..known("carol", Role::Member) },
            known("dave", Role::Moderator),
            RoomUser { banned: Some(ban), ..known("eve", Role::Member) },
        ];
        assert_eq!(
            order(Rank::Owner, users, false),
            "- #den: you are an owner; modes: invite-only, history from join\n\
             - owners: alice; moderators: bob dave\n\
             - muted: bob\n\
             - invited: carol\n\
             - banned: eve until 2025-11-21 14:05:09: spam↵spam\n"
        );
        let quiet = order(Rank::Operator, Vec::new(), false);
        assert!(quiet.starts_with("- #den: you are an operator; "), "{quiet}");
        assert!(
            quiet.ends_with("- owners: none; moderators: none\n- nobody is banned, muted or invited\n"),
            "{quiet}"
        );
        let member = order(Rank::Member, vec![known("alice", Role::Owner)], false);
        assert!(member.ends_with("- owners: alice; moderators: none\n"), "members are not told: {member}");
        assert!(order(Rank::Owner, Vec::new(), true).ends_with("\n- …\n"));
    }

    #[test]
    fn the_audit_says_how_it_goes_on() {
        let entry = |number, user: Option<&str>, reason: Option<&str>| AuditEntry {
            number,
            at: AT,
            by: Some(UserName::new("alice", 32).unwrap()),
            act: "ban".into(),
            room: Some(room()),
            user: user.map(|user| UserName::new(user, 32).unwrap()),
            until: reason.map(|_| AT),
            reason: reason.map(body),
        };
        let entries =
            vec![entry(8, Some("bob"), Some("x\ty")), AuditEntry { by: None, ..entry(7, None, None) }];
        assert_eq!(
            answered(Answer::Audit { entries: entries.clone(), more: true }),
            "- 8 2025-11-21 14:05:09 alice: ban bob in #den until 2025-11-21 14:05:09: x y\n\
             - 7 2025-11-21 14:05:09 the server: ban in #den\n\
             - /audit 7 shows what was before\n"
        );
        assert_eq!(answered(Answer::Audit { entries, more: false }).lines().count(), 2);
        assert_eq!(answered(Answer::Audit { entries: Vec::new(), more: false }), "- nothing was done\n");
    }
}
