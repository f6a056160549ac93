//! The core's sink: gathers what a batch leads to. Runs of events with one audience become one segment, so
//! that each recipient costs one reference and one push a run, not one a message.

use std::collections::BTreeMap;

use chat_core::{
    Asker, Audience, AuditEntry, Change, Chat, Code, EndReason, Epoch, Event, Number, OrderChange, RequestId,
    RoomId, SessionId, Since, Sink, Stamp, TransferChange, TransferId,
};

use crate::batch::{Batch, Item};
use crate::codec::{FromServer, Told};
use crate::store::{Record, size};

/// Gathers a batch.
#[derive(Debug, Default)]
pub(crate) struct FanOut {
    pub(crate) batch: Batch,
    /// The audience of the last segment, while it may still grow.
    open: Option<Key>,
    /// Where the join that is being applied says the client's copy ends.
    pub(crate) since: Option<Since>,
    /// The session and room of a membership that the entry being applied began.
    pub(crate) entered: Option<(SessionId, Epoch)>,
    /// Whether the entry being applied attached a session that goes on.
    pub(crate) resumed: bool,
    /// The copy that the entry being applied lets run, and how much of it is there.
    pub(crate) accepted: Option<(TransferId, SessionId, u64)>,
    /// Who was put out of a room by the entry being applied, and what all there are told of it.
    kicked: Option<(Epoch, Told)>,
    /// Whether the entry being applied is refused for a wrong key.
    pub(crate) bad_key: bool,
    /// From where to where the entry being applied moved a session.
    pub(crate) moved: Option<(SessionId, SessionId)>,
    /// The numbering of each room, for those who leave it.
    epochs: BTreeMap<RoomId, Epoch>,
    /// Rises whenever who is here, or where, changes.
    pub(crate) roster: u64,
}

/// Two deliveries with equal keys, and no change of members between them, have the same audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    epoch: Epoch,
    members: usize,
    first: Option<SessionId>,
}

impl FanOut {
    /// Begins where a chat stands.
    pub(crate) fn of(chat: &Chat) -> FanOut {
        let epochs = chat.heads().map(|(room, head)| (room, head.epoch)).collect();
        FanOut { epochs, ..FanOut::default() }
    }

    /// Called before each entry.
    pub(crate) fn begin(&mut self, since: Option<Since>) {
        self.since = since;
        self.entered = None;
        self.resumed = false;
        self.accepted = None;
        self.bad_key = false;
        self.moved = None;
        self.kicked = None;
    }

    /// Anything that is not an event for the same audience ends the segment, so that every recipient sees
    /// one order.
    pub(crate) fn push(&mut self, item: Item) {
        self.open = None;
        self.batch.items.push(item);
    }

    /// Hands the batch out; the next begins empty.
    pub(crate) fn take(&mut self) -> &mut Batch {
        self.open = None;
        &mut self.batch
    }

    fn told(stamp: Stamp, event: &Event, to: &Audience<'_>) -> Told {
        Told { re: RequestId::NONE, past: to.past, at: stamp.at, event: event.clone() }
    }

    fn one(&mut self, asker: Asker, told: Told) {
        let own = is_echo(&told.event);
        let told = Told { re: asker.request, ..told };
        self.push(Item::One { to: asker.session, frame: Box::new(FromServer::Told(told)), own });
    }

    fn segment(&mut self, told: Told, key: Option<Key>, to: &Audience<'_>) {
        self.batch.bytes += size(&told.event);
        self.batch.tolds.push((told, to.asker));
        let end = self.batch.tolds.len();
        if let (Some(open), Some(key), Some(Item::Segment { tolds, .. })) =
            (self.open, key, self.batch.items.last_mut())
            && open == key
        {
            tolds.end = end;
            return;
        }
        let from = self.batch.audiences.len();
        self.batch.audiences.extend_from_slice(to.sessions);
        let audience = from..self.batch.audiences.len();
        let epoch = key.map(|key| key.epoch);
        self.batch.items.push(Item::Segment { tolds: end - 1..end, audience, epoch });
        self.open = key;
    }

    /// What becomes of the links between a sender and its receivers.
    fn record_transfer(&mut self, change: &TransferChange) {
        match *change {
            TransferChange::Accepted { transfer, session, from } => {
                self.accepted = Some((transfer, session, from));
            }
            TransferChange::Paused { transfer, session, .. }
            | TransferChange::CopyEnded { transfer, session, .. } => {
                self.push(Item::Unlink { transfer, session });
            }
            TransferChange::Hashed { transfer, .. } => self.push(Item::Hashed { transfer }),
            // Copies that run when an offer expires go on.
            TransferChange::Closed { why: EndReason::Expired, .. } => {}
            TransferChange::Closed { transfer, .. }
            | TransferChange::Over { transfer, .. }
            | TransferChange::Forgotten { transfer } => self.push(Item::EndTransfer { transfer }),
            _ => {}
        }
    }
}

/// The state keeps the last acts alone; the log has all. A reason is text that somebody wrote: it stays out.
fn log_act(AuditEntry { act, by, room, user, .. }: &AuditEntry) {
    let by = by.as_ref().map(tracing::field::display);
    let room = room.as_ref().map(tracing::field::display);
    let user = user.as_ref().map(tracing::field::display);
    tracing::info!(%act, by, room, user, "order was kept");
}

/// Whether an asker who sees what he types has seen this already. A whisper to oneself arrives, too: then it
/// is numbered, and shown.
pub(crate) fn is_echo(event: &Event) -> bool {
    match event {
        // Whoever asked somebody in is told that it is done instead.
        Event::Said { .. } | Event::Invited { .. } => true,
        Event::Whispered { number, .. } => *number == Number(0),
        _ => false,
    }
}

/// Whether a change is about who is here, or where.
fn changes_roster(change: &Change) -> bool {
    !matches!(
        change,
        Change::Numbered { .. }
            | Change::Answered { .. }
            | Change::Whispered { .. }
            | Change::Transfer(_)
            | Change::Order(_)
            | Change::SecretUsed { .. }
            | Change::Account(_)
    )
}

impl Sink for FanOut {
    fn deliver(&mut self, stamp: Stamp, event: &Event, to: Audience<'_>) {
        match event {
            Event::Attached { user, resumed, rooms } => {
                if let [session] = to.sessions {
                    self.resumed = *resumed;
                    let (user, rooms) = (user.clone(), rooms.clone());
                    self.push(Item::Welcome { to: *session, resumed: *resumed, user, rooms });
                }
                return;
            }
            // A secret came back that was used up. No answer: the connection asked nothing yet.
            Event::Refused(refusal) if to.asker.is_none() && refusal.code == Code::TokenRevoked.number() => {
                if let [session] = to.sessions {
                    self.push(Item::Reject { session: *session, refusal: refusal.clone() });
                }
                return;
            }
            Event::Replaced {} => {
                if let [session] = to.sessions {
                    let closing = crate::notice::closing(Code::Replaced);
                    self.push(Item::Close { session: *session, closing, keep_talk: true });
                }
                return;
            }
            _ => {}
        }
        if let Event::Refused(refusal) = event {
            self.bad_key = refusal.code == Code::BadKey.number();
        }
        let told = Self::told(stamp, event, &to);
        if let (Event::Kicked { place, .. }, false) = (event, to.past) {
            self.kicked = Some((place.epoch, told.clone()));
        }
        match (event.place(), to.sessions, to.asker) {
            (Some(place), members, _) if !to.past && !members.is_empty() => {
                let key = Key { epoch: place.epoch, members: members.len(), first: members.first().copied() };
                self.segment(told, Some(key), &to);
            }
            (_, [], Some(asker)) => {
                self.one(asker, told);
                if let Event::Members { fresh: true, place, .. } = event {
                    self.entered = Some((asker.session, place.epoch));
                    if self.since.is_some() {
                        self.push(Item::Behind { session: asker.session, epoch: place.epoch });
                    }
                }
            }
            // Only who gets the room live is told, as of the join that it follows.
            _ if matches!(event, Event::Ranked { .. }) => self.segment(told, self.open, &to),
            _ => {
                self.open = None;
                self.segment(told, None, &to);
            }
        }
    }

    fn record(&mut self, stamp: Stamp, change: &Change) {
        if changes_roster(change) {
            self.open = None;
            self.roster += 1;
        }
        match change {
            Change::RoomOpened { room, epoch, .. } => {
                self.epochs.insert(*room, *epoch);
            }
            Change::RoomClosed { room } => {
                self.epochs.remove(room);
            }
            Change::MemberRemoved { room, session, .. } => {
                if let Some(epoch) = self.epochs.get(room).copied() {
                    if let Some((_, told)) = self.kicked.as_ref().filter(|(of, _)| *of == epoch) {
                        let told = Box::new(Told { re: RequestId::NONE, ..told.clone() });
                        self.push(Item::PutOut { session: *session, epoch, told });
                    }
                    self.push(Item::Left { session: *session, epoch });
                }
            }
            Change::SessionDropped { session, .. } | Change::SessionEnded { session } => {
                self.push(Item::Lost { session: *session });
            }
            Change::SessionMoved { from, to } => self.moved = Some((*from, *to)),
            Change::Transfer(change) => self.record_transfer(change),
            Change::Order(OrderChange::Audited(entry)) => log_act(entry),
            _ => {}
        }
        self.batch.records.push(Record { stamp, change: change.clone() });
    }

    fn close(&mut self, _: Stamp, session: SessionId, code: Code) {
        let closing = crate::notice::closing(code);
        self.push(Item::Close { session, closing, keep_talk: true });
    }
}
