//! Events come back as they went in, by room, by number, by pages.

use super::*;

pub(super) async fn suite(make: &impl Fn() -> Arc<dyn Store>) {
    nothing_is_known_of_an_unknown_room(&*make()).await;
    events_come_back_as_they_went_in(&*make()).await;
    pages_are_cut_by_events_and_by_bytes(&*make()).await;
    rooms_are_apart_and_a_closed_room_is_gone(&*make()).await;
    a_read_sees_what_was_appended_before(&make()).await;
}

async fn nothing_is_known_of_an_unknown_room(store: &dyn Store) {
    assert_eq!(first(store, EPOCH).await, None);
    assert_eq!(read(store, 0, 100, ALL).await, Page::default());
    assert_eq!(messages(store, Anchor::Latest, 10).await, Messages::default());
    open(store).await;
    assert_eq!(first(store, EPOCH).await, None, "a room without events");
    assert_eq!(read(store, 0, 100, ALL).await, Page::default());
    assert!(["memory", "os", "fsync"].contains(&store.durability()), "a level that clients know");
}

async fn events_come_back_as_they_went_in(store: &dyn Store) {
    open(store).await;
    fill(store, 1..=4).await;
    fill(store, 5..=10).await;
    assert_eq!(first(store, EPOCH).await, Some(1));
    let page = read(store, 0, 10, ALL).await;
    assert_eq!((numbers(&page.events), page.more), ((1..=10).collect(), false));
    for (number, past) in (1..).zip(&page.events) {
        assert_eq!((past.stamp, &past.event), (stamp(number), &event(EPOCH, number)), "event {number}");
    }
    for (after, upto) in [(3, 7), (0, 1), (9, 10), (9, 99), (10, 10), (10, 99), (7, 3)] {
        let expected: Vec<u64> = (after + 1..=upto.min(10)).collect();
        assert_eq!(
            numbers(&read(store, after, upto, ALL).await.events),
            expected,
            "behind {after}, up to {upto}"
        );
    }
}

async fn pages_are_cut_by_events_and_by_bytes(store: &dyn Store) {
    open(store).await;
    fill(store, 1..=100).await;
    let three = PageLimit { events: 3, bytes: usize::MAX };
    let page = read(store, 10, 50, three).await;
    assert_eq!((numbers(&page.events), page.more), (vec![11, 12, 13], true));
    let page = read(store, 47, 50, three).await;
    assert_eq!((numbers(&page.events), page.more), (vec![48, 49, 50], false), "no more up to there");
    for tight in [PageLimit { events: usize::MAX, bytes: 1 }, PageLimit { events: 1, bytes: usize::MAX }] {
        let page = read(store, 10, 50, tight).await;
        assert_eq!((numbers(&page.events), page.more), (vec![11], true), "at least one, whatever its size");
        let page = store.messages(EPOCH, HEAD, Anchor::Before(Number(50)), tight).await.expect("it reads");
        assert_eq!((numbers(&page.events), page.older), (vec![49], true), "at least one, whatever its size");
    }
    let (mut after, mut pages) = (0, 0);
    let some = PageLimit { events: usize::MAX, bytes: 2000 };
    while after < 100 {
        let page = read(store, after, 100, some).await;
        let expected: Vec<u64> = (after + 1..=after + page.events.len() as u64).collect();
        assert_eq!(numbers(&page.events), expected, "pages follow each other without a hole");
        after += page.events.len() as u64;
        assert_eq!(page.more, after < 100);
        pages += 1;
    }
    assert!((2..100).contains(&pages), "pages of some kilobytes, not {pages}");
}

async fn rooms_are_apart_and_a_closed_room_is_gone(store: &dyn Store) {
    let (other, elsewhere) = (RoomId(2), Epoch(78));
    open(store).await;
    store.append(vec![opened(other, "dev", elsewhere)]).await.expect("it appends");
    fill(store, 1..=3).await;
    store.append(vec![numbered(other, elsewhere, 1)]).await.expect("it appends");
    let page = store.read(elsewhere, Number(0), Number(9), ALL).await.expect("it reads");
    assert_eq!(numbers(&page.events), [1]);
    let closed = Record { stamp: stamp(9), change: Change::RoomClosed { room: ROOM } };
    // Made again at once, under another numbering.
    let anew = Epoch(79);
    store
        .append(vec![closed, opened(RoomId(3), "lobby", anew), numbered(RoomId(3), anew, 1)])
        .await
        .expect("it appends");
    assert_eq!(read(store, 0, 9, ALL).await, Page::default(), "what a closed room said");
    assert_eq!(messages(store, Anchor::Latest, 9).await, Messages::default(), "what a closed room said");
    assert_eq!(first(store, EPOCH).await, None);
    for epoch in [elsewhere, anew] {
        assert_eq!(first(store, epoch).await, Some(1));
    }
}

async fn a_read_sees_what_was_appended_before(store: &Arc<dyn Store>) {
    open(&**store).await;
    for number in 1..=50 {
        fill(&**store, number..=number).await;
        let reading = Arc::clone(store);
        let page = tokio::spawn(async move { read(&*reading, number - 1, number, ALL).await });
        assert_eq!(
            numbers(&page.await.expect("it does not panic").events),
            [number],
            "read from another task"
        );
    }
}
