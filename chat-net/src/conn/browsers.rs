//! Where browsers were a moment ago. They open connections before they need them, and a greeting on such a one would be
//! taken for the answer to their next request.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;

/// So many addresses are remembered; of more, none until some are forgotten.
const MOST: usize = 4096;

/// The addresses that spoke HTTP, and when they last did.
#[derive(Debug)]
pub(crate) struct Browsers {
    /// How long one is remembered.
    memory: Duration,
    seen: Mutex<HashMap<IpAddr, Instant>>,
}

impl Browsers {
    pub(crate) fn new(memory: Duration) -> Browsers {
        Browsers { memory, seen: Mutex::default() }
    }

    /// One was there just now. Of a connection without an address nothing is remembered.
    pub(crate) fn came(&self, peer: Option<IpAddr>) {
        let Some(peer) = peer else { return };
        let (mut seen, now) = (lock(&self.seen), Instant::now());
        if seen.len() >= MOST {
            seen.retain(|_, last| now.duration_since(*last) < self.memory);
        }
        if seen.len() < MOST {
            seen.insert(peer, now);
        }
    }

    /// Whether one was there, and is remembered.
    pub(crate) fn were_at(&self, peer: Option<IpAddr>) -> bool {
        let last = peer.and_then(|peer| lock(&self.seen).get(&peer).copied());
        last.is_some_and(|last| last.elapsed() < self.memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_is_remembered_for_a_while_and_only_so_many_are() {
        let memory = Duration::from_secs(10);
        let browsers = Browsers::new(memory);
        let at = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        (0..MOST as u32).for_each(|n| browsers.came(at(n)));
        browsers.came(at(1 << 20));
        assert!(browsers.were_at(at(7)) && !browsers.were_at(at(1 << 20)));
        tokio::time::advance(memory).await;
        assert!(!browsers.were_at(at(7)));
        browsers.came(at(1 << 20));
        assert!(browsers.were_at(at(1 << 20)));
        assert_eq!(lock(&browsers.seen).len(), 1);
    }
}
