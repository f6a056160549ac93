//! What the random logs say about files: mostly by those who may say it.

use chat_core::{
    Ask, Audience, Change, Command, EndReason, Event, FileHash, PauseReason, Recipient, RequestId, SessionId,
    Sink, Stamp, Target, TransferChange, TransferId,
};

use super::{BAD_NAMES, BAD_ROOMS, NAMES, ROOMS, Seed, Writer, pick};

const FILES: [&str; 3] = ["photo.jpg", "-rf", "naïve 😀"];
const BAD_FILES: [&str; 3] = ["", "../x", "a\n"];

/// What somebody is to a transfer.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Sender,
    Offered,
    Receiving,
}

/// Counts the offers that were taken.
pub(super) struct Offers(pub(super) u64);

impl Sink for Offers {
    fn deliver(&mut self, _: Stamp, _: &Event, _: Audience<'_>) {}
    fn record(&mut self, _: Stamp, change: &Change) {
        self.0 += u64::from(matches!(change, Change::Transfer(TransferChange::Offered { .. })));
    }
}

impl Writer {
    /// Mostly one of the last few; sometimes none.
    pub(super) fn transfer(&self, draw: u8) -> TransferId {
        let last = |back: u64| TransferId(self.offers.0.saturating_sub(back));
        let is_live = |id: &TransferId| {
            let held = self.chat.transfer(*id);
            held.is_some_and(|held| held.open || held.copies.iter().any(|copy| copy.state.is_open()))
        };
        match draw {
            0..=199 => (0..3).map(last).find(is_live).unwrap_or(last(0)),
            200..=249 => last(u64::from(draw % 8 / 3)),
            _ => TransferId(u64::from(draw)),
        }
    }

    /// Mostly one who has that part in it; sometimes the person that was drawn.
    pub(super) fn part(&self, who: usize, transfer: TransferId, part: Part, draw: u8) -> SessionId {
        let any = |count: usize| usize::from(draw) % count.max(1);
        let offered = || match &self.chat.transfer(transfer)?.offer.to {
            Target::User(user) => self.chat.session_of(user),
            Target::Room(room) => {
                let sender = self.chat.transfer_sender(transfer);
                let members = self.chat.members(room)?.iter().filter(|member| Some(**member) != sender);
                members.clone().nth(any(members.count())).copied()
            }
        };
        let receiving = || {
            let copies = self.chat.transfer(transfer)?.copies;
            let open: Vec<_> = copies.iter().filter(|copy| copy.state.is_open()).collect();
            self.chat.session_of(&open.get(any(open.len()))?.user)
        };
        let session = match part {
            _ if draw <= 20 => None,
            Part::Sender => self.chat.transfer_sender(transfer),
            Part::Offered => offered(),
            Part::Receiving => receiving().or_else(offered),
        };
        session.unwrap_or(self.people[who].session)
    }

    pub(super) fn ask_of_a_transfer(&mut self, who: usize, seed: &Seed) -> Command {
        let [kind, draw, a, b, c, mad] = *seed;
        let transfer = self.transfer(a);
        let hash = |draw: u8| FileHash([draw % 16 / 15; 32]);
        let (from, ask) = match kind {
            106..=117 => {
                let to = match b {
                    0..=19 => Recipient::User(pick(&NAMES, &BAD_NAMES, 4, a)),
                    20..=139 => Recipient::User(self.someone(a)),
                    _ => Recipient::Room(self.room_of(who, a)),
                };
                let size = [0, 100, 1000, 1000, 1000, 1001][usize::from(c) % 6];
                let (name, hash) = (pick(&FILES, &BAD_FILES, 20, c), (c % 3 > 0).then(|| hash(mad)));
                let ask = Ask::Offer { to, name, size, hash, chunk_bytes: u32::from(draw % 2) * 50 };
                (self.people[who].session, ask)
            }
            118..=137 => {
                let from = [0, 0, 0, 10, 100, 1000, 1001][usize::from(c) % 7];
                let prefix = (from > 0).then(|| hash(draw));
                (self.part(who, transfer, Part::Offered, draw), Ask::Accept { transfer, from, prefix })
            }
            138..=142 => (self.part(who, transfer, Part::Offered, draw), Ask::Decline { transfer }),
            143..=149 => {
                let why = if c % 2 == 0 { PauseReason::NoSpace } else { PauseReason::Lost };
                (self.part(who, transfer, Part::Receiving, draw), Ask::Pause { transfer, why })
            }
            205..=207 => {
                (self.part(who, transfer, Part::Sender, draw), Ask::Hash { transfer, hash: hash(mad) })
            }
            208..=213 => (self.part(who, transfer, Part::Receiving, draw), Ask::Finish { transfer }),
            _ => {
                let why =
                    [EndReason::Cancelled, EndReason::PrefixDiffers, EndReason::WrongHash, EndReason::Gone];
                let why = why[usize::from(c % 4)];
                let user = (a % 2 == 0).then(|| pick(&NAMES, &BAD_NAMES, 30, b));
                let part = if b % 2 == 0 { Part::Sender } else { Part::Receiving };
                (self.part(who, transfer, part, draw), Ask::Cancel { transfer, user, why })
            }
        };
        let who = self.people.iter().position(|person| person.session == from).unwrap_or(who);
        let person = &mut self.people[who];
        let request = person.request(mad);
        person.last = Some((request, ask.clone()));
        Command::Ask { from, request: RequestId(request), ask }
    }

    /// One who is here.
    fn someone(&self, draw: u8) -> std::sync::Arc<str> {
        let mut here =
            self.people.iter().cycle().skip(usize::from(draw) % self.people.len()).take(self.people.len());
        let user = here.find_map(|person| self.chat.user(person.session));
        user.map_or("nobody".into(), |user| user.as_str().into())
    }

    /// Mostly one that the person is in.
    fn room_of(&self, who: usize, draw: u8) -> std::sync::Arc<str> {
        let mut rooms = self.chat.memberships(self.people[who].session).map(|(head, _)| head.room);
        match rooms.next().filter(|_| draw > 20) {
            Some(room) => room.as_str().into(),
            None => pick(&ROOMS, &BAD_ROOMS, 5, draw),
        }
    }
}
