//! Who waits for what: asks by their ids, queries with what was told so far, and asks made while away.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use chat_core::{Answer, Ask, Event, Query, RequestId};
use tokio::sync::oneshot;

use crate::client::error::AskError;
use crate::client::files::Sending;
use crate::codec::{FromClient, Secret, Told};

/// Where the answer to an ask goes.
pub(super) type AskReply = oneshot::Sender<Result<Told, AskError>>;

/// Where the answer to a query goes: what was told first, and its end.
pub(super) type QueryReply = oneshot::Sender<Result<(Vec<Told>, Answer), AskError>>;

/// Where goes what became of something done about the account.
pub(super) type AccountReply = oneshot::Sender<Result<(), AskError>>;

/// Events told as part of one answer; more are dropped. A server sends one page, far fewer.
const QUERY_EVENTS: usize = 10_000;

/// What a handle wants of the driver.
#[derive(Debug)]
pub(super) enum Order {
    Ask(Asking),
    Query { query: Query, reply: QueryReply },
    Account(Chore),
}

/// Something to be done about one's account.
#[derive(Debug)]
pub(super) struct Chore {
    pub(super) what: What,
    pub(super) reply: AccountReply,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// It has another password.
    Password { old: Secret, new: Secret },
    /// Its other sessions end.
    LogOutEverywhere,
}

impl What {
    pub(super) fn frame(&self, id: RequestId) -> FromClient {
        match self {
            What::Password { old, new } => FromClient::Password { id, old: old.clone(), new: new.clone() },
            What::LogOutEverywhere => FromClient::LogOutEverywhere { id },
        }
    }
}

/// An ask, and where its answer goes.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) ask: Ask,
    pub(super) reply: AskReply,
    /// The file that is sent if this offer of it is taken.
    pub(super) sends: Option<Arc<Sending>>,
}

#[derive(Debug)]
struct Reading {
    query: Query,
    told: Vec<Told>,
    reply: QueryReply,
}

/// All that waits.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    asks: HashMap<RequestId, (AskReply, Option<Arc<Sending>>)>,
    reads: BTreeMap<RequestId, Reading>,
    queued: VecDeque<Asking>,
    chores: BTreeMap<RequestId, Chore>,
    queued_chores: VecDeque<Chore>,
}

impl Waiting {
    pub(super) fn ask(&mut self, id: RequestId, reply: AskReply, sends: Option<Arc<Sending>>) {
        self.asks.insert(id, (reply, sends));
    }

    /// Keeps a chore until it can be sent.
    pub(super) fn queue_chore(&mut self, chore: Chore) {
        self.queued_chores.push_back(chore);
    }

    /// The next chore that was not sent yet, and whose asker still waits.
    pub(super) fn unqueue_chore(&mut self) -> Option<Chore> {
        std::iter::from_fn(|| self.queued_chores.pop_front()).find(|chore| !chore.reply.is_closed())
    }

    pub(super) fn chore(&mut self, id: RequestId, chore: Chore) {
        self.chores.insert(id, chore);
    }

    /// A chore is done: what it was.
    pub(super) fn done(&mut self, re: RequestId) -> Option<What> {
        let Chore { what, reply } = self.chores.remove(&re)?;
        let _ = reply.send(Ok(()));
        Some(what)
    }

    /// The link is gone, and nobody knows what became of the chores that were sent: they are not done twice.
    pub(super) fn lose_chores(&mut self) {
        for (_, Chore { reply, .. }) in std::mem::take(&mut self.chores) {
            let _ = reply.send(Err(AskError::Unanswered));
        }
    }

    pub(super) fn chores(&self) -> usize {
        self.chores.len() + self.queued_chores.len()
    }

    /// Keeps an ask until it can be sent.
    pub(super) fn queue(&mut self, asking: Asking) {
        self.queued.push_back(asking);
    }

    /// The next ask that was not sent yet, and whose asker still waits.
    pub(super) fn unqueue(&mut self) -> Option<Asking> {
        while let Some(asking) = self.queued.pop_front() {
            if !asking.reply.is_closed() {
                return Some(asking);
            }
        }
        None
    }

    /// The file that is sent now that its offer is taken.
    pub(super) fn sends(&mut self, re: RequestId) -> Option<Arc<Sending>> {
        self.asks.get_mut(&re)?.1.take()
    }

    pub(super) fn read(&mut self, id: RequestId, query: Query, reply: QueryReply) {
        self.reads.insert(id, Reading { query, told: Vec::new(), reply });
    }

    /// The queries to put again after the link broke, from their beginnings.
    pub(super) fn read_again(&mut self) -> Vec<(RequestId, Query)> {
        self.reads.retain(|_, read| !read.reply.is_closed());
        self.reads.values_mut().for_each(|read| read.told.clear());
        self.reads.iter().map(|(id, read)| (*id, read.query.clone())).collect()
    }

    pub(super) fn queued(&self) -> usize {
        self.queued.len()
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.len()
    }

    /// Gives an ask its answer; `false` if nobody ever waited for it.
    pub(super) fn answer(&mut self, told: &Told) -> bool {
        let Some((reply, _)) = self.asks.remove(&told.re) else { return false };
        let answer = match &told.event {
            Event::Refused(refusal) => Err(AskError::Refused(refusal.clone())),
            _ => Ok(told.clone()),
        };
        // The asker may have stopped waiting; the ask is answered all the same.
        let _ = reply.send(answer);
        true
    }

    /// The session is lost, and with it the answer.
    pub(super) fn lose(&mut self, id: RequestId) {
        if let Some((reply, _)) = self.asks.remove(&id) {
            let _ = reply.send(Err(AskError::Unanswered));
        }
    }

    /// Takes what is told as part of the answer to a query or a chore; gives back all else.
    pub(super) fn collect(&mut self, told: Told) -> Option<Told> {
        if let (Event::Refused(refusal), Some(chore)) = (&told.event, self.chores.remove(&told.re)) {
            let _ = chore.reply.send(Err(AskError::Refused(refusal.clone())));
            return None;
        }
        let Some(read) = self.reads.get_mut(&told.re) else { return Some(told) };
        if let Event::Refused(refusal) = told.event {
            if let Some(read) = self.reads.remove(&told.re) {
                let _ = read.reply.send(Err(AskError::Refused(refusal)));
            }
        } else if read.told.len() < QUERY_EVENTS {
            read.told.push(told);
        }
        None
    }

    /// The end of the answer to a query.
    pub(super) fn answered(&mut self, re: RequestId, answer: Answer) {
        if let Some(read) = self.reads.remove(&re) {
            let _ = read.reply.send(Ok((read.told, answer)));
        }
    }
}
