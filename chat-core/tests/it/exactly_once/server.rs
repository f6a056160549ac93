//! The server of the simulation: `Chat`, and an edge that does what a real one must.

use std::collections::{BTreeMap, VecDeque};

use chat_core::{
    Ask, Audience, CatchUp, Change, Chat, Code, Command, Config, Detach, Epoch, Event, Kept, NodeId, Number,
    Place, RequestId, RoomId, RoomName, Seq, SessionId, Since, Sink, Stamp, Timestamp, TokenHash,
};

use super::rng::Rng;
use super::wire::{Down, Up, Wire};

/// How many messages from before the join a joiner gets.
const RECENT: usize = 3;

/// A member that is being told what it missed in a room; live events of that room wait until it is level.
#[derive(Debug)]
struct Behind {
    epoch: Epoch,
    since: Since,
    /// The topic as the join told it, for the case that it is lost in a gap.
    topic: Option<Event>,
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
    behind: BTreeMap<(SessionId, RoomName), Behind>,
    histories: BTreeMap<Epoch, History>,
    /// How many events of a room are kept, and how many are sent to one who returns.
    keep: usize,
    catch_up: u64,
    room_names: BTreeMap<RoomId, (RoomName, Epoch)>,
    /// Of the entry that is being applied: where the joiner's copy ends; what is to be told after it.
    joining: Option<Since>,
    fresh: Option<(SessionId, Place)>,
    welcome: Option<(SessionId, bool)>,
    /// All that ever happened, for the test.
    pub(crate) numbered: BTreeMap<(Epoch, Number), Event>,
    pub(crate) whispered: Vec<Event>,
    pub(crate) whisper_heads: BTreeMap<SessionId, Number>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) chat: Chat,
    pub(crate) edge: Edge,
    pub(crate) now: u64,
    seq: u64,
    attachments: u64,
}

impl Server {
    pub(crate) fn new(config: Config, keep: usize, catch_up: u64) -> Server {
        let edge = Edge { keep, catch_up, ..Edge::default() };
        Server { chat: Chat::new(config), edge, now: 0, seq: 0, attachments: 0 }
    }

    fn apply(&mut self, command: &Command) -> Result<(), Code> {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.now) };
        self.chat.apply(stamp, command, &mut self.edge).map_err(|rejection| rejection.code())
    }

    /// Time passes, and what is due happens.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now += ms;
        if self.chat.next_deadline().is_some_and(|due| due.0 <= self.now) {
            self.apply(&Command::Tick).expect("a tick is taken");
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
        if let Err(code) = self.apply(&attach) {
            // The first welcome was lost, and the name is held until that session's time is over.
            assert_eq!((code, resume), (Code::NameTaken, None));
            self.edge.lines.remove(&session);
            self.edge.wires[line].close();
            return;
        }
        self.edge.wires[line].session = Some(session);
        let (_, resumed) = self.edge.welcome.take().expect("it was attached");
        let rooms: Vec<(Place, Number)> = self.chat.memberships(session).collect();
        let token = if resumed { resume.expect("only a known session goes on") } else { token };
        self.edge.wires[line].send_down(Down::Welcome { resumed, token, rooms: rooms.clone() });
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
            let behind = Behind { epoch: head.epoch, since, topic: None };
            self.edge.behind.insert((session, head.room), behind);
        }
    }

    fn ask(&mut self, line: usize, session: SessionId, id: RequestId, ask: Ask) {
        self.edge.joining = match &ask {
            Ask::Join { since, .. } => *since,
            _ => None,
        };
        let verdict = self.apply(&Command::Ask { from: session, request: id, ask });
        verdict.unwrap_or_else(|code| panic!("a mirror's ask is taken or remembered: {code:?} {id}"));
        if let Some((session, place)) = self.edge.fresh.take() {
            self.edge.tell_recent(line, session, &place);
        }
    }

    /// Sends some of what one member missed in one room.
    pub(crate) fn catch_up(&mut self, rng: &mut Rng) {
        if self.edge.behind.is_empty() {
            return;
        }
        let index = rng.index(self.edge.behind.len());
        let (session, room) = self.edge.behind.keys().nth(index).cloned().expect("there are so many");
        self.edge.catch_up_one(session, &room, 1 + rng.index(4));
    }

    pub(crate) fn is_level(&self) -> bool {
        self.edge.behind.is_empty()
    }
}

impl Edge {
    fn catch_up_ends(&mut self, session: SessionId) {
        self.behind.retain(|(of, _), _| *of != session);
    }

    fn catch_up_one(&mut self, session: SessionId, room: &RoomName, most: usize) {
        let key = (session, room.clone());
        let behind = self.behind.get_mut(&key).expect("it is behind");
        let history = &self.histories[&behind.epoch];
        let head = history.head.clone();
        let first_available = Number(head.number.0 + 1 - history.events.len() as u64);
        let plan = CatchUp::plan(behind.since, &Kept { head: head.clone(), first_available }, self.catch_up);
        let CatchUp { gap, after } = plan.expect("nobody is ahead of the server");
        let mut events = Vec::new();
        if let Some(gap) = gap {
            events.push(gap);
            events.extend(
                behind.topic.take().filter(|topic| topic.place().is_some_and(|at| at.number <= after)),
            );
        }
        let skip = (after.0 + 1 - first_available.0) as usize;
        events.extend(history.events.iter().skip(skip).take(most).cloned());
        let number = events.iter().filter_map(|event| event.place()).map(|at| at.number).max();
        behind.since = Since { epoch: head.epoch, number: number.unwrap_or(after).max(after) };
        if behind.since.number == head.number {
            events.push(Event::CaughtUp { place: head });
            self.behind.remove(&key);
        }
        let line = self.lines[&session];
        for event in events {
            self.wires[line].send_down(Down::Told { re: RequestId::NONE, past: true, event });
        }
    }

    /// The last messages from before the join.
    fn tell_recent(&mut self, line: usize, session: SessionId, place: &Place) {
        if self.lines.get(&session) != Some(&line) {
            return;
        }
        let Some(history) = self.histories.get(&place.epoch) else { return };
        let before =
            |event: &&Event| matches!(event, Event::Said { place: at, .. } if at.number <= place.number);
        let mut recent: Vec<Event> =
            history.events.iter().rev().filter(before).take(RECENT).cloned().collect();
        recent.reverse();
        for event in recent {
            self.wires[line].send_down(Down::Told { re: RequestId::NONE, past: true, event });
        }
    }

    fn tell(&mut self, session: SessionId, re: RequestId, past: bool, event: &Event) {
        let Some(line) = self.lines.get(&session).copied() else { return };
        if let (Some(place), RequestId::NONE) = (event.place(), re)
            && let Some(behind) = self.behind.get_mut(&(session, place.room.clone()))
        {
            if past {
                behind.topic = Some(event.clone());
            }
            return;
        }
        self.wires[line].send_down(Down::Told { re, past, event: event.clone() });
    }
}

impl Sink for Edge {
    fn deliver(&mut self, _: Stamp, event: &Event, to: Audience<'_>) {
        match (event, to.asker) {
            (Event::Attached { resumed, .. }, _) => self.welcome = Some((to.sessions[0], *resumed)),
            (Event::Members { place, fresh: true, .. }, Some(asker)) => {
                self.tell(asker.session, asker.request, false, event);
                match self.joining {
                    Some(since) => {
                        let behind = Behind { epoch: place.epoch, since, topic: None };
                        self.behind.insert((asker.session, place.room.clone()), behind);
                    }
                    None => self.fresh = Some((asker.session, place.clone())),
                }
            }
            (Event::Replaced {}, _) => {
                let session = to.sessions[0];
                if let Some(line) = self.lines.remove(&session) {
                    self.wires[line].send_down(Down::Told {
                        re: RequestId::NONE,
                        past: false,
                        event: event.clone(),
                    });
                    self.wires[line].close();
                    self.wires[line].session = None;
                }
                self.catch_up_ends(session);
            }
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

    fn record(&mut self, _: Stamp, change: &Change) {
        match change {
            Change::RoomOpened { room, name, epoch } => {
                self.room_names.insert(*room, (name.clone(), *epoch));
                let head = Place { room: name.clone(), epoch: *epoch, number: Number(0) };
                self.histories.insert(*epoch, History { head, events: VecDeque::new() });
            }
            Change::RoomClosed { room } => {
                let (_, epoch) = self.room_names.remove(room).expect("it was opened");
                self.histories.remove(&epoch);
            }
            Change::MemberRemoved { room, session, .. } => {
                let name = self.room_names[room].0.clone();
                self.behind.remove(&(*session, name));
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
            }
            Change::Whispered { session, event } => {
                if let Event::Whispered { number, .. } = event {
                    self.whisper_heads.insert(*session, *number);
                }
                self.whispered.push(event.clone());
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
