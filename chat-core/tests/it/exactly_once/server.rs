//! The server of the simulation: `Chat`, and an edge that does what a real one must.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chat_core::{
    Ask, Audience, CatchUp, Change, Chat, Code, Command, Config, Detach, Epoch, Event, GapReason, Kept,
    NodeId, Number, Place, RequestId, RoomId, RoomName, Seq, SessionId, Since, Sink, Snapshot, Stamp,
    Timestamp, TokenHash, TransferChange,
};

use super::rng::Rng;
use super::wire::{Down, Up, Wire};

/// How many messages from before the join a joiner gets.
const RECENT: usize = 3;

/// What a member is being told of a room, a little at a time, apart from everything else. Live events of the
/// room wait until it is level.
#[derive(Debug)]
struct Job {
    line: usize,
    session: SessionId,
    /// How far this goes; more may come in the meantime.
    head: Place,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The last messages are due.
    Recent,
    /// What came after is due, or a gap.
    Missed(Since),
    /// The gap was told, if there is one; what came after is due.
    Range(Number),
}

/// What is kept of a room.
#[derive(Debug)]
struct History {
    head: Place,
    events: VecDeque<Event>,
}

/// Everything about connections; the sink.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    pub(crate) wires: Vec<Wire>,
    lines: BTreeMap<SessionId, usize>,
    behind: BTreeSet<(SessionId, Epoch)>,
    jobs: Vec<Job>,
    histories: BTreeMap<Epoch, History>,
    /// How many events of a room are kept, and how many are sent to one who returns.
    keep: usize,
    catch_up: u64,
    epochs: BTreeMap<RoomId, Epoch>,
    /// All changes since the last snapshot.
    journal: Vec<(Stamp, Change)>,
    /// Of the entry that is being applied: where the joiner's copy ends; what is to be told after it.
    joining: Option<Since>,
    fresh: Option<(SessionId, Epoch)>,
    welcome: Option<(SessionId, bool)>,
    /// What was told last of somebody who is put out.
    kicked: Option<Event>,
    /// All that ever happened, for the test.
    pub(crate) numbered: BTreeMap<(Epoch, Number), Event>,
    pub(crate) whispered: Vec<Event>,
    /// The names of the files that were offered.
    pub(crate) offered: Vec<String>,
    pub(crate) whisper_heads: BTreeMap<SessionId, Number>,
    /// How many secrets came back that were used up.
    pub(crate) revoked: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) chat: Chat,
    snapshot: Option<Snapshot>,
    pub(crate) edge: Edge,
    pub(crate) now: u64,
    seq: u64,
    attachments: u64,
}

impl Server {
    pub(crate) fn new(config: Config, keep: usize, catch_up: u64) -> Server {
        let edge = Edge { keep, catch_up, ..Edge::default() };
        Server { chat: Chat::new(config), snapshot: None, edge, now: 0, seq: 0, attachments: 0 }
    }

    fn apply(&mut self, command: &Command) -> Result<(), Code> {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.now) };
        self.edge.kicked = None;
        self.chat.apply(stamp, command, &mut self.edge).map_err(|rejection| rejection.code())
    }

    /// Time passes, and what is due happens.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now += ms;
        if self.chat.next_deadline().is_some_and(|due| due.0 <= self.now) {
            self.apply(&Command::Tick).expect("a tick is taken");
        }
    }

    /// Keeps the state as it is: a start needs nothing from before.
    pub(crate) fn keep_snapshot(&mut self) {
        self.snapshot = Some(self.chat.snapshot());
        self.edge.journal.clear();
    }

    /// The process ends at once, and the next one goes on from what was kept: every connection is gone.
    pub(crate) fn crash(&mut self, rng: &mut Rng) {
        for wire in &mut self.edge.wires {
            wire.cut(rng);
            wire.up.clear();
            wire.session = None;
        }
        self.edge.lines.clear();
        self.edge.behind.clear();
        self.edge.jobs.clear();
        let config = self.chat.config().clone();
        let mut chat = match self.snapshot.clone() {
            Some(snapshot) => Chat::restore(config, snapshot).expect("it is its own"),
            None => Chat::new(config),
        };
        self.edge.journal.iter().for_each(|(stamp, change)| chat.evolve(*stamp, change));
        assert_eq!(chat.digest(), self.chat.digest(), "what was kept is what was");
        self.chat = chat;
        for node in [NodeId(0), NodeId(1)] {
            self.apply(&Command::NodeUp { node }).expect("it is taken");
        }
    }

    /// Reads one message from a connection.
    pub(crate) fn read(&mut self, line: usize, name: &str, rng: &mut Rng) {
        let Some(message) = self.edge.wires[line].up.pop_front() else { return };
        match (message, self.edge.wires[line].session) {
            (Up::Hello { resume, positions, whispers }, None) => {
                self.hello(line, name, resume, &positions, whispers, rng);
            }
            (Up::Ask(id, ask), Some(session)) => self.ask(line, session, id, ask),
            (Up::End, Some(session)) => {
                self.edge.lines.remove(&session);
                self.edge.catch_up_ends(session);
                self.edge.wires[line].session = None;
                self.apply(&Command::Detach { session, why: Detach::Drop }).expect("it was attached");
            }
            (_, None) => {}
            (message, Some(_)) => panic!("{message:?}"),
        }
    }

    fn hello(
        &mut self,
        line: usize,
        name: &str,
        resume: Option<TokenHash>,
        positions: &[(RoomName, Since)],
        whispers: Number,
        rng: &mut Rng,
    ) {
        self.attachments += 1;
        let session = SessionId::new(NodeId(rng.below(2) as u16), self.attachments);
        let mut token = [0; 32];
        token[..8].copy_from_slice(&self.attachments.to_le_bytes());
        let token = TokenHash(token);
        self.edge.lines.insert(session, line);
        let attach = Command::Attach { session, name: name.into(), token, resume };
        let waiting = self.edge.wires[line].down.len();
        if let Err(code) = self.apply(&attach) {
            // The first welcome was lost, and the name is held until that session's time is over. Or the secret is one
            // of a session that was ended for another that came back too late.
            assert_eq!(code, Code::NameTaken);
            self.turn_away(line, session);
            return;
        }
        let Some((_, resumed)) = self.edge.welcome.take() else {
            // It was on its way while its sender came back twice by other connections, and is taken for a thief's.
            assert!(resume.is_some() && self.chat.user(session).is_none());
            self.edge.revoked += 1;
            self.turn_away(line, session);
            return;
        };
        self.edge.wires[line].session = Some(session);
        let rooms: Vec<(Place, Number)> = self.chat.memberships(session).collect();
        // What was told with it comes behind it.
        let told = self.edge.wires[line].down.split_off(waiting);
        self.edge.wires[line].send_down(Down::Welcome { resumed, token, rooms: rooms.clone() });
        told.into_iter().for_each(|told| self.edge.wires[line].send_down(told));
        for (_, event) in self.chat.whispers_after(session, whispers) {
            self.edge.wires[line].send_down(Down::Told {
                re: RequestId::NONE,
                past: true,
                event: event.clone(),
            });
        }
        for (head, joined) in rooms {
            let position = positions.iter().find(|(room, _)| *room == head.room).map(|(_, since)| *since);
            let since = position.unwrap_or(Since { epoch: head.epoch, number: joined });
            self.edge.begin(Job { line, session, head, stage: Stage::Missed(since) });
        }
    }

    fn turn_away(&mut self, line: usize, session: SessionId) {
        self.edge.lines.remove(&session);
        self.edge.wires[line].close();
    }

    fn ask(&mut self, line: usize, session: SessionId, id: RequestId, ask: Ask) {
        self.edge.joining = match &ask {
            Ask::Join { since, .. } => *since,
            _ => None,
        };
        let verdict = self.apply(&Command::Ask { from: session, request: id, ask });
        verdict.unwrap_or_else(|code| panic!("a mirror's ask is taken or remembered: {code:?} {id}"));
        let Some((session, epoch)) = self.edge.fresh.take() else { return };
        let (head, _) = self.membership(session, epoch).expect("it has just begun");
        let stage = self.edge.joining.map_or(Stage::Recent, Stage::Missed);
        self.edge.begin(Job { line, session, head, stage });
    }

    fn membership(&self, session: SessionId, epoch: Epoch) -> Option<(Place, Number)> {
        self.chat.memberships(session).find(|(head, _)| head.epoch == epoch)
    }

    /// Does some of one job. When it has come to its end, and more came meanwhile, it goes on.
    pub(crate) fn catch_up(&mut self, rng: &mut Rng) {
        if self.edge.jobs.is_empty() {
            return;
        }
        let index = rng.index(self.edge.jobs.len());
        if !self.edge.work(index, 1 + rng.index(4)) {
            return;
        }
        let Job { line, session, head, .. } = self.edge.jobs.swap_remove(index);
        match self.membership(session, head.epoch) {
            Some((now, _)) if now.number > head.number => {
                let since = Since { epoch: head.epoch, number: head.number };
                self.edge.begin(Job { line, session, head: now, stage: Stage::Missed(since) });
            }
            _ => {
                self.edge.behind.remove(&(session, head.epoch));
                self.edge.send(line, RequestId::NONE, false, Event::CaughtUp { place: head });
            }
        }
    }

    pub(crate) fn is_level(&self) -> bool {
        self.edge.jobs.is_empty()
    }
}

impl Edge {
    fn hang_up(&mut self, session: SessionId, last: Option<&Event>) {
        if let Some(line) = self.lines.remove(&session) {
            last.into_iter().for_each(|event| self.send(line, RequestId::NONE, false, event.clone()));
            self.wires[line].close();
            self.wires[line].session = None;
        }
        self.catch_up_ends(session);
    }

    fn catch_up_ends(&mut self, session: SessionId) {
        self.behind.retain(|(of, _)| *of != session);
        self.jobs.retain(|job| job.session != session);
    }

    fn begin(&mut self, job: Job) {
        self.behind.insert((job.session, job.head.epoch));
        self.jobs.push(job);
    }

    fn send(&mut self, line: usize, re: RequestId, past: bool, event: Event) {
        self.wires[line].send_down(Down::Told { re, past, event });
    }

    /// Sends at most so many events; says whether the job is at its end.
    fn work(&mut self, index: usize, most: usize) -> bool {
        let Job { line, head, stage, .. } = &mut self.jobs[index];
        let (line, head) = (*line, head.clone());
        // A room that is gone has nothing more to tell.
        let Some(history) = self.histories.get(&head.epoch) else { return true };
        let first_available = Number(history.head.number.0 + 1 - history.events.len() as u64);
        match *stage {
            Stage::Recent => {
                let due = |event: &&Event| matches!(event, Event::Said { place, .. } if place.number <= head.number);
                let mut recent: Vec<Event> =
                    history.events.iter().rev().filter(due).take(RECENT).cloned().collect();
                recent.reverse();
                recent.into_iter().for_each(|event| self.send(line, RequestId::NONE, true, event));
                true
            }
            Stage::Missed(since) => {
                let plan = CatchUp::plan(
                    since,
                    &Kept { head, first_available, why: GapReason::NotKept },
                    self.catch_up,
                );
                let CatchUp { gap, after } = plan.expect("nobody is ahead of the server");
                *stage = Stage::Range(after);
                gap.into_iter().for_each(|gap| self.send(line, RequestId::NONE, false, gap));
                false
            }
            // What was planned was let go of meanwhile: that is a gap, too.
            Stage::Range(after) if first_available > after.next() && after < head.number => {
                *stage = Stage::Missed(Since { epoch: head.epoch, number: after });
                false
            }
            Stage::Range(after) => {
                let due = |event: &&Event| {
                    event.place().is_some_and(|at| at.number > after && at.number <= head.number)
                };
                let events: Vec<Event> = history.events.iter().filter(due).take(most).cloned().collect();
                let last = events.last().and_then(Event::place).map(|place| place.number);
                *stage = Stage::Range(last.unwrap_or(head.number));
                events.into_iter().for_each(|event| self.send(line, RequestId::NONE, true, event));
                last.is_none_or(|last| last >= head.number)
            }
        }
    }

    /// Live events of a room wait while the session is behind there; answers, and the topic that a join
    /// tells, do not.
    fn tell(&mut self, session: SessionId, re: RequestId, past: bool, event: &Event) {
        let Some(line) = self.lines.get(&session).copied() else { return };
        let waits = event.place().is_some_and(|place| self.behind.contains(&(session, place.epoch)));
        if !waits || past || re != RequestId::NONE {
            self.send(line, re, past, event.clone());
        }
    }
}

impl Sink for Edge {
    fn deliver(&mut self, _: Stamp, event: &Event, to: Audience<'_>) {
        match (event, to.asker) {
            (Event::Attached { resumed, .. }, _) => self.welcome = Some((to.sessions[0], *resumed)),
            (Event::Members { place, fresh: true, .. }, Some(asker)) => {
                self.tell(asker.session, asker.request, false, event);
                self.fresh = Some((asker.session, place.epoch));
                if self.joining.is_some() {
                    self.behind.insert((asker.session, place.epoch));
                }
            }
            (Event::Replaced {}, _) => self.hang_up(to.sessions[0], Some(event)),
            (Event::Refused(refusal), _) if refusal.code == Code::TokenRevoked.number() => {}
            _ => {
                for session in to.others() {
                    self.tell(session, RequestId::NONE, to.past, event);
                }
                if let Some(asker) = to.asker {
                    self.tell(asker.session, asker.request, to.past, event);
                }
            }
        }
    }

    fn close(&mut self, _: Stamp, session: SessionId, _: Code) {
        self.hang_up(session, None);
    }

    fn record(&mut self, stamp: Stamp, change: &Change) {
        self.journal.push((stamp, change.clone()));
        match change {
            Change::RoomOpened { room, name, epoch } => {
                self.epochs.insert(*room, *epoch);
                let head = Place { room: name.clone(), epoch: *epoch, number: Number(0) };
                self.histories.insert(*epoch, History { head, events: VecDeque::new() });
            }
            Change::RoomClosed { room } => {
                let epoch = self.epochs.remove(room).expect("it was opened");
                self.histories.remove(&epoch);
            }
            // A leave ends what is being told of the room: one who joins again at once begins anew.
            Change::MemberRemoved { room, session, .. } => {
                let epoch = self.epochs[room];
                let is_of_it = |event: &&Event| event.place().is_some_and(|place| place.epoch == epoch);
                // Whoever does not get the room live is told so all the same.
                if self.behind.remove(&(*session, epoch))
                    && let Some(kicked) = self.kicked.as_ref().filter(is_of_it).cloned()
                    && let Some(line) = self.lines.get(session).copied()
                {
                    self.send(line, RequestId::NONE, false, kicked);
                }
                self.jobs.retain(|job| (job.session, job.head.epoch) != (*session, epoch));
            }
            Change::Numbered { event, .. } => {
                let place = event.place().expect("it is numbered");
                let history = self.histories.get_mut(&place.epoch).expect("it was opened");
                history.head = place.clone();
                history.events.push_back(event.clone());
                if history.events.len() > self.keep {
                    history.events.pop_front();
                }
                self.numbered.insert((place.epoch, place.number), event.clone());
                self.kicked = Some(event.clone()).filter(|event| matches!(event, Event::Kicked { .. }));
            }
            Change::Whispered { session, event } => {
                if let Event::Whispered { number, .. } = event {
                    self.whisper_heads.insert(*session, *number);
                }
                self.whispered.push(event.clone());
            }
            Change::Transfer(TransferChange::Offered { offer, .. }) => {
                self.offered.push(offer.name.to_string());
            }
            Change::SessionMoved { from, to } => {
                if let Some(head) = self.whisper_heads.remove(from) {
                    self.whisper_heads.insert(*to, head);
                }
            }
            _ => {}
        }
    }
}
