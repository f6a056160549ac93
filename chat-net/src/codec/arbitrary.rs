//! Every frame that either side may send, for property tests.

mod order;

use std::sync::Arc;

use chat_core::{
    Anchor, Answer, Ask, Body, CopyInfo, CopyState, Departure, EndReason, Epoch, Event, FileHash, FileName,
    GapReason, Number, Offer, PauseReason, Place, Query, Recipient, Refusal, RequestId, RoomInfo, RoomName,
    Since, Target, Timestamp, TransferId, TransferInfo, UserName,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::secret::Secret;
use super::wire::{
    Chunk, Closing, Credit, FromClient, FromServer, Hello, Limits, RoomPosition, Told, Welcome,
};

fn text() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![any::<String>().prop_map(Arc::from), "[a-z ]{0,300}".prop_map(Arc::from)]
}

fn secret() -> impl Strategy<Value = Secret> {
    any::<String>().prop_map(Secret::from)
}

fn body() -> impl Strategy<Value = Body> {
    "[ -~\u{a1}-\u{2fff}\u{1f600}\n\t]{0,40}x".prop_map(|text| Body::new(&text.into(), 4096).unwrap())
}

fn user() -> impl Strategy<Value = UserName> {
    "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,31}".prop_map(|text| UserName::new(&text, 32).unwrap())
}

fn room() -> impl Strategy<Value = RoomName> {
    "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}".prop_map(|text| RoomName::new(&text, 64).unwrap())
}

fn int() -> impl Strategy<Value = u64> {
    // Every length that a number has on the wire.
    prop_oneof![0..=250u64, 251..=0xffff_u64, 0x1_0000..=0xffff_ffff_u64, any::<u64>()]
}

fn place() -> impl Strategy<Value = Place> {
    (room(), int(), int()).prop_map(|(room, e, n)| Place { room, epoch: Epoch(e), number: Number(n) })
}

fn since() -> impl Strategy<Value = Since> {
    (int(), int()).prop_map(|(e, n)| Since { epoch: Epoch(e), number: Number(n) })
}

fn positions() -> impl Strategy<Value = Vec<RoomPosition>> {
    vec((text(), since()).prop_map(|(room, since)| RoomPosition { room, since }), 0..4)
}

fn ask() -> BoxedStrategy<Ask> {
    prop_oneof![
        (text(), option::of(since())).prop_map(|(room, since)| Ask::Join { room, since }),
        text().prop_map(|room| Ask::Leave { room }),
        (text(), text()).prop_map(|(room, body)| Ask::Say { room, body }),
        (text(), text()).prop_map(|(to, body)| Ask::Whisper { to, body }),
        (text(), text()).prop_map(|(room, topic)| Ask::Topic { room, topic }),
        (recipient(), text(), int(), option::of(hash()), any::<u32>())
            .prop_map(|(to, name, size, hash, chunk_bytes)| Ask::Offer { to, name, size, hash, chunk_bytes }),
        (transfer(), int(), option::of(hash())).prop_map(|(transfer, from, prefix)| Ask::Accept {
            transfer,
            from,
            prefix
        }),
        transfer().prop_map(|transfer| Ask::Decline { transfer }),
        (transfer(), pause()).prop_map(|(transfer, why)| Ask::Pause { transfer, why }),
        (transfer(), hash()).prop_map(|(transfer, hash)| Ask::Hash { transfer, hash }),
        transfer().prop_map(|transfer| Ask::Finish { transfer }),
        (transfer(), option::of(text()), end()).prop_map(|(transfer, user, why)| Ask::Cancel {
            transfer,
            user,
            why
        }),
        order::ask(),
        order::ask(),
    ]
    .boxed()
}

fn transfer() -> impl Strategy<Value = TransferId> {
    int().prop_map(TransferId)
}

fn hash() -> impl Strategy<Value = FileHash> {
    any::<[u8; 32]>().prop_map(FileHash)
}

fn recipient() -> impl Strategy<Value = Recipient> {
    prop_oneof![text().prop_map(Recipient::User), text().prop_map(Recipient::Room)]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![user().prop_map(Target::User), room().prop_map(Target::Room)]
}

fn pause() -> impl Strategy<Value = PauseReason> {
    use PauseReason::{Asked, Lost, NoSpace, Silent};
    proptest::sample::select(vec![Lost, NoSpace, Silent, Asked])
}

fn end() -> impl Strategy<Value = EndReason> {
    use EndReason::{Cancelled, Expired, Failed, Gone, Left, PrefixDiffers, SourceChanged, WrongHash};
    let all = vec![Cancelled, Expired, SourceChanged, WrongHash, PrefixDiffers, Left, Gone, Failed];
    proptest::sample::select(all)
}

fn offer() -> impl Strategy<Value = Offer> {
    let name = "[ -.0-Z^-~\u{a1}-\u{2fff}]{0,40}x".prop_map(|name| FileName::new(&name).unwrap());
    (transfer(), user(), target(), name, int(), option::of(hash()), any::<u32>(), int()).prop_map(
        |(transfer, from, to, name, size, hash, chunk_bytes, expires)| Offer {
            transfer,
            from,
            to,
            name,
            size,
            hash,
            chunk_bytes,
            expires: Timestamp(expires),
        },
    )
}

fn copies() -> impl Strategy<Value = Vec<CopyInfo>> {
    let state = prop_oneof![
        Just(CopyState::Running {}),
        pause().prop_map(|why| CopyState::Paused { why }),
        Just(CopyState::Finished {}),
        Just(CopyState::Declined {}),
        end().prop_map(|why| CopyState::Cancelled { why }),
    ];
    let copy = (user(), int(), state, option::of(user())).prop_map(|(user, offset, state, by)| CopyInfo {
        user,
        offset,
        state,
        by,
    });
    vec(copy, 0..3)
}

fn chunk() -> impl Strategy<Value = Chunk> {
    (transfer(), any::<u32>(), int(), vec(any::<u8>(), 0..300))
        .prop_map(|(transfer, pass, offset, data)| Chunk { transfer, pass, offset, data: data.into() })
}

fn transfer_event() -> BoxedStrategy<Event> {
    prop_oneof![
        offer().prop_map(|offer| Event::Offered(Box::new(offer))),
        (transfer(), user(), int(), option::of(hash()))
            .prop_map(|(transfer, user, from, prefix)| Event::Accepted { transfer, user, from, prefix }),
        (transfer(), user()).prop_map(|(transfer, user)| Event::Declined { transfer, user }),
        (transfer(), user(), pause()).prop_map(|(transfer, user, why)| Event::Paused { transfer, user, why }),
        (transfer(), user()).prop_map(|(transfer, user)| Event::Resumed { transfer, user }),
        (transfer(), hash()).prop_map(|(transfer, hash)| Event::Hashed { transfer, hash }),
        (transfer(), user(), int()).prop_map(|(transfer, user, offset)| Event::Progressed {
            transfer,
            user,
            offset
        }),
        (transfer(), user()).prop_map(|(transfer, user)| Event::Finished { transfer, user }),
        (transfer(), user(), user(), end()).prop_map(|(transfer, user, by, why)| Event::Cancelled {
            transfer,
            user,
            by,
            why
        }),
        (transfer(), end()).prop_map(|(transfer, why)| Event::Closed { transfer, why }),
    ]
    .boxed()
}

fn anchor() -> impl Strategy<Value = Anchor> {
    prop_oneof![
        Just(Anchor::Latest),
        int().prop_map(|number| Anchor::Before(Number(number))),
        int().prop_map(|number| Anchor::After(Number(number))),
        int().prop_map(|number| Anchor::Around(Number(number))),
        int().prop_map(|at| Anchor::BeforeTime(Timestamp(at))),
        int().prop_map(|at| Anchor::FromTime(Timestamp(at))),
    ]
}

fn query() -> BoxedStrategy<Query> {
    prop_oneof![
        (option::of(text()), option::of(text())).prop_map(|(room, after)| Query::Users { room, after }),
        option::of(text()).prop_map(|after| Query::Rooms { after }),
        (text(), anchor(), any::<u32>()).prop_map(|(room, anchor, limit)| Query::History {
            room,
            anchor,
            limit
        }),
        (text(), option::of(text()), option::of(int().prop_map(Timestamp)), any::<u32>())
            .prop_map(|(words, room, before_time, limit)| Query::Search { words, room, before_time, limit }),
        Just(Query::Transfers {}),
        text().prop_map(|room| Query::Room { room }),
        option::of(int()).prop_map(|before| Query::Audit { before }),
    ]
    .boxed()
}

pub(super) fn from_client() -> impl Strategy<Value = FromClient> {
    let hello = (text(), option::of(text()), positions(), option::of(vec(text(), 0..4)), int()).prop_map(
        |(name, resume, positions, rooms, whispers)| Hello {
            name,
            resume,
            positions,
            rooms,
            whispers: Number(whispers),
        },
    );
    let hello = hello.boxed();
    prop_oneof![
        hello.clone().prop_map(FromClient::Hello),
        (int(), ask()).prop_map(|(id, ask)| FromClient::Ask { id: RequestId(id), ask }),
        (int(), query()).prop_map(|(id, query)| FromClient::Query { id: RequestId(id), query }),
        int().prop_map(|nonce| FromClient::Ping { nonce }),
        int().prop_map(|nonce| FromClient::Pong { nonce }),
        Just(FromClient::Bye),
        chunk().prop_map(FromClient::Chunk),
        (transfer(), int()).prop_map(|(transfer, offset)| FromClient::Received { transfer, offset }),
        secret().prop_map(|password| FromClient::Unlock { password }),
        (hello.clone(), secret()).prop_map(|(hello, password)| FromClient::Login { hello, password }),
        (hello, secret()).prop_map(|(hello, password)| FromClient::Register { hello, password }),
        (int(), secret(), secret()).prop_map(|(id, old, new)| FromClient::Password {
            id: RequestId(id),
            old,
            new
        }),
        int().prop_map(|id| FromClient::LogOutEverywhere { id: RequestId(id) }),
    ]
}

fn event() -> BoxedStrategy<Event> {
    let users = || vec(user(), 0..5);
    let departure = prop_oneof![Just(Departure::Left), Just(Departure::Quit), Just(Departure::Lost)];
    let gap = prop_oneof![Just(GapReason::NewEpoch), Just(GapReason::NotKept), Just(GapReason::Corrupt)];
    let refusal = (any::<u16>(), text(), text(), option::of(int())).prop_map(
        |(code, reason, message, retry_after_ms)| Refusal { code, reason, message, retry_after_ms },
    );
    prop_oneof![
        (user(), any::<bool>(), vec(place(), 0..4)).prop_map(|(user, resumed, rooms)| Event::Attached {
            user,
            resumed,
            rooms
        }),
        Just(Event::Replaced {}),
        refusal.prop_map(Event::Refused),
        (place(), any::<bool>(), int(), users()).prop_map(|(place, fresh, total, users)| Event::Members {
            place,
            fresh,
            total,
            users
        }),
        (place(), user()).prop_map(|(place, user)| Event::Joined { place, user }),
        (place(), user(), departure).prop_map(|(place, user, why)| Event::Left { place, user, why }),
        (place(), int(), int(), int(), users(), users()).prop_map(
            |(place, joined, left, total, joined_users, left_users)| Event::Churned {
                place,
                joined,
                left,
                total,
                joined_users,
                left_users
            }
        ),
        (place(), user(), body()).prop_map(|(place, from, body)| Event::Said { place, from, body }),
        (place(), user(), option::of(body())).prop_map(|(place, by, topic)| Event::TopicChanged {
            place,
            by,
            topic
        }),
        (user(), user(), body(), int().prop_map(Number))
            .prop_map(|(from, to, body, number)| Event::Whispered { from, to, body, number }),
        place().prop_map(|place| Event::CaughtUp { place }),
        (place(), int().prop_map(Number), gap).prop_map(|(place, first_available, why)| Event::Gap {
            place,
            first_available,
            why
        }),
        transfer_event(),
        transfer_event(),
        order::event(),
        order::event(),
    ]
    .boxed()
}

fn answer() -> BoxedStrategy<Answer> {
    let info = (room(), int(), option::of(body())).prop_map(|(room, members, topic)| RoomInfo {
        room,
        members,
        topic,
    });
    prop_oneof![
        (option::of(room()), int(), vec(user(), 0..5), any::<bool>())
            .prop_map(|(room, total, users, more)| Answer::Users { room, total, users, more }),
        (int(), vec(info, 0..5), any::<bool>()).prop_map(|(total, rooms, more)| Answer::Rooms {
            total,
            rooms,
            more
        }),
        (room(), int(), any::<u32>(), any::<bool>(), any::<bool>()).prop_map(
            |(room, epoch, count, more, newer)| Answer::History {
                room,
                epoch: Epoch(epoch),
                count,
                more,
                newer
            }
        ),
        (any::<u32>(), any::<bool>()).prop_map(|(count, more)| Answer::Search { count, more }),
        vec((offer(), any::<bool>(), copies()), 0..3).prop_map(|all| Answer::Transfers {
            transfers: all
                .into_iter()
                .map(|(offer, open, copies)| TransferInfo { offer, open, copies })
                .collect()
        }),
        order::answer(),
    ]
    .boxed()
}

fn welcome() -> impl Strategy<Value = Welcome> {
    let limits = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>()).prop_map(
        |(body_bytes, frame_bytes, rooms, unanswered)| Limits { body_bytes, frame_bytes, rooms, unanswered },
    );
    (text(), any::<bool>(), text(), int(), int(), text(), positions(), limits).prop_map(
        |(user, resumed, token, resumable_ms, at, durability, rooms, limits)| Welcome {
            user,
            resumed,
            token,
            resumable_ms,
            at: Timestamp(at),
            durability,
            rooms,
            limits,
        },
    )
}

pub(super) fn from_server() -> impl Strategy<Value = FromServer> {
    let told = (int(), any::<bool>(), int(), event()).prop_map(|(re, past, at, event)| Told {
        re: RequestId(re),
        past,
        at: Timestamp(at),
        event,
    });
    let closing = (any::<u16>(), text(), text(), option::of(int())).prop_map(
        |(code, reason, message, reconnect_after_ms)| Closing { code, reason, message, reconnect_after_ms },
    );
    prop_oneof![
        1 => welcome().prop_map(|welcome| FromServer::Welcome(Box::new(welcome))),
        6 => told.prop_map(FromServer::Told),
        2 => (int(), answer()).prop_map(|(re, answer)| FromServer::Answered { re: RequestId(re), answer }),
        1 => int().prop_map(|nonce| FromServer::Ping { nonce }),
        1 => int().prop_map(|nonce| FromServer::Pong { nonce }),
        1 => closing.prop_map(FromServer::Closing),
        1 => chunk().prop_map(FromServer::Chunk),
        1 => (transfer(), any::<u32>(), int(), int())
            .prop_map(|(transfer, pass, next, until)| FromServer::Credit(Credit { transfer, pass, next, until })),
        1 => (transfer(), any::<u32>()).prop_map(|(transfer, pass)| FromServer::Stop { transfer, pass }),
        1 => int().prop_map(|re| FromServer::Done { re: RequestId(re) }),
    ]
}
