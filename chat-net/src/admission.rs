//! Which connections are let in: so many in all, so many of one address, so many a second of one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chat_core::Code;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::limits::Limits;
use crate::lock::lock;
use crate::stats::Counters;

/// Counts connections, in all and of each address.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Arc<Limits>,
    counters: Arc<Counters>,
    counts: Mutex<Counts>,
    /// How many more may be told at length why they are not let in.
    refusals: Arc<Semaphore>,
}

/// So many connections at once are told why they are not let in, in their own form; more are told in text.
const REFUSALS: usize = 64;

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    addresses: HashMap<IpAddr, OfAddress>,
}

#[derive(Debug)]
struct OfAddress {
    open: usize,
    /// When the address's second is over, and how many came in it.
    window_ends: Instant,
    in_window: u32,
}

/// One admitted connection; gives its place back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    /// Where it came from, if it has an address.
    peer: Option<IpAddr>,
}

const WINDOW: Duration = Duration::from_secs(1);

impl Admission {
    pub(crate) fn new(limits: Arc<Limits>, counters: Arc<Counters>) -> Arc<Admission> {
        let refusals = Arc::new(Semaphore::new(REFUSALS));
        Arc::new(Admission { limits, counters, counts: Mutex::default(), refusals })
    }

    /// A place to tell a connection why it is not let in, as long as there are any.
    pub(crate) fn refuse(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.refusals).try_acquire_owned().ok()
    }

    /// Lets a connection in, or says by which limit not. `None` for transports without an address.
    pub(crate) fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Admitted, Code> {
        // First of all: a mapped address is the IPv4 address that it maps.
        let peer = address.map(|ip| ip.to_canonical());
        let address = self.counted(peer);
        self.count(address).inspect_err(|code| self.counters.connection_refused(*code))?;
        Ok(Admitted { admission: Arc::clone(self), peer })
    }

    /// What a connection from there is counted by; none: by nothing.
    fn counted(&self, peer: Option<IpAddr>) -> Option<IpAddr> {
        peer.filter(|ip| !(self.limits.exempt_loopback && ip.is_loopback())).map(neighbourhood)
    }

    fn count(&self, address: Option<IpAddr>) -> Result<(), Code> {
        let mut counts = lock(&self.counts);
        if counts.total >= self.limits.connections {
            return Err(Code::ServerFull);
        }
        if let Some(address) = address.filter(|_| self.limits.connections_per_address != usize::MAX) {
            counts.count(address, &self.limits, Instant::now())?;
        }
        counts.total += 1;
        Ok(())
    }

    /// How many connections are let in now.
    pub(crate) fn admitted(&self) -> usize {
        lock(&self.counts).total
    }
}

impl Counts {
    fn count(&mut self, address: IpAddr, limits: &Limits, now: Instant) -> Result<(), Code> {
        if self.addresses.len() > limits.connections.saturating_mul(2) {
            self.addresses.retain(|_, held| held.open > 0 || held.window_ends > now);
        }
        let held = self.addresses.entry(address).or_insert(OfAddress {
            open: 0,
            window_ends: now + WINDOW,
            in_window: 0,
        });
        if held.window_ends <= now {
            (held.window_ends, held.in_window) = (now + WINDOW, 0);
        }
        if held.open >= limits.connections_per_address
            || held.in_window >= limits.connects_per_second_per_address
        {
            return Err(Code::AddressLimit);
        }
        held.open += 1;
        held.in_window += 1;
        Ok(())
    }
}

impl Admitted {
    /// The address that it came from, if it has one.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// What counts for one address, in the limits by address.
    pub(crate) fn counted(&self) -> Option<IpAddr> {
        self.admission.counted(self.peer)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let address = self.counted();
        let mut counts = lock(&self.admission.counts);
        counts.total -= 1;
        if let Some(address) = address
            && let Some(held) = counts.addresses.get_mut(&address)
        {
            held.open = held.open.saturating_sub(1);
            if held.open == 0 && held.window_ends <= Instant::now() {
                counts.addresses.remove(&address);
            }
        }
    }
}

/// What counts as one address: an IPv4 address, a /64 of IPv6.
fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn admission() -> Arc<Admission> {
        let limits = Limits {
            connections: 4,
            connections_per_address: 2,
            connects_per_second_per_address: 3,
            ..Limits::default()
        };
        Admission::new(Arc::new(limits), Arc::default())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_so_many_at_once_and_so_many_a_second() {
        let admission = admission();
        let first = admission.admit(ip("192.0.2.1")).unwrap();
        let _second = admission.admit(ip("::ffff:192.0.2.1")).unwrap();
        assert_eq!(admission.admit(ip("192.0.2.1")).unwrap_err(), Code::AddressLimit);
        drop(first);
        let third = admission.admit(ip("192.0.2.1")).unwrap();
        drop(third);
        assert_eq!(admission.admit(ip("192.0.2.1")).unwrap_err(), Code::AddressLimit, "three in one second");
        tokio::time::advance(WINDOW).await;
        admission.admit(ip("192.0.2.1")).unwrap();
    }

    #[test]
    fn any_number_of_connections_may_be_the_limit() {
        let admission =
            Admission::new(Arc::new(Limits { connections: usize::MAX, ..Limits::default() }), Arc::default());
        admission.admit(ip("192.0.2.1")).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_ipv6_network_counts_as_one_and_loopback_not_at_all() {
        let admission = admission();
        let _held =
            (admission.admit(ip("2001:db8::1")).unwrap(), admission.admit(ip("2001:db8::2")).unwrap());
        assert_eq!(admission.admit(ip("2001:db8::3")).unwrap_err(), Code::AddressLimit);
        let _more = (admission.admit(ip("::ffff:127.0.0.1")).unwrap(), admission.admit(ip("::1")).unwrap());
        assert_eq!(admission.admit(None).unwrap_err(), Code::ServerFull);
    }
}
