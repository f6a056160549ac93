//! Which messages a search finds.

use super::*;
use crate::store::Search;

const DEV: (RoomId, Epoch) = (RoomId(2), Epoch(78));

pub(super) async fn suite(make: &impl Fn() -> Arc<dyn Store>) {
    words_are_found_in_any_case_and_whole(&*make()).await;
    rooms_times_and_limits_hold(&*make()).await;
    one_millisecond_is_not_torn_apart(&*make()).await;
}

fn said(room: (RoomId, Epoch), number: u64, at: u64, text: &str) -> Record {
    let place = Place { room: room_name("lobby"), epoch: room.1, number: Number(number) };
    let from = UserName::new("alice", 32).expect("it is a name");
    let body = Body::new(&Arc::from(text), 1000).expect("it is a text");
    let change = Change::Numbered { room: room.0, event: Event::Said { place, from, body }, by: None };
    Record { stamp: Stamp { seq: Seq(at), at: Timestamp(at) }, change }
}

async fn find(
    store: &dyn Store,
    words: &str,
    rooms: &[Epoch],
    before: Option<u64>,
    limit: PageLimit,
) -> Messages {
    let rooms = rooms.iter().map(|room| (*room, Number(1))).collect();
    let search = Search { words: words.into(), rooms, before: before.map(Timestamp), limit };
    store.search(search).await.expect("it searches")
}

const TEXTS: [&str; 8] = [
    "We deploy on Friday.",
    "friday: DEPLOY, then tea",
    "no deployment on fridays",
    "I don't know; don t is not it",
    "snake_case and kebab-case, 42 times",
    "ÄRGER über Straßen",
    "東京 で会う",
    "\"quoted\" * NEAR(deploy, 2) OR body:x ^y",
];

async fn words_are_found_in_any_case_and_whole(store: &dyn Store) {
    open(store).await;
    let records = (1..).zip(TEXTS).map(|(number, text)| said((ROOM, EPOCH), number, 100 * number, text));
    store.append(records.collect()).await.expect("it appends");
    for (words, expected) in [
        ("deploy", vec![1, 2, 8]),
        ("DEPLOY friday", vec![1, 2]),
        ("friday deploy", vec![1, 2]),
        ("deploy*", vec![1, 2, 3, 8]),
        ("dep* fri*", vec![1, 2, 3]),
        ("\"deploy on friday\"", vec![1]),
        ("\"friday deploy\"", vec![2]),
        ("\"on friday\" we", vec![1]),
        ("don't", vec![4]),
        ("snake_case", vec![5]),
        ("case", vec![5]),
        ("42", vec![5]),
        ("4*", vec![5]),
        ("ärger ÜBER", vec![6]),
        ("straßen", vec![6]),
        ("東京", vec![7]),
        ("friday, deploy!", vec![1, 2]),
        ("body:x", vec![8]),
        ("NEAR(deploy, 2)", vec![8]),
        ("or", vec![8]),
        ("deploy OR nothing", vec![]),
        ("nothing", vec![]),
        ("deplo", vec![]),
        ("", vec![]),
        (" \t", vec![]),
        ("*", vec![]),
        ("\"", vec![]),
        ("?! -- \"...\" '", vec![]),
        ("\0", vec![]),
    ] {
        let found = find(store, words, &[EPOCH], None, ALL).await;
        assert_eq!(numbers(&found.events), expected, "{words:?}");
        assert!(!found.older && !found.newer, "{words:?}: that is all");
    }
}

async fn rooms_times_and_limits_hold(store: &dyn Store) {
    open(store).await;
    store.append(vec![opened(DEV.0, "dev", DEV.1)]).await.expect("it appends");
    // By turns here and there, so that what is newest is spread over both.
    for number in 1..=20 {
        let here = said((ROOM, EPOCH), number, 100 * number, "tea here");
        let there = said(DEV, number, 100 * number + 50, "tea there");
        store.append(vec![here, there]).await.expect("it appends");
    }
    let at = |found: &Messages| -> Vec<u64> { found.events.iter().map(|past| past.stamp.at.0).collect() };
    let three = PageLimit { events: 3, bytes: usize::MAX };
    let both = [EPOCH, DEV.1];
    for (rooms, words, before, expected, older) in [
        (&both[..], "tea", None, vec![1950, 2000, 2050], true),
        (&both[1..], "tea", None, vec![1850, 1950, 2050], true),
        (&both[..], "here", None, vec![1800, 1900, 2000], true),
        (&both[..], "tea", Some(250), vec![100, 150, 200], false),
        (&both[..], "tea", Some(251), vec![150, 200, 250], true),
        (&both[..], "tea", Some(300), vec![150, 200, 250], true),
        (&both[..], "tea", Some(150), vec![100], false),
        (&both[..], "tea", Some(100), vec![], false),
        (&both[..], "tea", Some(u64::MAX), vec![1950, 2000, 2050], true),
        (&[Epoch(1)][..], "tea", None, vec![], false),
        (&[][..], "tea", None, vec![], false),
    ] {
        let found = find(store, words, rooms, before, three).await;
        assert_eq!((at(&found), found.older), (expected, older), "{words} in {rooms:?} before {before:?}");
    }
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let found = find(store, "tea", &both, before, three).await;
        all.splice(0..0, at(&found));
        if !found.older {
            break;
        }
        before = all.first().copied();
    }
    let expected: Vec<u64> = (1..=20).flat_map(|number| [100 * number, 100 * number + 50]).collect();
    assert_eq!(all, expected, "paged back from the newest");
    let tight = PageLimit { events: usize::MAX, bytes: 1 };
    assert_eq!(at(&find(store, "tea", &both, None, tight).await), [2050], "at least one, whatever its size");
    for (from, expected, older) in [
        (19, vec![1900, 2000], false),
        (18, vec![1800, 1900, 2000], false),
        (17, vec![1800, 1900, 2000], true),
        (21, vec![], false),
    ] {
        let search =
            Search { words: "tea".into(), rooms: vec![(EPOCH, Number(from))], before: None, limit: three };
        let found = store.search(search).await.expect("it searches");
        assert_eq!((at(&found), found.older), (expected, older), "from {from}");
    }
    let closed = Record { stamp: stamp(9000), change: Change::RoomClosed { room: ROOM } };
    store.append(vec![closed]).await.expect("it appends");
    let found = find(store, "tea", &both, None, ALL).await;
    assert_eq!(found.events.len(), 20, "what a closed room said is not found");
}

async fn one_millisecond_is_not_torn_apart(store: &dyn Store) {
    open(store).await;
    store.append(vec![opened(DEV.0, "dev", DEV.1)]).await.expect("it appends");
    for number in 1..=10 {
        // 1 2 3 | 4 5 6 | 7 8 9 | 10, in each of both rooms.
        let at = 500 + (number - 1) / 3;
        store
            .append(vec![said((ROOM, EPOCH), number, at, "tea"), said(DEV, number, at, "tea")])
            .await
            .expect("it appends");
    }
    for (limit, expected, older) in
        [(1, 2, true), (2, 2, true), (3, 8, true), (8, 8, true), (9, 14, true), (15, 20, false)]
    {
        let limit = PageLimit { events: limit, bytes: usize::MAX };
        let found = find(store, "tea", &[EPOCH, DEV.1], None, limit).await;
        assert_eq!((found.events.len(), found.older), (expected, older), "{limit:?}");
    }
}
