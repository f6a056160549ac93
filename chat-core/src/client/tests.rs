//! Stories of one client: what it is told, and what it makes of it.

use std::sync::Arc;

use super::Reception::{Answer, Broken, Duplicate, Missed, New, Past};
use super::*;
use crate::code::Code;
use crate::event::{Departure, GapReason, Refusal};
use crate::id::Epoch;
use crate::name::UserName;
use crate::text::Body;

const NONE: RequestId = RequestId::NONE;

fn room() -> RoomName {
    RoomName::new("lobby", 64).unwrap()
}

fn place(epoch: u64, number: u64) -> Place {
    Place { room: room(), epoch: Epoch(epoch), number: Number(number) }
}

fn since(epoch: u64, number: u64) -> Since {
    Since { epoch: Epoch(epoch), number: Number(number) }
}

fn user(name: &str) -> UserName {
    UserName::new(name, 32).unwrap()
}

fn text(text: &str) -> Body {
    Body::new(&Arc::from(text), 4096).unwrap()
}

fn said_in(epoch: u64, number: u64) -> Event {
    Event::Said { place: place(epoch, number), from: user("bob"), body: text("hi") }
}

fn said(number: u64) -> Event {
    said_in(1, number)
}

fn topic(number: u64) -> Event {
    Event::TopicChanged { place: place(1, number), by: user("bob"), topic: Some(text("t")) }
}

fn joined(number: u64) -> Event {
    Event::Joined { place: place(1, number), user: user("me") }
}

fn left(number: u64) -> Event {
    Event::Left { place: place(1, number), user: user("me"), why: Departure::Left }
}

fn members(epoch: u64, number: u64, fresh: bool) -> Event {
    Event::Members { place: place(epoch, number), fresh, total: 2, users: vec![] }
}

fn caught_up(number: u64) -> Event {
    Event::CaughtUp { place: place(1, number) }
}

fn gap(epoch: u64, head: u64, first: u64, why: GapReason) -> Event {
    Event::Gap { place: place(epoch, head), first_available: Number(first), why }
}

fn refused(code: Code) -> Event {
    let (reason, message) = (code.name().into(), code.sentence().into());
    Event::Refused(Refusal { code: code.number(), reason, message, retry_after_ms: None })
}

fn whispered(number: u64) -> Event {
    Event::Whispered { from: user("bob"), to: user("me"), body: text("psst"), number: Number(number) }
}

fn join(since: Option<Since>) -> Ask {
    Ask::Join { room: "#Lobby".into(), since }
}

fn leave() -> Ask {
    Ask::Leave { room: "lobby".into() }
}

fn say(body: &str) -> Ask {
    Ask::Say { room: "lobby".into(), body: body.into() }
}

fn position(mirror: &Mirror) -> Option<(u64, u64)> {
    mirror.positions().next().map(|(_, at)| (at.epoch.0, at.number.0))
}

/// A mirror that joined the lobby as its `number`-th event and has seen nothing since.
fn member(number: u64) -> Mirror {
    let mut mirror = Mirror::new(4);
    let id = mirror.ask(join(None)).unwrap();
    assert_eq!(mirror.told(id, false, &members(1, number - 1, true)), New);
    assert_eq!(mirror.told(NONE, false, &joined(number)), New);
    mirror
}

/// A member whose copy ends at 5, and who knows its own name.
fn in_room() -> Mirror {
    let mut mirror = member(5);
    mirror.welcomed("me", true, &[(room(), since(1, 5))]);
    mirror
}

/// Tells events nobody asked for, and says what they were taken for.
fn tell(mirror: &mut Mirror, past: bool, events: &[Event]) -> Vec<Reception> {
    events.iter().map(|event| mirror.told(NONE, past, event)).collect()
}

#[test]
fn a_joiner_reads_the_past_once_and_then_the_news() {
    let mut mirror = member(11);
    let past = [topic(9), said(5), said(6), said(6), said(5), topic(9), said(10), said(12)];
    // The 12 comes in order, whatever it calls itself.
    let verdicts = [Past, Past, Past, Duplicate, Duplicate, Duplicate, Past, Missed];
    assert_eq!(tell(&mut mirror, true, &past), verdicts);
    assert_eq!(tell(&mut mirror, false, &[said(13), said(13)]), [New, Duplicate]);
    assert_eq!(tell(&mut mirror, true, &[said(7)]), [Duplicate], "the past is over when news comes");
    assert_eq!(position(&mirror), Some((1, 13)));
}

#[test]
fn the_first_joiner_of_all_begins_at_zero() {
    let mut mirror = Mirror::new(4);
    let id = mirror.ask(join(None)).unwrap();
    let empty = Event::Members { place: place(1, 0), fresh: true, total: 0, users: vec![] };
    assert_eq!(mirror.told(id, false, &empty), New);
    assert_eq!(position(&mirror), Some((1, 0)));
    assert_eq!(tell(&mut mirror, false, &[joined(1), said(2)]), [New, New]);
}

#[test]
fn in_a_big_room_the_own_join_is_not_told() {
    let mut mirror = Mirror::new(4);
    let id = mirror.ask(join(None)).unwrap();
    mirror.told(id, false, &members(1, 20, true));
    assert_eq!(tell(&mut mirror, true, &[said(19), said(20)]), [Past, Past]);
    assert_eq!(tell(&mut mirror, false, &[said(21)]), [New]);
    let id = mirror.ask(leave()).unwrap();
    assert_eq!(mirror.told(id, false, &left(21)), Duplicate, "it has no number of its own");
    assert_eq!(position(&mirror), None);
}

#[test]
fn a_room_that_one_begins_in_is_not_asked_for() {
    let mut mirror = Mirror::new(4);
    mirror.welcomed("me", false, &[]);
    assert_eq!(tell(&mut mirror, false, &[members(1, 4, true), joined(5)]), [New, New]);
    assert_eq!(position(&mirror), Some((1, 5)));
}

#[test]
fn a_hole_is_broken() {
    let mut mirror = member(3);
    assert_eq!(tell(&mut mirror, false, &[said(5)]), [Broken]);
    assert_eq!(position(&mirror), Some((1, 3)), "and moves nothing");
    assert_eq!(tell(&mut mirror, true, &[said(5), said_in(2, 4)]), [Broken, Broken]);
    let elsewhere = Place { room: RoomName::new("dev", 64).unwrap(), ..place(1, 1) };
    let event = Event::Said { place: elsewhere, from: user("bob"), body: text("hi") };
    assert_eq!(tell(&mut mirror, false, &[event]), [Broken], "a room that one is not in");
}

#[test]
fn what_was_missed_comes_in_order_and_then_the_news() {
    let mut mirror = member(3);
    let welcomed = mirror.welcomed("me", true, &[(room(), since(1, 6))]);
    assert_eq!(welcomed, Welcomed::default());
    assert_eq!(tell(&mut mirror, true, &[said(4), said(5), said(6)]), [Missed; 3]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(6), said(7)]), [New, New]);
    // Once more, with nothing to catch up.
    mirror.welcomed("me", true, &[(room(), since(1, 7))]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(7), said(8)]), [New, New]);
}

#[test]
fn a_cut_while_catching_up_goes_on_where_it_was() {
    let mut mirror = member(3);
    mirror.welcomed("me", true, &[(room(), since(1, 9))]);
    assert_eq!(tell(&mut mirror, true, &[said(4), said(5)]), [Missed, Missed]);
    assert_eq!(position(&mirror), Some((1, 5)));
    mirror.welcomed("me", true, &[(room(), since(1, 9))]);
    assert_eq!(tell(&mut mirror, true, &[said(6)]), [Missed]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(9)]), [Broken], "7 to 9 were not told");
}

#[test]
fn a_gap_moves_the_copy_on() {
    let mut mirror = member(3);
    mirror.welcomed("me", true, &[(room(), since(1, 60))]);
    assert_eq!(tell(&mut mirror, false, &[gap(1, 60, 58, GapReason::NotKept)]), [New]);
    assert_eq!(tell(&mut mirror, true, &[said(58), said(59), said(60)]), [Missed; 3]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(60), said(61)]), [New, New]);
}

#[test]
fn a_new_numbering_begins_after_a_gap() {
    let mut mirror = member(30);
    mirror.welcomed("me", true, &[(room(), since(2, 2))]);
    assert_eq!(tell(&mut mirror, true, &[said_in(2, 1)]), [Broken], "not without the gap");
    assert_eq!(tell(&mut mirror, false, &[gap(2, 2, 1, GapReason::NewEpoch)]), [New]);
    assert_eq!(tell(&mut mirror, true, &[said_in(2, 1), said_in(2, 2)]), [Missed, Missed]);
    assert_eq!(position(&mirror), Some((2, 2)));
}

#[test]
fn a_copy_ahead_of_the_room_is_given_up() {
    let mut mirror = member(30);
    mirror.welcomed("me", true, &[(room(), since(1, 20))]);
    assert_eq!(tell(&mut mirror, false, &[refused(Code::AheadOfHead)]), [New]);
    assert_eq!(tell(&mut mirror, false, &[gap(1, 20, 19, GapReason::NotKept)]), [New]);
    assert_eq!(tell(&mut mirror, true, &[said(19), said(20)]), [Missed, Missed]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(20), said(21)]), [New, New]);
}

#[test]
fn unanswered_asks_are_repeated_in_order_under_their_ids() {
    let mut mirror = member(3);
    let ids: Vec<RequestId> = ["a", "b", "c"].iter().map(|body| mirror.ask(say(body)).unwrap()).collect();
    assert!(ids.is_sorted() && ids[0] > NONE);
    assert_eq!(mirror.told(ids[0], false, &said(4)), New);
    let welcomed = mirror.welcomed("me", true, &[(room(), since(1, 6))]);
    assert_eq!(welcomed.repeat, [(ids[1], say("b")), (ids[2], say("c"))]);
    assert!(welcomed.rejoin.is_empty() && welcomed.uncertain.is_empty());
}

#[test]
fn a_repeats_answer_may_come_before_or_after_its_event() {
    let mut mirror = member(3);
    let (b, c) = (mirror.ask(say("b")).unwrap(), mirror.ask(say("c")).unwrap());
    mirror.welcomed("me", true, &[(room(), since(1, 7))]);
    assert_eq!(tell(&mut mirror, true, &[said(4)]), [Missed]);
    assert_eq!(mirror.told(c, false, &said(7)), Answer, "its turn has not come");
    assert!(!mirror.is_unanswered(c));
    assert_eq!(tell(&mut mirror, true, &[said(5)]), [Missed]);
    assert_eq!(mirror.told(b, false, &said(5)), Duplicate, "it answers, and is shown already");
    assert_eq!(mirror.unanswered(), 0);
    assert_eq!(tell(&mut mirror, true, &[said(6), said(7)]), [Missed, Missed]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(7)]), [New]);
}

#[test]
fn a_repeats_answer_may_be_the_next_event() {
    let mut mirror = member(3);
    let id = mirror.ask(say("b")).unwrap();
    mirror.welcomed("me", true, &[(room(), since(1, 4))]);
    assert_eq!(mirror.told(id, false, &said(4)), New);
    assert_eq!(tell(&mut mirror, true, &[said(4)]), [Duplicate]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(4)]), [New]);
}

#[test]
fn the_number_of_unanswered_asks_is_bounded() {
    let mut mirror = Mirror::new(2);
    let first = mirror.ask(say("a")).unwrap();
    mirror.ask(say("b")).unwrap();
    assert_eq!(mirror.ask(say("c")), Err(TooManyUnanswered { limit: 2 }));
    assert_eq!(mirror.told(first, false, &refused(Code::NotAMember)), Answer);
    assert!(mirror.ask(say("c")).is_ok());
}

#[test]
fn a_refusal_answers_once() {
    let mut mirror = Mirror::new(2);
    let id = mirror.ask(say(" ")).unwrap();
    assert_eq!(mirror.told(id, false, &refused(Code::Empty)), Answer);
    assert_eq!(mirror.told(id, false, &refused(Code::Empty)), Duplicate);
    assert_eq!(mirror.told(NONE, false, &refused(Code::SlowDown)), New, "this one is nobody's answer");
}

#[test]
fn a_new_session_rejoins_and_does_not_repeat() {
    let mut mirror = member(3);
    let id = mirror.ask(say("did it arrive?")).unwrap();
    let welcomed = mirror.welcomed("me", false, &[]);
    assert_eq!(welcomed.uncertain, [id]);
    assert!(welcomed.repeat.is_empty());
    assert_eq!(welcomed.rejoin, [Ask::Join { room: "lobby".into(), since: Some(since(1, 3)) }]);
    let again = mirror.ask(welcomed.rejoin[0].clone()).unwrap();
    assert!(again > id, "ids are never used twice");
    assert_eq!(mirror.told(again, false, &members(1, 5, true)), New);
    let missed = [said(4), said(5), joined(6)];
    assert_eq!(tell(&mut mirror, true, &missed), [Missed; 3]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(6), said(7)]), [New, New]);
}

#[test]
fn a_topic_that_a_rejoin_tells_before_what_was_missed_is_read_once() {
    let mut mirror = member(6);
    let rejoin = mirror.welcomed("me", false, &[]).rejoin;
    let id = mirror.ask(rejoin[0].clone()).unwrap();
    assert_eq!(mirror.told(id, false, &members(1, 10, true)), New);
    // It may come again at once, for a second cut; then among the rest, in its order.
    assert_eq!(tell(&mut mirror, true, &[topic(9), topic(9)]), [Past, Duplicate]);
    let missed = [said(7), said(8), topic(9), said(10), joined(11)];
    assert_eq!(tell(&mut mirror, true, &missed), [Missed, Missed, Duplicate, Missed, Missed]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(11), said(12)]), [New, New]);

    // Or not again: it is in the part that is gone, or the room is numbered anew.
    let mut mirror = member(6);
    mirror.welcomed("me", false, &[]);
    let topic = Event::TopicChanged { place: place(2, 3), by: user("bob"), topic: Some(text("t")) };
    assert_eq!(mirror.told(NONE, true, &topic), Past);
    assert_eq!(mirror.told(NONE, false, &gap(2, 5, 5, GapReason::NewEpoch)), New);
    assert_eq!(mirror.told(NONE, true, &said_in(2, 5)), Missed);
}

#[test]
fn a_new_session_on_a_server_that_forgot_begins_after_a_gap() {
    let mut mirror = member(30);
    let rejoin = mirror.welcomed("me", false, &[]).rejoin;
    let id = mirror.ask(rejoin[0].clone()).unwrap();
    assert_eq!(mirror.told(id, false, &members(2, 0, true)), New);
    assert_eq!(tell(&mut mirror, false, &[gap(2, 1, 1, GapReason::NewEpoch)]), [New]);
    let own = Event::Joined { place: place(2, 1), user: user("me") };
    assert_eq!(tell(&mut mirror, true, &[own]), [Missed]);
}

#[test]
fn a_rejoin_that_is_lost_is_made_again_and_one_that_is_refused_is_not() {
    let mut mirror = member(3);
    let rejoin = mirror.welcomed("me", false, &[]).rejoin;
    let first = mirror.ask(rejoin[0].clone()).unwrap();
    // Cut, resumed: the server has not seen it.
    assert_eq!(mirror.welcomed("me", true, &[]).repeat, [(first, rejoin[0].clone())]);
    // Cut again, and the session is lost.
    let welcomed = mirror.welcomed("me", false, &[]);
    assert_eq!(welcomed.rejoin, rejoin);
    let second = mirror.ask(rejoin[0].clone()).unwrap();
    assert_eq!(mirror.told(second, false, &refused(Code::RoomsFull)), Answer);
    assert_eq!(position(&mirror), None);
    assert!(mirror.welcomed("me", false, &[]).rejoin.is_empty());
}

#[test]
fn who_asked_to_leave_does_not_rejoin() {
    let mut mirror = member(3);
    let id = mirror.ask(leave()).unwrap();
    let welcomed = mirror.welcomed("me", false, &[]);
    assert_eq!((welcomed.uncertain, welcomed.rejoin), (vec![id], vec![]));
}

#[test]
fn a_leave_ends_the_copy_and_a_return_does_not_tell_it_twice() {
    let mut mirror = member(3);
    assert_eq!(tell(&mut mirror, false, &[said(4)]), [New]);
    let id = mirror.ask(leave()).unwrap();
    assert_eq!(mirror.told(id, false, &left(5)), New);
    assert_eq!(position(&mirror), None);
    let id = mirror.ask(join(None)).unwrap();
    assert_eq!(mirror.told(id, false, &members(1, 7, true)), New);
    assert_eq!(tell(&mut mirror, false, &[joined(8)]), [New]);
    assert_eq!(tell(&mut mirror, true, &[said(4), said(6), said(7)]), [Duplicate, Past, Past]);
}

#[test]
fn leaving_a_room_one_is_not_in_is_only_an_answer() {
    let mut mirror = Mirror::new(4);
    let id = mirror.ask(leave()).unwrap();
    let event = Event::Left { place: place(0, 0), user: user("me"), why: Departure::Left };
    assert_eq!(mirror.told(id, false, &event), Answer);
}

#[test]
fn a_leave_whose_answer_was_lost_is_answered_after_the_cut() {
    let mut mirror = member(3);
    let id = mirror.ask(leave()).unwrap();
    assert_eq!(mirror.welcomed("me", true, &[]).repeat, [(id, leave())]);
    assert_eq!(position(&mirror), None);
    assert_eq!(mirror.told(id, false, &left(4)), Answer);
}

#[test]
fn a_leave_and_a_join_whose_answers_were_lost_leave_a_member() {
    let mut mirror = member(3);
    let (out, back) = (mirror.ask(leave()).unwrap(), mirror.ask(join(None)).unwrap());
    let welcomed = mirror.welcomed("me", true, &[(room(), since(1, 7))]);
    assert_eq!(welcomed.repeat, [(out, leave()), (back, join(None))]);
    assert_eq!(mirror.told(out, false, &left(5)), Answer);
    assert_eq!(mirror.told(back, false, &members(1, 7, false)), New);
    assert_eq!(tell(&mut mirror, true, &[said(4), left(5), said(6), joined(7)]), [Missed; 4]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(7), said(8)]), [New, New]);
}

#[test]
fn a_join_whose_answer_was_lost_begins_where_the_server_says() {
    let mut mirror = Mirror::new(4);
    let id = mirror.ask(join(None)).unwrap();
    let welcomed = mirror.welcomed("me", true, &[(room(), since(1, 9))]);
    assert_eq!(welcomed.repeat, [(id, join(None))]);
    assert_eq!(position(&mirror), None, "nothing was received yet");
    assert_eq!(mirror.told(id, false, &members(1, 9, false)), New);
    assert_eq!(tell(&mut mirror, true, &[joined(8), said(9)]), [Missed, Missed]);
    assert_eq!(tell(&mut mirror, false, &[caught_up(9), said(10)]), [New, New]);
}

#[test]
fn a_repeated_join_that_was_undone_makes_no_member() {
    let mut mirror = Mirror::new(4);
    let (back, out) = (mirror.ask(join(None)).unwrap(), mirror.ask(leave()).unwrap());
    mirror.welcomed("me", true, &[]);
    let nobody = Event::Members { place: place(1, 4), fresh: false, total: 0, users: vec![] };
    assert_eq!(mirror.told(back, false, &nobody), New);
    assert_eq!(mirror.told(out, false, &left(5)), Answer);
    assert_eq!(position(&mirror), None);
}

#[test]
fn a_session_that_slept_reads_of_its_own_leave_and_return() {
    let mut mirror = member(3);
    mirror.welcomed("me", true, &[(room(), since(1, 6))]);
    let lost = Event::Left { place: place(1, 4), user: user("me"), why: Departure::Lost };
    assert_eq!(tell(&mut mirror, true, &[lost, said(5), joined(6)]), [Missed; 3]);
    assert_eq!(position(&mirror), Some((1, 6)), "still a member");
}

#[test]
fn joining_twice_changes_nothing() {
    let mut mirror = member(3);
    tell(&mut mirror, false, &[said(4)]);
    let id = mirror.ask(join(None)).unwrap();
    assert_eq!(mirror.told(id, false, &members(1, 4, false)), New);
    assert_eq!(position(&mirror), Some((1, 4)));
}

#[test]
fn whispers_are_heard_once() {
    let mut mirror = Mirror::new(4);
    assert_eq!(tell(&mut mirror, false, &[whispered(1), whispered(2)]), [New, New]);
    mirror.welcomed("me", true, &[]);
    assert_eq!(
        tell(&mut mirror, true, &[whispered(1), whispered(2), whispered(3)]),
        [Duplicate, Duplicate, Missed]
    );
    let id = mirror.ask(Ask::Whisper { to: "bob".into(), body: "psst".into() }).unwrap();
    assert_eq!(mirror.told(id, false, &whispered(0)), New);
    assert_eq!(mirror.told(id, false, &whispered(0)), Duplicate);
    mirror.welcomed("me", false, &[]);
    assert_eq!(tell(&mut mirror, false, &[whispered(1)]), [New], "another session, another count");
}

#[test]
fn many_rooms_left_are_not_all_remembered() {
    let mut mirror = Mirror::new(4);
    for n in 0..FORMER_ROOMS + 9 {
        let name = RoomName::new(&format!("r{n}"), 64).unwrap();
        let at = Place { room: name, epoch: Epoch(1), number: Number(1) };
        let members = Event::Members { place: at.clone(), fresh: true, total: 1, users: vec![] };
        mirror.told(NONE, false, &members);
        let id = mirror.ask(Ask::Leave { room: at.room.as_str().into() }).unwrap();
        mirror.told(id, false, &Event::Left { place: at, user: user("me"), why: Departure::Left });
    }
    assert_eq!((mirror.former.len(), mirror.rooms.len()), (FORMER_ROOMS, 0));
}

fn kicked(number: u64, who: &str) -> Event {
    let (user, by, reason) = (user(who), user("bob"), None);
    Event::Kicked { place: place(1, number), user, by, reason, banned: false }
}

#[test]
fn whoever_is_put_out_is_in_the_room_no_more() {
    let mut mirror = in_room();
    let Since { number, .. } = mirror.positions().next().unwrap().1;
    let next = number.0 + 1;
    assert_eq!(mirror.told(NONE, false, &kicked(next, "carol")), New);
    assert_eq!(mirror.told(NONE, false, &kicked(next + 1, "ME")), New);
    assert_eq!(mirror.positions().count(), 0);
    assert!(mirror.welcomed("me", false, &[]).rejoin.is_empty());
    // Back again, it reads of that among all else that it missed.
    let back = mirror.ask(Ask::Join { room: "lobby".into(), since: Some(since(1, next)) }).unwrap();
    assert_eq!(mirror.told(back, false, &members(1, next + 5, true)), New);
    assert_eq!(mirror.told(NONE, true, &kicked(next + 1, "me")), Duplicate);
    assert_eq!(mirror.told(NONE, true, &said(next + 2)), Missed);
    assert_eq!(mirror.positions().count(), 1);
}

#[test]
fn whoever_was_put_out_while_away_is_told_once() {
    let mut mirror = in_room();
    let Since { number, .. } = mirror.positions().next().unwrap().1;
    mirror.welcomed("me", true, &[]);
    assert_eq!(mirror.told(NONE, true, &kicked(number.0 + 3, "me")), Missed);
    assert_eq!(mirror.positions().count(), 0);
    // A kick that was told before the connection broke.
    assert_eq!(mirror.told(NONE, true, &kicked(number.0, "me")), Duplicate);
}

#[test]
fn a_kick_that_comes_before_what_was_missed_ends_the_copy_all_the_same() {
    let mut mirror = in_room();
    let Since { number, .. } = mirror.positions().next().unwrap().1;
    assert_eq!(mirror.told(NONE, false, &kicked(number.0 + 9, "me")), New);
    assert_eq!(mirror.told(NONE, true, &said(number.0 + 1)), Duplicate);
}

#[test]
fn a_new_session_comes_in_by_the_key_that_opened_the_room() {
    let mut mirror = Mirror::new(8);
    mirror.welcomed("me", false, &[]);
    let enter = mirror.ask(Ask::Enter { room: "#Lobby".into(), key: "sesame".into(), since: None }).unwrap();
    assert_eq!(mirror.told(enter, false, &members(1, 4, true)), New);
    assert_eq!(mirror.told(NONE, false, &joined(5)), New);
    let rejoin = mirror.welcomed("me", false, &[]).rejoin;
    assert_eq!(rejoin, [Ask::Enter { room: "lobby".into(), key: "sesame".into(), since: Some(since(1, 5)) }]);
    // Somebody changed the key meanwhile.
    let again = mirror.ask(rejoin[0].clone()).unwrap();
    let refusal = Refusal {
        code: Code::BadKey.number(),
        reason: "bad_key".into(),
        message: "".into(),
        retry_after_ms: None,
    };
    assert_eq!(mirror.told(again, false, &Event::Refused(refusal)), Answer);
    assert_eq!(mirror.positions().count(), 0);
}
