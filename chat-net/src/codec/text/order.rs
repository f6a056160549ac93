//! What people at a line are told of the order in a room: roles, bans, mutes, modes, and who did what.

use chat_core::{
    AuditEntry, Body, Event, Modes, Rank, Restricted, Restriction, Role, RoomName, RoomUser, Timestamp,
    UserName,
};

use super::print::Print;

impl Print<'_> {
    /// An act of moderation.
    pub(super) fn moderated(&mut self, at: Timestamp, event: &Event) {
        match event {
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
                self.until(*until);
                self.reason(reason.as_ref());
            }
            Event::Lifted { place, user, by, what } => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" lifted the {what} of {user}"));
            }
            Event::ModesChanged { place, by, modes } => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" set the modes: {modes}"));
            }
            Event::Deleted { place, by, target } => {
                self.begin(at, &place.room, by);
                self.args(format_args!(" deleted message {target}"));
            }
            Event::Removed { place, from, by } => {
                self.at(at, &place.room);
                self.args(format_args!("* a message of {from} was here, {by} deleted it"));
            }
            Event::Invited { room, user, by } => {
                self.begin(at, room, by);
                self.args(format_args!(" invites {user}, who may /join {room}"));
            }
            _ => return,
        }
        self.raw("\n");
    }

    fn reason(&mut self, reason: Option<&Body>) {
        if let Some(reason) = reason {
            self.raw(": ");
            self.foreign(reason.as_str());
        }
    }

    /// ` until 2026-11-21 23:00:00`
    fn until(&mut self, until: Option<Timestamp>) {
        if let Some(until) = until {
            let (year, month, day) = until.date();
            self.args(format_args!(" until {year}-{month:02}-{day:02} {until}"));
        }
    }

    /// `- #lobby: you are a moderator; modes: none`, and a line for each of whom something is remembered.
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
        self.args(format_args!(": you are {own}; modes: {modes}\n"));
        for user in users {
            self.args(format_args!("- {}: {}", user.user, user.role));
            self.raw(if user.invited { ", invited" } else { "" });
            self.restricted(", banned", user.banned.as_ref());
            self.restricted(", muted", user.muted.as_ref());
            self.raw("\n");
        }
        self.raw(if more { "- …\n" } else { "" });
    }

    fn restricted(&mut self, what: &str, restricted: Option<&Restricted>) {
        if let Some(Restricted { until, reason }) = restricted {
            self.raw(what);
            self.until(*until);
            self.reason(reason.as_ref());
        }
    }

    /// A line for each act, newest first, and one that says whether there are older ones.
    pub(super) fn audit(&mut self, entries: &[AuditEntry], more: bool) {
        for entry in entries {
            self.raw("- ");
            self.time(entry.at);
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
            self.until(entry.until);
            self.reason(entry.reason.as_ref());
            self.raw("\n");
        }
        match (entries.is_empty(), more) {
            (true, _) => self.raw("- nothing was done\n"),
            (false, true) => self.raw("- …\n"),
            (false, false) => {}
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
