//! A write or fsync fails: nothing more is accepted, the server ends at once, and what was accepted is there.

use std::time::{Duration, SystemTime};

use crate::aftermath::all_is_there;
use crate::crowd::{Crowd, Habit, soon};
use crate::lab::strace::{self, Faults};
use crate::lab::{Lab, Refused};
use crate::rng::Rng;

const SYNCS: &str = "fdatasync,fsync";

/// It ended in time with the number for it, and says what failed.
fn is_told(ended: &Refused, fault: SystemTime, what: &str) {
    let took = SystemTime::now().duration_since(fault).unwrap();
    println!("{what}: ended {took:.0?} after the fault: {}", ended.why.lines().last().unwrap_or_default());
    assert_eq!(ended.code, Some(74), "{ended:?}");
    assert!(ended.why.contains("disk I/O error"), "{ended:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// People who talk, and whose server was killed.
async fn talking(lab: &Lab, rng: &mut Rng) -> Crowd {
    let server = lab.start();
    let mut crowd = Crowd::new(&lab.address);
    for number in 0..4 {
        let habit = Habit { lanes: 8, pause_ms: 1, wanders: number == 2, speaks_json: number == 3 };
        crowd.add(habit, &["lobby", "dev"], rng).await;
    }
    crowd.accepts(100).await;
    server.kill();
    crowd
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_call_nothing_is_accepted_and_the_server_ends() {
    if !strace::is_here() {
        return;
    }
    for (calls, name) in [(SYNCS, "fsync"), ("pwrite64", "write")] {
        let lab = Lab::new("failing");
        let server = lab.start();
        let crowd = Crowd::new(&lab.address);
        let (client, mut events) = crowd.connect("ann", false).await;
        tokio::spawn(async move { while events.next().await.is_some() {} });
        soon("a join", client.join("dev")).await.unwrap();
        for text in ["one", "two"] {
            soon("an answer", client.say("dev", text)).await.unwrap();
        }
        let log = lab.beside("strace");
        let Some(faults) = Faults::begin(server.program.pid(), log, calls, "error=EIO") else { return };
        let says = (0..10).map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.say("dev", "three").await })
        });
        let says: Vec<_> = says.collect();
        let ended = server.ended();
        is_told(&ended, strace::first_fault(faults.log()).unwrap(), name);
        let unanswered = says.iter().filter(|say| !say.is_finished()).count();
        assert_eq!(unanswered, 10, "something was answered after the disk had failed");
        drop(faults);
        // The client repeats what has no answer: now each is taken, once.
        let server = lab.start();
        for say in says {
            soon("an answer", say).await.unwrap().unwrap();
        }
        let page = soon("a page", client.history("dev", Default::default(), 100)).await.unwrap();
        assert_eq!(page.messages.len(), 12);
        client.quit().await;
        server.end();
        assert!(lab.offline(&["verify"]).status.success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_before_a_fault_is_there_after_it() {
    if !strace::is_here() {
        return;
    }
    let mut rng = Rng::seeded("failing");
    let first = 5 + rng.below(60);
    for (calls, name, first) in [
        (SYNCS, "fsync", 3),
        (SYNCS, "fsync", first),
        ("pwrite64", "write", first),
        ("pwrite64", "write", 200),
    ] {
        let what = format!("{name} {first} and later");
        let mut lab = Lab::new("faulty");
        let mut crowd = talking(&lab, &mut rng).await;
        let log = lab.beside("strace");
        lab.wrap = strace::wrap(&log, calls, &format!("error=EIO:when={first}+"));
        let ended = match lab.try_start() {
            Ok(server) => server.ended(),
            Err(refused) => refused,
        };
        is_told(&ended, strace::first_fault(&log).unwrap(), &what);
        lab.wrap.clear();
        let accepted = crowd.accepted();
        all_is_there(&lab, &mut crowd).await;
        println!("{what}: {accepted} accepted before");
    }
}

/// A disk that says it is full for a moment, in the middle of anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_finds_no_space_is_tried_again() {
    if !strace::is_here() {
        return;
    }
    let mut rng = Rng::seeded("no space");
    let mut lab = Lab::new("no-space");
    let mut crowd = talking(&lab, &mut rng).await;
    let log = lab.beside("strace");
    let mut from = 10 + rng.below(100);
    // No space as early as while it opens: it says so and ends. What is tried again is a write of its work.
    let server = loop {
        lab.wrap = strace::wrap(&log, "pwrite64", &format!("error=ENOSPC:when={from}..{}", from + 20));
        match lab.try_start() {
            Ok(server) => break server,
            Err(refused) => assert_eq!(refused.code, Some(74), "{refused:?}"),
        }
        assert!(from < 200, "it never starts");
        from += 20;
    };
    while strace::first_fault(&log).is_none() {
        crowd.accepts(100).await;
    }
    crowd.accepts(200).await;
    println!("no space from write {from} on: {} refused", crowd.refused());
    server.kill();
    lab.wrap.clear();
    all_is_there(&lab, &mut crowd).await;
}
