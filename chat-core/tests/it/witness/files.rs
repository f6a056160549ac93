//! What everybody knows of the files, by nothing but what each was told: it must be what is so.

use std::collections::{BTreeMap, BTreeSet};

use chat_core::{
    Answer, Audience, Change, Chat, CopyState, EndReason, Event, Offer, RoomName, SessionId, Target,
    TransferChange, TransferId, UserName,
};

/// One transfer, as one client knows it.
#[derive(Debug)]
struct Known {
    offer: Offer,
    closed: Option<EndReason>,
    copies: BTreeMap<UserName, CopyState>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// What the clients know; a client that comes back begins with nothing.
    known: BTreeMap<SessionId, BTreeMap<TransferId, Known>>,
    offered: u64,
    over: BTreeSet<TransferId>,
    /// How far each copy is, while it runs.
    running: BTreeMap<(TransferId, SessionId), u64>,
}

impl Known {
    fn is_open(&self) -> bool {
        let begins_anew = |copy: &CopyState| known_as_open(*copy) && !copy.is_open();
        let awaits = matches!(self.offer.to, Target::Room(_)) || self.copies.values().all(begins_anew);
        awaits && self.closed.is_none()
    }

    fn hear(&mut self, event: &Event) {
        let (user, state) = match event {
            Event::Accepted { user, .. } => (user, CopyState::Running {}),
            Event::Declined { user, .. } => (user, CopyState::Declined {}),
            Event::Paused { user, why, .. } if *user != self.offer.from => {
                (user, CopyState::Paused { why: *why })
            }
            Event::Finished { user, .. } => (user, CopyState::Finished {}),
            Event::Cancelled { user, why, .. } => (user, CopyState::Cancelled { why: *why }),
            Event::Hashed { hash, .. } => {
                self.offer.hash = Some(*hash);
                return;
            }
            Event::Closed { why, .. } => {
                self.closed = Some(*why);
                let open = self.copies.values_mut().filter(|copy| copy.is_open());
                if *why != EndReason::Expired {
                    open.for_each(|copy| *copy = CopyState::Cancelled { why: *why });
                }
                return;
            }
            // That the sender stalls pauses all that run; that it is away does not.
            Event::Paused { why: why @ chat_core::PauseReason::Silent, .. } => {
                let running = self.copies.values_mut().filter(|copy| **copy == CopyState::Running {});
                running.for_each(|copy| *copy = CopyState::Paused { why: *why });
                return;
            }
            _ => return,
        };
        self.copies.insert(user.clone(), state);
    }
}

impl Files {
    pub(crate) fn deliver(&mut self, event: &Event, to: Audience<'_>, users: &BTreeMap<SessionId, UserName>) {
        if let (Event::Attached { .. }, [session]) = (event, to.sessions) {
            self.known.insert(*session, BTreeMap::new());
        }
        if let (Event::Left { place, user, .. } | Event::Kicked { place, user, .. }, false) = (event, to.past)
        {
            self.leave(&place.room, user, users);
        }
        let Some(id) = event.transfer() else { return };
        // What a session without a connection is told goes nowhere.
        for session in to.others().chain(to.asker.map(|asker| asker.session)) {
            let Some(known) = self.known.get_mut(&session) else { continue };
            match event {
                Event::Offered(offer) => {
                    let offer = Offer::clone(offer);
                    let copies = known.remove(&id).map(|known| known.copies).unwrap_or_default();
                    known.insert(id, Known { offer, closed: None, copies });
                }
                _ => known
                    .get_mut(&id)
                    .unwrap_or_else(|| panic!("{session} knows nothing of it: {event}"))
                    .hear(event),
            }
            let of = match event {
                Event::Accepted { user, .. }
                | Event::Declined { user, .. }
                | Event::Finished { user, .. } => user,
                Event::Progressed { .. } | Event::Resumed { .. } => &known[&id].offer.from,
                _ => continue,
            };
            let is_its = *of == users[&session] || known[&id].offer.from == users[&session];
            assert!(is_its || matches!(event, Event::Resumed { .. }), "{session} was told {event}");
        }
    }

    /// Who leaves a room forgets what is offered in it.
    fn leave(&mut self, room: &RoomName, user: &UserName, users: &BTreeMap<SessionId, UserName>) {
        for (_, known) in self.known.iter_mut().filter(|(session, _)| users[session] == *user) {
            for known in known.values_mut() {
                if matches!(&known.offer.to, Target::Room(name) if name == room) {
                    known.closed = known.closed.or(Some(EndReason::Left));
                }
            }
        }
    }

    pub(crate) fn record(&mut self, change: &Change) {
        match change {
            Change::Transfer(TransferChange::Offered { offer, .. }) => {
                self.offered += 1;
                assert_eq!(
                    offer.transfer,
                    TransferId(self.offered),
                    "numbers are dense and never used again"
                );
            }
            Change::Transfer(TransferChange::Accepted { transfer, session, from }) => {
                assert!(!self.over.contains(transfer));
                self.running.insert((*transfer, *session), *from);
            }
            Change::Transfer(TransferChange::Progressed { transfer, session, offset }) => {
                let last = self.running.insert((*transfer, *session), *offset);
                assert!(last.is_some_and(|last| last < *offset), "a copy grows while it runs");
            }
            Change::Transfer(TransferChange::Paused { transfer, session, .. })
            | Change::Transfer(TransferChange::CopyEnded { transfer, session, .. }) => {
                self.running.remove(&(*transfer, *session));
            }
            Change::Transfer(TransferChange::Closed { transfer, why }) if *why != EndReason::Expired => {
                self.running.retain(|(id, _), _| id != transfer);
            }
            Change::Transfer(TransferChange::Over { transfer, .. }) => {
                assert!(self.running.keys().all(|(id, _)| id != transfer));
                assert!(self.over.insert(*transfer));
            }
            Change::Transfer(TransferChange::Forgotten { transfer }) => {
                assert!(self.over.remove(transfer), "only what is over");
            }
            Change::SessionMoved { from: session, .. }
            | Change::SessionDropped { session, .. }
            | Change::SessionEnded { session } => {
                self.known.remove(session);
                let runs = self.running.keys().any(|(_, receiver)| receiver == session);
                assert!(!runs, "nothing arrives where there is no connection");
            }
            _ => {}
        }
    }

    /// What everyone knows who has a connection is what is so.
    pub(crate) fn check(&self, chat: &Chat) {
        for (session, known) in &self.known {
            if let Some(user) = chat.user(*session) {
                self.check_one(chat, *session, user, known);
            }
        }
    }

    fn check_one(
        &self,
        chat: &Chat,
        session: SessionId,
        user: &UserName,
        known: &BTreeMap<TransferId, Known>,
    ) {
        let Answer::Transfers { transfers } = chat.transfers(session) else { panic!() };
        let mut listed = BTreeSet::new();
        for info in transfers {
            let id = info.offer.transfer;
            let known = known.get(&id).unwrap_or_else(|| panic!("{user} was never told of {info:?}"));
            listed.insert(id);
            // Whoever is through with it, or left the room, is not told of every end.
            let is_sender = chat.transfer_sender(id) == Some(session);
            let is_through = !is_sender && info.copies.iter().any(|copy| !known_as_open(copy.state));
            if !is_through {
                assert_eq!(known.is_open(), info.open, "{user}: {known:?} is {info:?}");
            }
            let copies: BTreeMap<UserName, CopyState> =
                info.copies.iter().map(|copy| (copy.user.clone(), copy.state)).collect();
            for (of, state) in &copies {
                assert!(is_sender || of == user, "{user} sees the copy of {of}");
                // A copy that ended with the whole is not told of apart.
                let with_the_whole = known.closed.map(|why| CopyState::Cancelled { why });
                let copy = known.copies.get(of).copied().or(with_the_whole);
                assert_eq!(copy, Some(*state), "{user}: {known:?} is {info:?}");
                assert!(self.over.contains(&id) <= !state.is_open());
                if *state == (CopyState::Running {}) {
                    assert!(
                        chat.session_of(of).is_some_and(|receiver| chat.user(receiver).is_some()),
                        "{of} runs"
                    );
                }
            }
            assert_eq!((&known.offer.from, &known.offer.to), (&info.offer.from, &info.offer.to));
            if is_sender || copies.values().any(|copy| copy.is_open()) {
                assert_eq!(known.offer.hash, info.offer.hash, "{user}");
            }
        }
        for (id, known) in known.iter().filter(|(id, _)| !listed.contains(id)) {
            let has_copy = known.copies.iter().any(|(of, copy)| of == user && copy.is_open());
            let is_outside = match &known.offer.to {
                Target::Room(room) => !chat.members(room).is_some_and(|members| members.contains(&session)),
                Target::User(_) => false,
            };
            assert!(
                !has_copy && (!known.is_open() || is_outside),
                "{user} missed the end of {id}: {known:?}"
            );
        }
    }
}

/// Whether a receiver may go on with a copy in that state.
fn known_as_open(state: CopyState) -> bool {
    state.is_open() || state == CopyState::Cancelled { why: EndReason::PrefixDiffers }
}
