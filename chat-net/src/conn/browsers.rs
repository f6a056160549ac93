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
#[derive(Debug, Default)]
pub(crate) struct Browsers(Mutex<HashMap<IpAddr, Instant>>);

impl Browsers {
    /// One was there just now. What is older than `memory` is forgotten.
    pub(crate) fn came(&self, from: IpAddr, memory: Duration) {
        let (mut all, now) = (lock(&self.0), Instant::now());
        if all.len() >= MOST {
            all.retain(|_, last| now.duration_since(*last) < memory);
        }
        if all.len() < MOST {
            all.insert(from, now);
        }
    }

    /// Whether one was there within that time.
    pub(crate) fn were_at(&self, from: IpAddr, within: Duration) -> bool {
        lock(&self.0).get(&from).is_some_and(|last| last.elapsed() < within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_is_remembered_for_a_while_and_only_so_many_are() {
        let (browsers, memory) = (Browsers::default(), Duration::from_secs(10));
        let at = |n: u32| IpAddr::from(n.to_be_bytes());
        (0..MOST as u32).for_each(|n| browsers.came(at(n), memory));
        browsers.came(at(1 << 20), memory);
        assert!(browsers.were_at(at(7), memory) && !browsers.were_at(at(1 << 20), memory));
        tokio::time::advance(memory).await;
        assert!(!browsers.were_at(at(7), memory));
        browsers.came(at(1 << 20), memory);
        assert!(browsers.were_at(at(1 << 20), memory));
        assert_eq!(lock(&browsers.0).len(), 1);
    }
}
