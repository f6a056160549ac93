//! How often passwords may be tried: a few a minute for each account and each address, then after waits that grow. And how
//! often accounts may be made from an address: so many an hour, then in the same way.
//!
//! An attempt counts when it begins, so that many at once are no way around, and is given back if it was right or
//! could not be judged. Whoever comes before the wait is over is told how long it is, and does not lengthen it.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Limits;
use crate::lock::lock;

/// Within it, `logins_per_minute` are free.
const MINUTE: Duration = Duration::from_secs(60);

/// Within it, `registrations_per_hour` are free.
#[cfg(feature = "accounts")]
const HOUR: Duration = Duration::from_secs(3600);

/// The first wait; each further wrong password doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(15);

/// The attempts of a server.
#[derive(Debug)]
pub(crate) struct Attempts {
    pace: Pace,
    records: usize,
    tallies: Mutex<Tallies>,
}

/// So many are free in so long; the longest wait for a further one.
#[derive(Clone, Copy, Debug)]
struct Pace {
    free: u32,
    window: Duration,
    longest: Duration,
}

#[derive(Debug, Default)]
struct Tallies {
    accounts: HashMap<Account, Tally>,
    addresses: HashMap<IpAddr, Tally>,
}

/// A name in small letters, as its hash: whatever names are tried, each takes as much memory.
type Account = [u8; 16];

/// What was tried of late.
#[derive(Clone, Copy, Debug)]
struct Tally {
    /// When its window began.
    began: Instant,
    /// How many in it.
    count: u32,
    /// How many since then each had to wait for its turn.
    waits: u32,
    /// No more before this.
    until: Instant,
    /// Whether the log has it that somebody came before that.
    is_logged: bool,
}

/// One attempt that has begun. It counts as wrong unless it says otherwise.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt {
    attempts: Arc<Attempts>,
    account: Option<Account>,
    address: Option<IpAddr>,
}

impl Attempts {
    /// Of passwords.
    pub(crate) fn at_passwords(limits: &Limits) -> Arc<Attempts> {
        Attempts::new(limits, limits.logins_per_minute, MINUTE)
    }

    /// Of making accounts. Apart from the others: a team behind one address makes many at once, and guesses at none.
    #[cfg(feature = "accounts")]
    pub(crate) fn at_accounts(limits: &Limits) -> Arc<Attempts> {
        Attempts::new(limits, limits.registrations_per_hour, HOUR)
    }

    fn new(limits: &Limits, free: u32, window: Duration) -> Arc<Attempts> {
        Arc::new(Attempts {
            pace: Pace { free, window, longest: Duration::from_millis(limits.login_wait_ms) },
            records: limits.login_records.max(1),
            tallies: Mutex::default(),
        })
    }

    /// Begins one, for an account if it is about one, from an address if it has one that counts.
    ///
    /// # Errors
    /// How long to wait first. Then nothing was counted.
    pub(crate) fn begin(
        self: &Arc<Self>,
        name: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<Attempt, Duration> {
        let account = name.map(account);
        let attempt = Attempt { attempts: Arc::clone(self), account, address };
        if self.pace.free == u32::MAX {
            return Ok(attempt);
        }
        let now = Instant::now();
        let mut tallies = lock(&self.tallies);
        let of_account = account.and_then(|account| tallies.accounts.get_mut(&account)?.held_back(now));
        let of_address = address.and_then(|address| tallies.addresses.get_mut(&address)?.held_back(now));
        if let Some((wait, true)) = of_account {
            let account = chat_core::printable(name.unwrap_or_default());
            tracing::warn!(%account, wait_s = wait.as_secs(), "too many wrong passwords for an account");
        }
        if let (Some((wait, true)), Some(address)) = (of_address, address) {
            tracing::warn!(%address, wait_s = wait.as_secs(), "too many attempts from an address");
        }
        if let Some((wait, _)) = of_account.max(of_address) {
            return Err(wait);
        }
        if let Some(account) = account {
            self.count(&mut tallies.accounts, account, now);
        }
        if let Some(address) = address {
            self.count(&mut tallies.addresses, address, now);
        }
        Ok(attempt)
    }

    fn count<K: Copy + Eq + Hash>(&self, tallies: &mut HashMap<K, Tally>, key: K, now: Instant) {
        if tallies.len() >= self.records && !tallies.contains_key(&key) {
            self.make_room(tallies, now);
        }
        tallies.entry(key).or_insert_with(|| Tally::new(now)).count(self.pace, now);
    }

    /// Forgets what is over, and if all are fresh the one that is over first.
    fn make_room<K: Copy + Eq + Hash>(&self, tallies: &mut HashMap<K, Tally>, now: Instant) {
        tallies.retain(|_, tally| !tally.is_over(self.pace, now));
        if tallies.len() >= self.records
            && let Some(first) =
                tallies.iter().min_by_key(|(_, tally)| tally.until.max(tally.began)).map(|it| *it.0)
        {
            tallies.remove(&first);
        }
    }
}

impl Tally {
    fn new(now: Instant) -> Tally {
        Tally { began: now, count: 0, waits: 0, until: now, is_logged: false }
    }

    /// How long there is to wait, if there is, and whether nobody came before its end so far: once is enough for the log.
    fn held_back(&mut self, now: Instant) -> Option<(Duration, bool)> {
        let wait = self.until.saturating_duration_since(now);
        (!wait.is_zero()).then(|| (wait, !std::mem::replace(&mut self.is_logged, true)))
    }

    /// Whether nothing of it matters any more: a quiet time as long as the longest wait has passed.
    fn is_over(&self, pace: Pace, now: Instant) -> bool {
        now >= self.until.max(self.began) + pace.longest.max(pace.window)
    }

    fn count(&mut self, pace: Pace, now: Instant) {
        if self.is_over(pace, now) || (self.waits == 0 && now >= self.began + pace.window) {
            *self = Tally::new(now);
        }
        self.count = self.count.saturating_add(1);
        if self.count >= pace.free {
            let doubled = FIRST_WAIT.saturating_mul(1_u32.checked_shl(self.waits).unwrap_or(u32::MAX));
            self.is_logged = false;
            self.until = now + doubled.min(pace.longest);
            self.waits = self.waits.saturating_add(1);
        }
    }

    /// Takes the last one back.
    fn give_back(&mut self, now: Instant) {
        self.count = self.count.saturating_sub(1);
        self.waits = self.waits.saturating_sub(1);
        self.until = now;
    }
}

impl Attempt {
    /// It was right: the account's wrong ones are forgotten. Those of the address are not, or anybody with an account of
    /// their own could go on guessing at others for ever.
    pub(crate) fn succeeded(self) {
        let mut tallies = lock(&self.attempts.tallies);
        if let Some(account) = self.account {
            tallies.accounts.remove(&account);
        }
        self.give_back_address(&mut tallies);
    }

    /// It could not be judged.
    pub(crate) fn unjudged(self) {
        let mut tallies = lock(&self.attempts.tallies);
        if let Some(tally) = self.account.and_then(|account| tallies.accounts.get_mut(&account)) {
            tally.give_back(Instant::now());
        }
        self.give_back_address(&mut tallies);
    }

    fn give_back_address(&self, tallies: &mut Tallies) {
        if let Some(tally) = self.address.and_then(|address| tallies.addresses.get_mut(&address)) {
            tally.give_back(Instant::now());
        }
    }
}

fn account(name: &str) -> Account {
    let hash = blake3::hash(name.to_ascii_lowercase().as_bytes());
    let mut account = Account::default();
    account.copy_from_slice(&hash.as_bytes()[..size_of::<Account>()]);
    account
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(records: usize) -> Arc<Attempts> {
        Attempts::at_passwords(&Limits { login_records: records, ..Limits::default() })
    }

    fn ip(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    fn seconds(wait: Result<Attempt, Duration>) -> u64 {
        wait.map(drop).unwrap_err().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn five_a_minute_for_each_account_then_waits_that_grow() {
        let attempts = attempts(10);
        for last in 0..5 {
            drop(attempts.begin(Some("Alice"), ip(last)).unwrap());
        }
        assert_eq!(seconds(attempts.begin(Some("alice"), ip(9))), 15);
        drop(attempts.begin(Some("bob"), ip(0)).unwrap());
        let mut waits = Vec::new();
        while waits.last() != Some(&900) || waits.len() < 9 {
            // Asking early does not lengthen it.
            let wait = seconds(attempts.begin(Some("alice"), ip(9)));
            assert_eq!(seconds(attempts.begin(Some("alice"), ip(9))), wait);
            waits.push(wait);
            tokio::time::advance(Duration::from_secs(wait)).await;
            drop(attempts.begin(Some("alice"), None).unwrap());
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 900, 900, 900]);
        tokio::time::advance(Duration::from_secs(1800)).await;
        for _ in 0..5 {
            drop(attempts.begin(Some("alice"), None).unwrap());
        }
        assert_eq!(seconds(attempts.begin(Some("alice"), None)), 15, "a quiet time begins it anew");
    }

    #[tokio::test(start_paused = true)]
    async fn five_a_minute_from_each_address_whatever_the_name() {
        let attempts = attempts(10);
        for name in ["a", "b", "c", "d", "e"] {
            drop(attempts.begin(Some(name), ip(1)).unwrap());
        }
        assert_eq!(seconds(attempts.begin(Some("f"), ip(1))), 15);
        drop(attempts.begin(Some("f"), ip(2)).unwrap());
        drop(attempts.begin(None, ip(2)).unwrap());
        tokio::time::advance(MINUTE).await;
        drop(attempts.begin(Some("f"), ip(1)).unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_right_password_frees_the_account_and_not_the_address() {
        let attempts = attempts(10);
        for _ in 0..4 {
            drop(attempts.begin(Some("alice"), ip(1)).unwrap());
        }
        attempts.begin(Some("alice"), ip(1)).unwrap().succeeded();
        drop(attempts.begin(Some("alice"), ip(1)).unwrap());
        assert_eq!(seconds(attempts.begin(Some("alice"), ip(1))), 15, "five wrong ones from there");
        for _ in 0..4 {
            drop(attempts.begin(Some("alice"), None).unwrap());
        }
        assert_eq!(seconds(attempts.begin(Some("alice"), None)), 15, "and one of its own counts on");
    }

    #[tokio::test(start_paused = true)]
    async fn what_could_not_be_judged_does_not_count() {
        let attempts = attempts(10);
        for _ in 0..20 {
            attempts.begin(Some("alice"), ip(1)).unwrap().unjudged();
        }
        let held: Vec<Attempt> = (0..5).map(|_| attempts.begin(Some("alice"), None).unwrap()).collect();
        assert_eq!(seconds(attempts.begin(Some("alice"), None)), 15, "those that run count");
        held.into_iter().for_each(Attempt::unjudged);
        attempts.begin(Some("alice"), None).unwrap().succeeded();
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_remembered() {
        let attempts = attempts(3);
        for _ in 0..5 {
            drop(attempts.begin(Some("alice"), None).unwrap());
        }
        for number in 0..100 {
            drop(attempts.begin(Some(&format!("guess-{number}")), ip(number)).unwrap());
        }
        let tallies = lock(&attempts.tallies);
        assert_eq!((tallies.accounts.len(), tallies.addresses.len()), (3, 3));
        drop(tallies);
        assert_eq!(seconds(attempts.begin(Some("alice"), None)), 15, "the one that waits longest is kept");
    }

    #[cfg(feature = "accounts")]
    #[tokio::test(start_paused = true)]
    async fn a_team_behind_one_address_makes_its_accounts() {
        let attempts = Attempts::at_accounts(&Limits::default());
        for _ in 0..20 {
            drop(attempts.begin(None, ip(1)).unwrap());
        }
        assert_eq!(seconds(attempts.begin(None, ip(1))), 15);
        drop(attempts.begin(None, ip(2)).unwrap());
        tokio::time::advance(HOUR + MINUTE).await;
        for _ in 0..20 {
            drop(attempts.begin(None, ip(1)).unwrap());
        }
    }

    #[test]
    fn who_is_trusted_is_not_counted() {
        let attempts = Attempts::at_passwords(&Limits::default().trusting());
        for _ in 0..100 {
            drop(attempts.begin(Some("alice"), ip(1)).unwrap());
        }
        assert!(lock(&attempts.tallies).accounts.is_empty());
    }
}
