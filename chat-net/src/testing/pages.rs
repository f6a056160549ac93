//! Every page of messages there is in a small room, compared with one cut out of a plain list.

use super::*;

/// Three in a row have one time, so that a time begins and ends within a page.
fn at(number: u64) -> Timestamp {
    Timestamp(1_000 + number / 3 * 10)
}

fn timed(number: u64) -> Record {
    let change = Change::Numbered { room: ROOM, event: event(EPOCH, number), by: None };
    Record { stamp: Stamp { seq: Seq(number), at: at(number) }, change }
}

pub(super) async fn suite(make: &impl Fn() -> Arc<dyn Store>) {
    every_page_is_cut_as_from_a_list(&*make()).await;
    pages_follow_each_other_without_a_hole(&*make()).await;
    bytes_cut_a_page_on_the_side_that_is_further_away(&*make()).await;
}

const LAST: u64 = 23;

async fn filled(store: &dyn Store, last: u64) {
    open(store).await;
    store.append((1..=last).map(timed).collect()).await.expect("it appends");
}

/// The numbers of a page, and whether there are older and newer ones.
fn expected(head: u64, anchor: Anchor, limit: usize) -> (Vec<u64>, bool, bool) {
    let said: Vec<u64> = (1..=head.min(LAST)).filter(|number| number % 5 != 0).collect();
    let split = said.partition_point(|number| match anchor {
        Anchor::Latest => true,
        Anchor::Before(before) | Anchor::Around(before) => *number < before.0,
        Anchor::After(after) => *number <= after.0,
        Anchor::BeforeTime(time) | Anchor::FromTime(time) => at(*number) < time,
    });
    let (older, newer) = match anchor {
        Anchor::Latest | Anchor::Before(_) | Anchor::BeforeTime(_) => (limit, 0),
        Anchor::After(_) | Anchor::FromTime(_) => (0, limit),
        Anchor::Around(_) => (limit.div_ceil(2), limit.div_ceil(2)),
    };
    let (from, to) = (split.saturating_sub(older), (split + newer).min(said.len()));
    (said[from..to].to_vec(), from > 0, to < said.len())
}

async fn every_page_is_cut_as_from_a_list(store: &dyn Store) {
    filled(store, LAST).await;
    let numbers = (0..=LAST + 2).chain([u64::MAX]).map(Number);
    let times: Vec<Timestamp> =
        (0..=LAST + 3).flat_map(|number| [at(number), Timestamp(at(number).0 + 1)]).collect();
    let times = times.into_iter().chain([0, u64::MAX].map(Timestamp));
    let by_number = numbers.flat_map(|n| [Anchor::Before(n), Anchor::After(n), Anchor::Around(n)]);
    let by_time = times.flat_map(|at| [Anchor::BeforeTime(at), Anchor::FromTime(at)]);
    for anchor in by_number.chain(by_time).chain([Anchor::Latest]) {
        for (head, limit) in [(u64::MAX, 1), (u64::MAX, 4), (LAST, 100), (11, 3), (10, 100), (0, 5)] {
            let cut = PageLimit { events: limit, bytes: usize::MAX };
            let page = store.messages(EPOCH, Number(head), anchor, cut).await.expect("it reads");
            assert_eq!(
                (super::numbers(&page.events), page.older, page.newer),
                expected(head, anchor, limit),
                "{anchor:?}, up to {head}, at most {limit}"
            );
            for past in &page.events {
                let number = past.event.place().map_or(0, |place| place.number.0);
                let whole = Past { stamp: timed(number).stamp, event: event(EPOCH, number) };
                assert_eq!(*past, whole, "as it was appended");
            }
        }
    }
}

async fn pages_follow_each_other_without_a_hole(store: &dyn Store) {
    filled(store, 90).await;
    let said: Vec<u64> = (1..=90).filter(|number| number % 5 != 0).collect();
    let mut back: Vec<u64> = Vec::new();
    let mut anchor = Anchor::Latest;
    loop {
        let page = messages(store, anchor, 7).await;
        back.splice(0..0, numbers(&page.events));
        if !page.older {
            break;
        }
        anchor = Anchor::Before(Number(back[0]));
    }
    assert_eq!(back, said, "paged back from the end");
    let mut there: Vec<u64> = Vec::new();
    loop {
        let after = there.last().copied().unwrap_or(0);
        let page = messages(store, Anchor::After(Number(after)), 7).await;
        there.extend(numbers(&page.events));
        if !page.newer {
            break;
        }
    }
    assert_eq!(there, said, "paged on from the beginning");
}

async fn bytes_cut_a_page_on_the_side_that_is_further_away(store: &dyn Store) {
    filled(store, LAST).await;
    let tight = PageLimit { events: usize::MAX, bytes: 1 };
    for (anchor, expected) in [
        (Anchor::Latest, vec![23]),
        (Anchor::Before(Number(12)), vec![11]),
        (Anchor::After(Number(12)), vec![13]),
        (Anchor::Around(Number(12)), vec![11, 12]),
    ] {
        let page = store.messages(EPOCH, HEAD, anchor, tight).await.expect("it reads");
        assert_eq!(numbers(&page.events), expected, "at least one, whatever its size: {anchor:?}");
    }
    let some = PageLimit { events: usize::MAX, bytes: 900 };
    let page = store.messages(EPOCH, HEAD, Anchor::Latest, some).await.expect("it reads");
    assert!((2..10).contains(&page.events.len()), "{} events are not 900 bytes", page.events.len());
    assert!(page.older && numbers(&page.events).ends_with(&[22, 23]));
}
