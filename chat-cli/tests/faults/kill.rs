//! The server is killed while everybody talks, and started again, many times: nothing accepted is lost, nothing
//! is there twice, and everybody hears the same in the same order.

use std::time::{Duration, Instant};

use crate::aftermath::all_is_there;
use crate::crowd::{Crowd, Habit, a_while};
use crate::lab::Lab;
use crate::rng::Rng;

const ROOMS: [&str; 10] =
    ["lobby", "dev", "ops", "news", "music", "food", "games", "books", "films", "random"];

/// Twenty connections: a few with much in flight, most with little or slow, every third one in JSON.
async fn gather(crowd: &mut Crowd, rng: &mut Rng) {
    for number in 0..20_u32 {
        let (lanes, pause_ms) = match number {
            0 | 1 => (64, 0),
            2..6 => (8, 2),
            6..12 => (1, 0),
            _ => (1, 15),
        };
        let habit = Habit { lanes, pause_ms, wanders: number % 4 == 3, speaks_json: number % 3 == 2 };
        let rooms: Vec<&str> = match number {
            // Some are everywhere, so that no room is ever empty.
            0 | 4 | 12 => ROOMS.to_vec(),
            _ => (0..4).map(|nth| ROOMS[(number as usize * 3 + nth * 7) % ROOMS.len()]).collect(),
        };
        crowd.add(habit, &rooms, rng).await;
    }
}

/// What the rounds came to.
#[derive(Debug, Default)]
struct Figures {
    kills: u64,
    /// Of these, while the server was starting.
    early_kills: u64,
    /// Texts that had no answer when the server was killed.
    in_flight: u64,
    slowest_start: Duration,
}

/// Starts and kills so many times, and once more.
async fn rounds(lab: &Lab, crowd: &mut Crowd, rng: &mut Rng, count: u64) -> Figures {
    let mut figures = Figures::default();
    let mut server = lab.start();
    gather(crowd, rng).await;
    for round in 1..=count {
        let more = 1 << rng.below(11);
        crowd.accepts(more).await;
        a_while(Duration::from_micros(rng.below(20_000))).await;
        figures.in_flight += crowd.shared.ledger().unknown() as u64;
        server.kill();
        figures.kills += 1;
        while rng.one_in(4) {
            let starting = lab.spawn();
            a_while(Duration::from_millis(rng.below(80))).await;
            starting.signal(rustix::process::Signal::KILL);
            starting.wait();
            figures.early_kills += 1;
        }
        let start = Instant::now();
        server = lab.start();
        figures.slowest_start = figures.slowest_start.max(start.elapsed());
        crowd.shared.ledger().check(&format!("round {round}"));
    }
    crowd.accepts(100).await;
    server.kill();
    figures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_accepted_is_lost_and_nothing_is_there_twice() {
    let count = std::env::var("CHAT_KILL_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let mut rng = Rng::seeded("kill");
    let lab = Lab::new("kill");
    let mut crowd = Crowd::new(&lab.address);
    let begin = Instant::now();
    let figures = rounds(&lab, &mut crowd, &mut rng, count).await;
    let took = begin.elapsed();
    let read = all_is_there(&lab, &mut crowd).await;
    let ledger = crowd.shared.ledger();
    let (breaks, lost) = crowd.breaks();
    assert_eq!(lost, 0, "a session that the server had welcomed was not resumed");
    let accepted = ledger.accepted_count();
    let rate = accepted as f64 / took.as_secs_f64();
    println!(
        "killed {} times, {} more while starting; {accepted} accepted in {took:.1?} ({rate:.0} a second), \
         {} in flight at a kill, {} never answered, {read} messages read back; refused: {:?}; {breaks} broken \
         links; slowest start {:.0?}",
        figures.kills,
        figures.early_kills,
        figures.in_flight,
        ledger.unknown(),
        ledger.refusals(),
        figures.slowest_start,
    );
}

/// The test of the test: a server that keeps nothing must be found out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgets_is_found_out() {
    let mut rng = Rng::seeded("forgetful");
    let mut lab = Lab::new("forgetful");
    lab.more.push("--memory".into());
    let mut crowd = Crowd::new(&lab.address);
    let server = lab.start();
    gather(&mut crowd, &mut rng).await;
    crowd.accepts(100).await;
    server.kill();
    let server = lab.start();
    crowd.accepts(100).await;
    crowd.falls_silent().await;
    let complaints = crowd.shared.ledger().complaints().join("\n");
    assert!(complaints.contains("the epoch was"), "{complaints}");
    assert!(crowd.breaks().1 > 0, "its sessions were resumed");
    drop(server);
}
