//! Entries about accounts: two names have one, and several people come by each.

use chat_core::{AccountAct, Command, NodeId, PasswordHash, SessionId};

use super::{BAD_NAMES, NAMES, Seed, Writer, hash, pick};

/// The names that are an account's mostly.
const ACCOUNTS: [&str; 5] = ["ann", "bob", "ANN", "bob", "cat"];

/// Two accounts are made, and one is an operator's.
pub(super) const BEGUN: [Seed; 3] = [[106, 0, 1, 0, 1, 0], [106, 0, 31, 0, 1, 0], [106, 0, 1, 170, 1, 0]];

impl Writer {
    pub(super) fn command_of_accounts(&mut self, seed: &Seed) -> Command {
        let [kind, who, a, b, c, time] = *seed;
        let person = usize::from(who) % self.people.len();
        match kind {
            0..=40 if !self.people[person].attached && b % 2 == 0 => self.log_in(person, a, b, c),
            41..=44 => self.log_in(person, a, b, c),
            106..=123 => self.act(person, a, b, c),
            // What would be about files is said instead.
            124..=149 | 205..=217 => self.command_of(&[160 + kind % 30, who, a, b, c, time]),
            91..=99 => self.command_of(&[kind - 60, who, a, b, c, time]),
            _ => self.command_of(seed),
        }
    }

    fn log_in(&mut self, who: usize, a: u8, b: u8, c: u8) -> Command {
        let node = NodeId(u16::from(b % 3));
        if c < 250 {
            self.tokens = self.tokens.wrapping_add(1);
        }
        if c > 5 {
            self.attachments += 1;
        }
        let person = &mut self.people[who];
        person.session = SessionId::new(node, self.attachments);
        (person.attached, person.token_before) = (true, person.token);
        (person.token, person.asked, person.last) = (self.tokens, 0, None);
        let account = pick(&ACCOUNTS, &BAD_NAMES, 30, a);
        Command::LogIn { session: person.session, account, token: hash(self.tokens) }
    }

    fn act(&mut self, who: usize, a: u8, b: u8, c: u8) -> Command {
        let name = match c {
            0..=199 => pick(&ACCOUNTS, &BAD_NAMES, 30, a),
            _ => NAMES[usize::from(a) % NAMES.len()].into(),
        };
        let by = c.is_multiple_of(3).then(|| self.from(who, b));
        let password = (!c.is_multiple_of(4)).then(|| PasswordHash("$argon2id$".into()));
        let act = match b {
            0..=119 => AccountAct::Register { name, password },
            120..=169 => AccountAct::SetPassword { name, password },
            170..=199 => AccountAct::SetOperator { name, is_operator: !c.is_multiple_of(4) },
            200..=239 => AccountAct::SetDisabled { name, is_disabled: c.is_multiple_of(2) },
            _ => AccountAct::LogOutEverywhere { name, except: by },
        };
        Command::Account { by, act }
    }
}
