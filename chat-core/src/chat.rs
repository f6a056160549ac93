//! `Chat`: apply = decide → evolve → announce. The only way in for anything that changes state.

use crate::answers::{self, fingerprint};
use crate::change::{Asked, Change, TransferChange};
use crate::command::{Ask, Command, TokenHash};
use crate::config::Config;
use crate::deadline::Due;
use crate::digest::Digest;
use crate::event::Event;
use crate::id::{NodeId, RequestId, SessionId};
use crate::name::UserName;
use crate::rejection::Rejection;
use crate::roles;
use crate::room;
use crate::session::{self, Attach, Presence, Resume};
use crate::sink::{Asker, Audience, Sink};
use crate::snapshot::{RestoreError, Snapshot};
use crate::stamp::{Stamp, Timestamp};
use crate::state::State;
use crate::step::{Asking, Step, Steps, To};
use crate::transfer;
use crate::whisper;

/// The chat: users, rooms, whispers, sessions, transfers.
///
/// Which methods are called when: every entry of the log goes through [`apply`](Chat::apply), in order, once.
/// After it, [`next_deadline`](Chat::next_deadline) says when a [`Command::Tick`] is owed if nothing else
/// comes. Reads ([`users`](Chat::users), [`rooms`](Chat::rooms), …) may be called at any time between.
///
/// # Panics, errors and determinism
/// No command, however mad, makes it panic; what is not allowed is refused, and a refusal changes nothing.
/// The same log gives the same events and the same [`digest`](Chat::digest) on every machine.
#[derive(Clone, Debug)]
pub struct Chat {
    pub(crate) state: State,
    steps: Steps,
}

impl Chat {
    /// An empty chat with these limits.
    #[must_use]
    pub fn new(config: Config) -> Chat {
        Chat { state: State::new(config), steps: Steps::default() }
    }

    /// The chat as a snapshot describes it, under these limits.
    ///
    /// # Errors
    /// Says what in the snapshot contradicts itself; see [`RestoreError`].
    pub fn restore(config: Config, snapshot: Snapshot) -> Result<Chat, RestoreError> {
        Ok(Chat { state: snapshot.into_state(config)?, steps: Steps::default() })
    }

    /// Takes one entry of the log: decides, changes state, and tells `out` what to tell whom.
    ///
    /// A refused ask that carries a request id is remembered, so that its repeat is refused alike: the
    /// refusal then comes as [`Event::Refused`] and the result is `Ok`. So it does when a secret comes back that was used
    /// up, or a guest's where only accounts get in now: the attachment is refused, but the session whose it was has ended. Every other refusal is an `Err`.
    ///
    /// # Errors
    /// The reason why the entry was not taken. Nothing changed, and nobody was told.
    pub fn apply<S: Sink + ?Sized>(
        &mut self,
        stamp: Stamp,
        command: &Command,
        out: &mut S,
    ) -> Result<(), Rejection> {
        let stamp = self.state.clock(stamp);
        let mut steps = std::mem::take(&mut self.steps);
        steps.0.clear();
        // A chat that was rebuilt from records has not looked at them; whoever wrote those did.
        self.state.orders.doubtful.clear();
        let verdict = self.decide(stamp, command, &mut steps, out);
        if verdict.is_ok() {
            self.perform(stamp, &mut steps, out);
            self.forget(stamp, &mut steps, out);
            self.settle_transfers(stamp, &mut steps, out);
            self.settle_rooms(stamp, &mut steps, out);
        }
        self.steps = steps;
        verdict
    }

    /// Makes one recorded change again: how a state is rebuilt from what a [`Sink`] recorded.
    ///
    /// Changes must come in the order of their records, each with its stamp, on the state that they were
    /// recorded after: a change of another history is a bug of the caller, and may panic.
    pub fn evolve(&mut self, stamp: Stamp, change: &Change) {
        self.state.evolve(stamp, change);
    }

    /// When something happens by itself next: a [`Command::Tick`] stamped then, or later, makes it happen.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.state.deadlines.next()
    }

    /// All there is to know, for [`restore`](Chat::restore).
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.state)
    }

    /// A short summary of the state; equal for equal states.
    #[must_use]
    pub fn digest(&self) -> Digest {
        crate::snapshot::digest(&self.state)
    }

    fn decide<S: Sink + ?Sized>(
        &mut self,
        stamp: Stamp,
        command: &Command,
        steps: &mut Steps,
        out: &mut S,
    ) -> Result<(), Rejection> {
        match command {
            Command::Ask { from, request, ask } => {
                decide_ask(&self.state, stamp, Asker { session: *from, request: *request }, ask, steps)?;
                // A join that is not to be repeated may be the edge's own, into the rooms to begin in.
                let is_own = *request != RequestId::NONE || !matches!(ask, Ask::Join { .. });
                if is_own {
                    self.state.hear(*from, steps);
                }
                Ok(())
            }
            Command::Attach { session, name, token, resume } => {
                match session::decide_attach(&self.state, *session, name, *token, *resume)? {
                    Attach::Open(user) => {
                        self.take_name(stamp, &user, steps, out);
                        open(*session, user, *token, steps);
                    }
                    Attach::Resume { old, presented } => {
                        let resume = Resume { old, new: *session, presented, next: *token };
                        self.resume(stamp, resume, steps, out);
                    }
                    Attach::End { old, why, code } => {
                        self.end_session(stamp, old, code, steps, out);
                        steps.tell(*session, Event::Refused((&why).into()));
                    }
                }
                Ok(())
            }
            Command::Detach { session, why } => {
                session::decide_detach(&self.state, stamp, *session, *why, steps)
            }
            Command::NodeUp { node } | Command::NodeDown { node } => {
                self.lose_node(stamp, *node, steps, out);
                Ok(())
            }
            Command::Progress { transfer, session, offset } => {
                transfer::decide_progress(&self.state, *transfer, *session, *offset, steps);
                Ok(())
            }
            Command::Stall { transfer, session } => {
                transfer::decide_stall(&self.state, *transfer, *session, steps);
                Ok(())
            }
            Command::Delete { from, request, room, number, author } => {
                let asker = Asker { session: *from, request: *request };
                let ask = Ask::Delete { room: room.clone(), number: *number };
                decide_asked(&self.state, asker, &ask, steps, |state, asking, steps| {
                    roles::decide_delete(state, stamp, asking, room, *number, author.as_ref(), steps)
                })?;
                self.state.hear(*from, steps);
                Ok(())
            }
            Command::Tick => {
                self.tick(stamp, steps, out);
                Ok(())
            }
            Command::LogIn { session, account, token } => {
                self.log_in(stamp, (*session, account, *token), steps, out)
            }
            Command::Account { by, act } => self.act_on_account(stamp, *by, act, steps, out),
        }
    }

    /// Whoever had a name and sleeps is not waited for any more once another has it: what it sends and receives ends.
    fn take_name<S: Sink + ?Sized>(&mut self, stamp: Stamp, user: &UserName, steps: &mut Steps, out: &mut S) {
        let asleep: Vec<SessionId> = self.state.asleep_as(user).collect();
        for session in asleep {
            transfer::decide_end(&self.state, session, steps);
            self.perform(stamp, steps, out);
        }
    }

    /// Moves a session to a new attachment, brings one that slept back into its rooms, and tells it where
    /// all of them end, and how the transfers stand that concern it.
    fn resume<S: Sink + ?Sized>(&mut self, stamp: Stamp, resume: Resume, steps: &mut Steps, out: &mut S) {
        let Resume { old, new, .. } = resume;
        let (was_away, asleep_in) = match &self.state.sessions[&old].presence {
            Presence::Attached => (false, Vec::new()),
            Presence::Lingering { .. } => (true, Vec::new()),
            Presence::Asleep { rooms, .. } | Presence::Away { rooms, .. } => (true, rooms.to_vec()),
        };
        let missed = self.state.missed(old);
        session::resume(&self.state, resume, steps);
        self.perform(stamp, steps, out);
        let user = self.state.sessions[&new].user.clone();
        // The other devices of an account are waited for as before.
        if !self.state.is_account(&user) {
            self.take_name(stamp, &user, steps, out);
        }
        let mut closed = Vec::new();
        for room in &asleep_in {
            if let Err(rejection) = room::rejoin(&self.state, stamp, new, room, steps) {
                steps.0.clear();
                closed.push(Event::Refused((&rejection).into()));
            }
            self.perform(stamp, steps, out);
        }
        transfer::back_in_rooms(&self.state, new, steps);
        self.perform(stamp, steps, out);
        let rooms = session::heads(&self.state, new);
        steps.tell(new, Event::Attached { user, resumed: true, rooms });
        missed.into_iter().for_each(|(stamp, event)| steps.retell(new, stamp, event));
        closed.into_iter().for_each(|refusal| steps.tell(new, refusal));
        transfer::retell(&self.state, new, steps);
        if was_away {
            transfer::tell_of_return(&self.state, new, steps);
        }
    }

    /// The connections of a node break one by one, each on the state that the one before left.
    fn lose_node<S: Sink + ?Sized>(&mut self, stamp: Stamp, node: NodeId, steps: &mut Steps, out: &mut S) {
        for session in session::attached_to(&self.state, node) {
            session::drop_session(&self.state, stamp, session, steps);
            self.perform(stamp, steps, out);
        }
    }

    /// What is due happens one by one, each on the state that the one before left.
    fn tick<S: Sink + ?Sized>(&mut self, stamp: Stamp, steps: &mut Steps, out: &mut S) {
        while let Some(due) = self.state.deadlines.first_due(stamp.at) {
            match due {
                Due::Lingering(session) | Due::Asleep(session) => {
                    session::decide_due(&self.state, stamp, session, steps);
                }
                Due::Digest(room) => room::decide_digest(&self.state, room, steps),
                Due::Offer(transfer) => transfer::decide_expired(&self.state, transfer, steps),
                Due::Forgotten(transfer) => steps.change(TransferChange::Forgotten { transfer }),
            }
            self.perform(stamp, steps, out);
            self.settle_transfers(stamp, steps, out);
        }
    }

    /// Transfers that have come to their end are over from now on.
    fn settle_transfers<S: Sink + ?Sized>(&mut self, stamp: Stamp, steps: &mut Steps, out: &mut S) {
        while let Some(transfer) = self.state.transfers.first_spent() {
            transfer::decide_over(&self.state, stamp, transfer, steps);
            self.perform(stamp, steps, out);
        }
    }

    /// Rooms that are closed to all end with the last who would come back.
    fn settle_rooms<S: Sink + ?Sized>(&mut self, stamp: Stamp, steps: &mut Steps, out: &mut S) {
        while let Some(room) = self.state.next_abandoned() {
            steps.change(Change::RoomClosed { room });
            self.perform(stamp, steps, out);
        }
    }

    /// Ends sessions without a connection while there are more than may be.
    fn forget<S: Sink + ?Sized>(&mut self, stamp: Stamp, steps: &mut Steps, out: &mut S) {
        let Config { detached, detached_devices, .. } = self.state.config;
        while let Some(session) = self.state.deadlines.least_missed(detached, detached_devices) {
            session::decide_end(&self.state, stamp, session, steps);
            self.perform(stamp, steps, out);
        }
    }

    pub(crate) fn perform<S: Sink + ?Sized>(&mut self, stamp: Stamp, steps: &mut Steps, out: &mut S) {
        for step in steps.0.drain(..) {
            match step {
                Step::Change { change, asker, except } => {
                    self.state.evolve(stamp, &change);
                    out.record(stamp, &change);
                    self.announce(stamp, &change, asker, except, out);
                }
                Step::Tell { event, to, asker, past } => {
                    let sessions = match &to {
                        To::Nobody => &[],
                        To::One(session) => std::slice::from_ref(session),
                        To::Members(room) => self.state.members(room),
                    };
                    if sessions.is_empty() && asker.is_none() {
                        continue;
                    }
                    let audience = Audience { sessions, asker, past: past.is_some() && asker.is_none() };
                    out.deliver(past.unwrap_or(stamp), &event, audience);
                }
                Step::Close { session, code } => out.close(stamp, session, code),
            }
        }
    }

    fn announce<S: Sink + ?Sized>(
        &self,
        stamp: Stamp,
        change: &Change,
        asker: Option<Asker>,
        except: Option<SessionId>,
        out: &mut S,
    ) {
        let Change::Numbered { room, event, .. } = change else { return };
        let held = self.state.rooms.get(room);
        let members = held.map_or(&[][..], |room| &room.members);
        let ranked = held.and_then(|room| self.state.ranked(room, event));
        let mut tell = |to: Audience<'_>| {
            out.deliver(stamp, event, to);
            if let Some(ranked) = ranked.as_ref().filter(|_| !to.sessions.is_empty()) {
                out.deliver(stamp, ranked, Audience::of(to.sessions));
            }
        };
        let gap = except.and_then(|session| members.binary_search(&session).ok());
        match gap {
            None => tell(Audience { sessions: members, asker, past: false }),
            Some(at) => {
                tell(Audience { sessions: &members[..at], asker, past: false });
                if at + 1 < members.len() {
                    tell(Audience::of(&members[at + 1..]));
                }
            }
        }
    }
}

fn open(session: SessionId, user: UserName, token: TokenHash, steps: &mut Steps) {
    steps.change(Change::SessionOpened { session, user: user.clone(), token });
    steps.tell(session, Event::Attached { user, resumed: false, rooms: Vec::new() });
}

fn decide_ask(
    state: &State,
    stamp: Stamp,
    asker: Asker,
    ask: &Ask,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    decide_asked(state, asker, ask, steps, |state, asking, steps| match ask {
        Ask::Join { room, .. } => room::decide_join(state, stamp, asking, room, None, steps),
        Ask::Enter { room, key, .. } => room::decide_join(state, stamp, asking, room, Some(key), steps),
        Ask::Leave { room } => room::decide_leave(state, stamp, asking, room, steps),
        Ask::Say { room, body } => room::decide_say(state, stamp, asking, room, body, steps),
        Ask::Whisper { to, body } => whisper::decide_whisper(state, asking, to, body, steps),
        Ask::Topic { room, topic } => room::decide_topic(state, stamp, asking, room, topic, steps),
        Ask::Offer { .. }
        | Ask::Accept { .. }
        | Ask::Decline { .. }
        | Ask::Pause { .. }
        | Ask::Hash { .. }
        | Ask::Finish { .. }
        | Ask::Cancel { .. } => transfer::decide(state, stamp, asking, ask, steps),
        Ask::SetRole { .. }
        | Ask::Kick { .. }
        | Ask::Ban { .. }
        | Ask::Unban { .. }
        | Ask::Mute { .. }
        | Ask::Unmute { .. }
        | Ask::Invite { .. }
        | Ask::SetModes { .. }
        | Ask::Delete { .. } => roles::decide(state, stamp, asking, ask, steps),
    })
}

/// Answers a repeat as it was answered first; what is new is decided, and its refusal remembered.
fn decide_asked(
    state: &State,
    asker: Asker,
    ask: &Ask,
    steps: &mut Steps,
    decide: impl FnOnce(&State, Asking, &mut Steps) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let session = state.attached(asker.session)?;
    let mut asking = Asking { asker, by: None };
    if asker.request != RequestId::NONE {
        let fingerprint = fingerprint(ask);
        if let Some(first) = answers::known(session, asker.request, fingerprint)? {
            answers::repeat(state, asking, ask, first, steps);
            return Ok(());
        }
        asking.by = Some(Asked { session: asker.session, request: asker.request, fingerprint });
    }
    let verdict = decide(state, asking, steps);
    match (verdict, asking.by) {
        (Err(rejection), Some(by)) => {
            steps.0.clear();
            steps.answer(asker, Event::Refused((&rejection).into()));
            steps.change(Change::Answered { by, verdict: crate::change::Verdict::Refused(rejection) });
            Ok(())
        }
        (verdict, _) => verdict,
    }
}
