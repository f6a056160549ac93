//! The flood: so many logins a second, each over a connection of its own, from several addresses.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{RIGHT, WRONG, account};

/// From so many addresses it comes.
const ADDRESSES: u32 = 50;

/// Logins that come until they are told to end.
#[derive(Debug)]
pub(super) struct Flood {
    done: Arc<AtomicBool>,
    answers: Arc<Answers>,
    thread: JoinHandle<Result<()>>,
}

/// What became of them.
#[derive(Debug, Default)]
pub(super) struct Answers {
    sent: AtomicU64,
    let_in: AtomicU64,
    wrong: AtomicU64,
    busy: AtomicU64,
    other: AtomicU64,
}

impl std::fmt::Display for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (sent, let_in, wrong) = (of(&self.sent), of(&self.let_in), of(&self.wrong));
        let (busy, other) = (of(&self.busy), of(&self.other));
        let open = sent.saturating_sub(let_in + wrong + busy + other);
        write!(
            f,
            "{sent} sent, {let_in} let in, {wrong} wrong, {busy} busy, {other} other, {open} open at the end"
        )
    }
}

impl Flood {
    /// Begins it: a third with the right password, a third with a wrong one, a third under names without an account.
    pub(super) fn begin(server: SocketAddr, per_second: u32) -> Result<Flood> {
        let (done, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(Answers::default()));
        let (stop, counts) = (Arc::clone(&done), Arc::clone(&answers));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let flood = move || runtime.block_on(pour(server, per_second, &stop, &counts));
        let thread = std::thread::Builder::new().name("flood".to_owned()).spawn(flood)?;
        Ok(Flood { done, answers, thread })
    }

    /// Ends it, and says what became of the logins.
    ///
    /// # Errors
    /// A login that could not be sent: then it was no flood.
    pub(super) fn end(self) -> Result<Arc<Answers>> {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the flood panicked"))??;
        Ok(self.answers)
    }
}

async fn pour(server: SocketAddr, per_second: u32, done: &AtomicBool, answers: &Arc<Answers>) -> Result<()> {
    let period = Duration::from_secs(1) / per_second;
    let mut ticks = interval_at(Instant::now() + period, period);
    // Those that are late come at once: so many a second come, whatever the machine does.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut logins = tokio::task::JoinSet::new();
    for number in 0_u32.. {
        ticks.tick().await;
        if done.load(Ordering::Relaxed) {
            break;
        }
        answers.sent.fetch_add(1, Ordering::Relaxed);
        logins.spawn(log_in(server, number, Arc::clone(answers)));
        while let Some(ended) = logins.try_join_next() {
            ended?.context("a login was not answered")?;
        }
    }
    Ok(())
}

async fn log_in(server: SocketAddr, number: u32, answers: Arc<Answers>) -> Result<()> {
    let (name, password) = match number % 3 {
        0 => (account(number / 3), RIGHT),
        1 => (account(number / 3), WRONG),
        _ => (format!("nobody{number}"), WRONG),
    };
    let socket = TcpSocket::new_v4()?;
    if cfg!(target_os = "linux") {
        let [.., low] = (number % ADDRESSES + 1).to_be_bytes();
        socket.bind((Ipv4Addr::new(127, 2, 0, low), 0).into())?;
    }
    let mut stream = socket.connect(server).await?;
    let login =
        format!("{{\"type\":\"login\",\"name\":\"{name}\",\"rooms\":[],\"password\":\"{password}\"}}\n");
    stream.write_all(login.as_bytes()).await?;
    let mut lines = BufReader::new(&mut stream).lines();
    let answer = lines.next_line().await?.unwrap_or_default();
    let count = match answer {
        _ if answer.contains("\"type\":\"welcome\"") => &answers.let_in,
        _ if answer.contains("\"bad_login\"") => &answers.wrong,
        _ if answer.contains("\"busy\"") => &answers.busy,
        _ => &answers.other,
    };
    count.fetch_add(1, Ordering::Relaxed);
    stream.write_all(b"{\"type\":\"bye\"}\n").await?;
    Ok(())
}
