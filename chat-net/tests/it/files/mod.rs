//! Files between raw peers: what every test of them needs. One behaviour a file.

mod hostile;
mod pairs;
mod talk;

use std::collections::BTreeMap;

use chat_core::{Ask, Event, FileHash, Offer, Recipient, TransferId};
use chat_net::codec::{Chunk, Credit, FromClient, FromServer, Told};

use crate::peer::{Peer, show};

/// The byte at an offset of every file.
pub(crate) fn byte(at: u64) -> u8 {
    (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

pub(crate) fn bytes(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(byte).collect()
}

/// Not the file's own: nobody here compares it.
pub(crate) const HASH: FileHash = FileHash([7; 32]);

pub(crate) fn user(name: &str) -> Recipient {
    Recipient::User(name.into())
}

pub(crate) fn room(name: &str) -> Recipient {
    Recipient::Room(name.into())
}

pub(crate) fn offer_ask(to: Recipient, size: u64, chunk_bytes: u32) -> Ask {
    Ask::Offer { to, name: "photo.jpg".into(), size, hash: None, chunk_bytes }
}

impl Peer {
    /// Takes frames up to the answer to an ask.
    pub(crate) async fn answer(&mut self, id: u64) -> Event {
        let frames = self.until(|frame| matches!(frame, FromServer::Told(told) if told.re.0 == id)).await;
        match frames.into_iter().last() {
            Some(FromServer::Told(told)) => told.event,
            other => panic!("{other:?}"),
        }
    }

    /// Asks, and takes frames up to the answer, which is shown as this.
    pub(crate) async fn asks(&mut self, id: u64, ask: Ask, answer: &str) {
        self.ask(id, ask).await;
        assert_eq!(self.answer(id).await.to_string(), answer);
    }

    /// Offers a file; the server must take it.
    pub(crate) async fn offers(&mut self, id: u64, to: Recipient, size: u64, chunk_bytes: u32) -> Offer {
        self.ask(id, offer_ask(to, size, chunk_bytes)).await;
        match self.answer(id).await {
            Event::Offered(offer) => *offer,
            other => panic!("{other}"),
        }
    }

    /// Takes frames up to an offer to this peer.
    pub(crate) async fn is_offered(&mut self) -> Offer {
        let is_offer =
            |frame: &FromServer| matches!(frame, FromServer::Told(Told { event: Event::Offered(_), .. }));
        match self.until(is_offer).await.pop() {
            Some(FromServer::Told(Told { event: Event::Offered(offer), .. })) => *offer,
            other => panic!("{other:?}"),
        }
    }

    /// Accepts a file; the server must take it.
    pub(crate) async fn accepts(&mut self, id: u64, transfer: TransferId, from: u64) {
        self.ask(id, Ask::Accept { transfer, from, prefix: None }).await;
        let answer = self.answer(id).await;
        assert!(matches!(answer, Event::Accepted { .. }), "{answer}");
    }

    /// Takes frames up to a credit.
    pub(crate) async fn credit(&mut self) -> Credit {
        match self.until(|frame| matches!(frame, FromServer::Credit(_))).await.pop() {
            Some(FromServer::Credit(credit)) => credit,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn chunk(&mut self, transfer: TransferId, pass: u32, from: u64, to: u64) {
        let data = bytes(from, to).into();
        self.send(FromClient::Chunk(Chunk { transfer, pass, offset: from, data })).await;
    }

    pub(crate) async fn received(&mut self, transfer: TransferId, offset: u64) {
        self.send(FromClient::Received { transfer, offset }).await;
    }
}

/// The end that sends one file.
pub(crate) struct Upload {
    pub(crate) peer: Peer,
    pub(crate) offer: Offer,
    /// Bytes in one chunk.
    pub(crate) step: u64,
    /// Passes: what comes next, and how far it may go.
    pub(crate) passes: BTreeMap<u32, (u64, u64)>,
    /// How many bytes of the file were sent, in all passes.
    pub(crate) sent: u64,
    /// What else was told, as lines.
    pub(crate) story: Vec<String>,
}

impl Upload {
    pub(crate) fn new(peer: Peer, offer: Offer, step: u64) -> Upload {
        Upload { peer, offer, step, passes: BTreeMap::new(), sent: 0, story: Vec::new() }
    }

    /// Takes one frame.
    pub(crate) fn take(&mut self, frame: &FromServer) {
        match frame {
            FromServer::Credit(Credit { pass, next, until, .. }) => {
                let known = self.passes.entry(*pass).or_insert((*next, *until));
                known.1 = known.1.max(*until);
            }
            FromServer::Stop { pass, .. } => _ = self.passes.remove(pass),
            other => self.story.push(show(other)),
        }
    }

    /// Sends a chunk of the pass that has come least far of those that may go on.
    pub(crate) async fn step(&mut self) -> bool {
        let ready = self.passes.iter().filter(|(_, (next, until))| next < until);
        let Some((pass, (next, until))) = ready.min_by_key(|(_, (next, _))| *next).map(|(n, at)| (*n, *at))
        else {
            return false;
        };
        let end = (next + self.step).min(until);
        self.passes.insert(pass, (end, until));
        self.sent += end - next;
        self.peer.chunk(self.offer.transfer, pass, next, end).await;
        true
    }

    /// Serves all passes until this is told.
    pub(crate) async fn run(&mut self, end: impl Fn(&str) -> bool) {
        loop {
            while self.step().await {}
            let frame = self.peer.next().await.expect("more");
            self.take(&frame);
            if !matches!(frame, FromServer::Credit(_)) && self.story.last().is_some_and(|line| end(line)) {
                return;
            }
        }
    }
}

/// The end that receives one file.
pub(crate) struct Download {
    pub(crate) peer: Peer,
    pub(crate) offer: Offer,
    /// So much is there.
    pub(crate) has: u64,
    pub(crate) story: Vec<String>,
}

impl Download {
    pub(crate) fn new(peer: Peer, offer: Offer, from: u64) -> Download {
        Download { peer, offer, has: from, story: Vec::new() }
    }

    /// Takes frames up to the next chunk, checks and acknowledges it.
    pub(crate) async fn step(&mut self) {
        loop {
            match self.peer.next().await.expect("more") {
                FromServer::Chunk(chunk) => {
                    self.check(&chunk);
                    self.peer.received(self.offer.transfer, self.has).await;
                    return;
                }
                other => self.story.push(show(&other)),
            }
        }
    }

    /// A chunk has to be the next.
    pub(crate) fn check(&mut self, chunk: &Chunk) {
        assert_eq!(
            (chunk.transfer, chunk.offset),
            (self.offer.transfer, self.has),
            "in order, and nothing twice"
        );
        self.has += chunk.data.len() as u64;
        assert!(chunk.data.len() as u64 <= u64::from(self.offer.chunk_bytes) && self.has <= self.offer.size);
        assert!(chunk.data[..] == bytes(chunk.offset, self.has), "the file's own bytes");
    }

    /// Up to an offset.
    pub(crate) async fn run_to(&mut self, offset: u64) {
        while self.has < offset {
            self.step().await;
        }
    }

    pub(crate) async fn run(&mut self) {
        self.run_to(self.offer.size).await;
    }

    /// Says that all is there.
    pub(crate) async fn finish(&mut self, id: u64) {
        let (transfer, user) = (self.offer.transfer, Ask::Finish { transfer: self.offer.transfer });
        self.peer.ask(id, user).await;
        let answer = self.peer.answer(id).await;
        assert!(matches!(answer, Event::Finished { transfer: it, .. } if it == transfer), "{answer}");
    }
}
