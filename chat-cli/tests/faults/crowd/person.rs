//! One client: several lanes that each say one thing after another, and a listener.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chat_net::chat_core::{Code, Event};
use chat_net::client::{AskError, Client, Events, Notice, Receipt, Why};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Shared;
use crate::ledger::TextId;
use crate::rng::Rng;

/// How one talks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habit {
    /// So many texts in flight.
    pub(crate) lanes: u32,
    /// The pause between two texts of a lane; zero for none.
    pub(crate) pause_ms: u64,
    /// Whether it also leaves and joins the last of its rooms now and then.
    pub(crate) wanders: bool,
    /// Whether it speaks JSON instead of the binary codec.
    pub(crate) speaks_json: bool,
}

#[derive(Clone)]
pub(super) struct Talker {
    pub(super) number: u32,
    pub(super) client: Client,
    pub(super) rooms: Vec<String>,
    pub(super) shared: Arc<Shared>,
}

impl Talker {
    pub(super) fn begin(self, habit: Habit, rng: &mut Rng, tasks: &mut JoinSet<()>) {
        let counter = Arc::new(AtomicU32::new(0));
        for lane in 0..habit.lanes {
            let (talker, counter, rng) = (self.clone(), Arc::clone(&counter), rng.fork());
            tasks.spawn(talker.talk(Habit { wanders: habit.wanders && lane == 0, ..habit }, counter, rng));
        }
    }

    async fn talk(self, habit: Habit, counter: Arc<AtomicU32>, mut rng: Rng) {
        let mut pauses = (habit.pause_ms > 0).then(|| {
            let mut pauses = interval(Duration::from_millis(habit.pause_ms));
            pauses.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pauses
        });
        while !self.shared.is_over() {
            if let Some(pauses) = &mut pauses {
                pauses.tick().await;
            }
            if habit.wanders && rng.one_in(20) {
                self.wander().await;
            }
            let id = TextId { sender: self.number, count: counter.fetch_add(1, Ordering::Relaxed) };
            self.say(id, habit.lanes <= 8, &mut rng).await;
        }
    }

    async fn say(&self, id: TextId, is_calm: bool, rng: &mut Rng) {
        self.shared.ledger().said(id);
        let room = &self.rooms[rng.below(self.rooms.len() as u64) as usize];
        match rng.below(20) {
            0 if id.text().len() < 100 => {
                self.answered(id, self.client.topic(room, id.text()).await.map(Some));
            }
            // To one's neighbour, who is always there. Of what he misses the server keeps only so many.
            1 if is_calm => {
                let to = format!("c{}", self.number ^ 1);
                self.answered(id, self.client.whisper(to, id.text()).await.map(|_| None));
            }
            _ => self.answered(id, self.client.say(room, id.text()).await.map(Some)),
        }
    }

    fn answered(&self, id: TextId, answer: Result<Option<Receipt>, AskError>) {
        let mut ledger = self.shared.ledger();
        match answer {
            Ok(receipt) => {
                match &receipt {
                    Some(receipt) => ledger.accepted(id, &receipt.place),
                    None => ledger.whisper_accepted(id),
                }
                drop(ledger);
                self.shared.accepted.send_modify(|count| *count += 1);
            }
            Err(AskError::Refused(refusal)) => {
                ledger.refused(id, refusal.code);
                drop(ledger);
                if refusal.kind().is_retryable() {
                    self.shared.refused.send_modify(|count| *count += 1);
                }
            }
            // Nobody knows.
            Err(AskError::Unanswered) => {}
            Err(other) => ledger.complain(format!("{id}: {other}")),
        }
    }

    async fn wander(&self) {
        let Some(room) = self.rooms.last() else { return };
        let name = format!("c{}", self.number);
        match self.client.leave(room).await {
            Ok(told) => self.shared.ledger().left(&name, told.event.place().unwrap()),
            Err(why) => self.shared.ledger().complain(format!("{name} leaving: {why}")),
        }
        if let Err(why) = self.client.join(room).await {
            self.shared.ledger().complain(format!("{name} joining: {why}"));
        }
    }
}

/// Tells the ledger all that a client is told.
pub(super) async fn listen(name: String, mut events: Events, shared: Arc<Shared>) {
    let mut is_first = true;
    while let Some(notice) = events.next().await {
        match notice {
            Notice::Connected(welcome) => {
                if !is_first && !welcome.resumed {
                    shared.lost.fetch_add(1, Ordering::Relaxed);
                }
                is_first = false;
            }
            Notice::Told(told) => {
                let mut ledger = shared.ledger();
                match &told.event {
                    Event::Whispered { number, body, .. } if number.0 > 0 => {
                        ledger.whispered(&name, body.as_str());
                    }
                    gap @ Event::Gap { .. } => ledger.gap(&name, gap),
                    event => ledger.heard(&name, told.past, told.at, event),
                }
                drop(ledger);
                shared.heard.send_modify(|count| *count += 1);
            }
            Notice::Disconnected { why, .. } => {
                shared.breaks.fetch_add(1, Ordering::Relaxed);
                if matches!(why, Why::Missing | Why::Protocol(_)) {
                    shared.ledger().complain(format!("{name}: {why}"));
                }
            }
            Notice::Ended { why } => {
                let said_goodbye = why.code() == Some(Code::Left.number());
                if !matches!(why, Why::Quit) && !said_goodbye {
                    shared.ledger().complain(format!("{name} ended: {why}"));
                }
            }
            _ => {}
        }
    }
}
