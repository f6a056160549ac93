//! What a person sees of what happens.

use chat_net::chat_core::{Epoch, GapReason, Modes, Rank, RequestId, Role, RoomUser, TransferId};
use chat_net::chat_core::{FileName, Offer, Refusal, Target};

use super::*;
use crate::join::Line;
use crate::tui::model::{Kind, Link, Scroll};
use crate::tui::zone::tests::berlin;

#[test]
fn what_was_said_before_one_came_stands_above_in_order() {
    let mut model = Model::in_lobby(7);
    assert_eq!(model.me(), "alice");
    model.hear_past(Event::TopicChanged {
        place: at("lobby", 2),
        by: user("bob"),
        topic: Some(body("all new")),
    });
    for number in 5..=7 {
        model.hear_past(said("lobby", number, "bob", "before"));
    }
    model.hear_past(Event::CaughtUp { place: at("lobby", 8) });
    model.hear(said("lobby", 9, "bob", "now"));
    assert_eq!(
        model.shown(&of("lobby")),
        ["~5 bob: before", "6 bob: before", "7 bob: before", "8 alice joined", "9 bob: now"]
    );
    assert_eq!(model.lobby().topic.as_ref().unwrap().as_str(), "all new");
    assert_eq!(model.lobby().unread, 0);
}

#[test]
fn while_the_past_is_told_nothing_is_claimed_of_what_is_behind_it() {
    let mut model = Model::in_lobby(7);
    model.hear_past(said("lobby", 5, "bob", "before"));
    assert_eq!(model.shown(&of("lobby")), ["~5 bob: before", "~8 alice joined"]);
}

#[test]
fn a_room_without_a_past_has_nothing_missing() {
    let model = Model::in_lobby(0);
    assert_eq!(model.shown(&of("lobby")), ["1 alice joined"]);
}

#[test]
fn those_who_come_and_go_share_a_row_until_somebody_talks() {
    let mut model = Model::in_lobby(0);
    model.hear(joined("lobby", 2, "carol"));
    model.hear(left("lobby", 3, "carol"));
    model.hear(joined("lobby", 4, "dave"));
    model.hear(said("lobby", 5, "dave", "hi"));
    model.hear(left("lobby", 6, "dave"));
    assert_eq!(
        model.shown(&of("lobby")),
        ["4 alice, dave joined; carol came and went", "5 dave: hi", "6 dave left"]
    );
    let members: Vec<_> = model.lobby().members.iter().map(|(_, user)| user.to_string()).collect();
    assert_eq!(members, ["alice", "bob"]);
}

#[test]
fn what_comes_unseen_is_counted_and_marked_and_seen_is_not() {
    let mut model = Model::in_lobby(0);
    model.hear(said("lobby", 2, "bob", "seen"));
    model.windows.go_to(0);
    model.hear(joined("lobby", 3, "carol"));
    model.hear(said("lobby", 4, "bob", "hello"));
    assert_eq!((model.lobby().unread, model.lobby().is_mentioned), (1, false));
    model.hear(said("lobby", 5, "bob", "are you there, Alice?"));
    assert_eq!((model.lobby().unread, model.lobby().is_mentioned), (2, true));
    model.windows.go_to_unread();
    assert_eq!((model.lobby().unread, model.lobby().is_mentioned), (0, false));
    let new = model.lobby().new_from.unwrap();
    assert_eq!(model.lobby().rows.get(new).unwrap().text.as_str(), "hello");
    model.windows.go_back();
    assert_eq!(model.lobby().new_from, None, "once seen, it is not new at the next visit");
}

#[test]
fn whoever_is_named_unseen_is_alerted_once() {
    let mut model = Model::in_lobby(0);
    model.hear(said("lobby", 2, "bob", "alice: seen"));
    assert_eq!(model.windows.take_alert(), None);
    model.windows.watched(false);
    model.hear(said("lobby", 3, "bob", "alice: \u{202e}unseen"));
    model.hear(said("lobby", 4, "bob", "never mind"));
    let alert = model.windows.take_alert().unwrap();
    assert_eq!((alert.of, alert.author), (of("lobby"), Some(user("bob"))));
    assert_eq!(alert.text.as_str(), "alice: <U+202E>unseen");
    assert_eq!(model.windows.take_alert(), None);
}

#[test]
fn scrolled_up_or_with_nobody_there_nothing_is_seen() {
    let mut model = Model::in_lobby(0);
    model.windows.watched(false);
    model.hear(said("lobby", 2, "bob", "hello"));
    assert_eq!(model.lobby().unread, 1);
    model.windows.watched(true);
    assert_eq!(model.lobby().unread, 0);
    let top = model.lobby().rows.first();
    model.windows.current_mut().scroll_to(Scroll::At { top, line: 0 });
    model.hear(said("lobby", 3, "bob", "hello"));
    assert_eq!(model.lobby().unread, 1);
    model.windows.current_mut().scroll_to(Scroll::End);
    assert_eq!(model.lobby().unread, 0);
}

#[test]
fn whispers_have_a_window_for_each_partner_and_name_whoever_reads() {
    let mut model = Model::in_lobby(0);
    model.hear(whisper("bob", "alice", "psst"));
    model.hear(whisper("alice", "bob", "what?"));
    let bob = Of::User(user("BOB"));
    assert_eq!(model.shown(&bob), ["- bob: psst", "- alice: what?"]);
    assert_eq!((model.window(&bob).is_mentioned, model.window(&bob).unread), (true, 1), "one's own is read");
}

#[test]
fn of_the_ignored_nothing_is_shown_and_nothing_seems_missing() {
    let mut model = Model::in_lobby(0);
    model.ignored.set("Bob", "alice", true).unwrap();
    model.hear(said("lobby", 2, "bob", "noise"));
    model.hear(whisper("bob", "alice", "noise"));
    model.hear(left("lobby", 3, "bob"));
    assert_eq!(model.lobby().members.total(), 1);
    model.ignored.set("bob", "alice", false).unwrap();
    model.hear(joined("lobby", 4, "bob"));
    model.hear(said("lobby", 5, "bob", "music"));
    assert_eq!(model.shown(&of("lobby")), ["4 alice, bob joined", "5 bob: music"]);
    assert!(model.windows.find(&Of::User(user("bob"))).is_none());
}

#[test]
fn a_deleted_message_loses_its_text() {
    let mut model = Model::in_lobby(0);
    model.hear(said("lobby", 2, "bob", "a secret of alice"));
    model.hear(Event::Deleted {
        place: at("lobby", 3),
        by: user("carol"),
        target: Number(2),
        from: user("bob"),
    });
    model.hear(said("lobby", 4, "bob", "oh"));
    assert_eq!(model.shown(&of("lobby")), ["1 alice joined", "2 bob: (deleted by carol)", "4 bob: oh"]);
    let mut model = Model::in_lobby(7);
    model.hear_past(Event::Removed { place: at("lobby", 5), from: user("bob"), by: user("carol") });
    assert_eq!(model.shown(&of("lobby"))[0], "~5 bob: (deleted by carol)");
}

#[test]
fn what_keeps_the_peace_is_told_and_roles_are_known() {
    let mut model = Model::in_lobby(0);
    model.hear(Event::RoleChanged {
        place: at("lobby", 2),
        user: user("bob"),
        by: user("carol"),
        role: Role::Owner,
    });
    assert_eq!(model.lobby().members.role(&user("bob")), Some(Role::Owner));
    let reason = Some(body("enough"));
    model.hear(Event::Kicked {
        place: at("lobby", 3),
        user: user("alice"),
        by: user("bob"),
        reason,
        banned: true,
    });
    assert_eq!(
        model.shown(&of("lobby"))[1..],
        ["2 carol made bob an owner", "3 bob put alice out, who is banned: enough"]
    );
    assert!(!model.lobby().is_open && model.lobby().members.total() == 0);
}

#[test]
fn whoever_comes_is_a_member_unless_ranked() {
    let mut model = Model::in_lobby(0);
    let standing =
        |name, role| RoomUser { user: user(name), role, banned: None, muted: None, invited: false };
    let users = vec![standing("dave", Role::Owner), standing("erin", Role::Moderator)];
    let (modes, rank) = (Modes::default(), Rank::Member);
    model.roles(&Answer::Room { room: room("lobby"), modes, rank, users, more: false });
    // Another guest of that name, perhaps.
    model.hear(Event::Joined { place: at("lobby", 2), user: user("dave") });
    model.hear(Event::Joined { place: at("lobby", 3), user: user("carol") });
    model.hear(Event::Ranked { room: room("lobby"), user: user("carol"), role: Role::Moderator });
    // What happened while one was away is followed by no rank: what was read counts.
    model.hear_past(Event::Joined { place: at("lobby", 4), user: user("erin") });
    let role = |name| model.lobby().members.role(&user(name));
    let roles = ["dave", "carol", "erin"].map(role);
    assert_eq!(roles, [Some(Role::Member), Some(Role::Moderator), Some(Role::Moderator)]);
    assert_eq!(model.shown(&of("lobby")).len(), 1, "they are told in the line of who came");
}

#[test]
fn until_when_somebody_is_muted_is_said_by_the_readers_clock() {
    let mut model = Model::in_lobby(0);
    model.zone = berlin();
    model.hear(muted(2, Timestamp(NOW.0 + 3_600_000)));
    model.hear(muted(3, Timestamp(NOW.0 + 36_000_000)));
    assert_eq!(
        model.shown(&of("lobby"))[1..],
        ["2 carol muted bob until 16:05:09", "3 carol muted bob until 2025-11-22 01:05:09"]
    );
}

#[test]
fn a_digest_that_names_all_leaves_nothing_to_ask_for() {
    let mut model = Model::in_lobby(0);
    let (joined_users, left_users) = (vec![user("dave"), user("erin")], vec![user("dave")]);
    let place = at("lobby", 2);
    model.hear(Event::Churned { place, joined: 2, left: 1, total: 3, joined_users, left_users });
    let members: Vec<_> = model.lobby().members.iter().map(|(_, user)| user.as_str()).collect();
    assert_eq!((members, model.lobby().members.is_stale), (vec!["alice", "bob", "erin"], false));
}

#[test]
fn members_and_roles_that_were_asked_for_are_listed() {
    let mut model = Model::in_lobby(0);
    model.hear(Event::Churned {
        place: at("lobby", 2),
        joined: 500,
        left: 0,
        total: 502,
        joined_users: vec![user("dave")],
        left_users: vec![],
    });
    assert!(model.lobby().members.is_stale && model.lobby().members.total() == 502);
    assert_eq!(model.shown(&of("lobby")), ["2 alice, dave and 499 more joined; 502 are here"]);
    model.members(&room("lobby"), ["dave", "bob", "alice"].map(user).to_vec());
    let standing =
        |name, role| RoomUser { user: user(name), role, banned: None, muted: None, invited: false };
    let users = vec![standing("bob", Role::Moderator), standing("zed", Role::Owner)];
    let (modes, rank) = (Modes::default(), Rank::Member);
    model.roles(&Answer::Room { room: room("lobby"), modes, rank, users, more: false });
    let members: Vec<_> = model.lobby().members.iter().map(|(role, user)| format!("{role} {user}")).collect();
    assert_eq!(members, ["moderator bob", "member alice", "member dave"]);
    assert!(!model.lobby().members.is_stale && model.lobby().members.total() == 3);
}

#[test]
fn what_was_missed_is_unread_and_comes_once() {
    let mut model = Model::in_lobby(0);
    model.lose();
    assert_eq!(
        model.link,
        Link::Away { why: crate::tui::clean::Clean::line("the server does not answer"), left_s: 3 }
    );
    model.windows.go_to(0);
    model.notice(&welcome("alice", true, &[("lobby", 3)]), NOW);
    model.hear_past(said("lobby", 2, "bob", "alice?"));
    model.hear_past(joined("lobby", 3, "carol"));
    model.hear_past(Event::CaughtUp { place: at("lobby", 3) });
    assert_eq!(model.shown(&of("lobby")), ["1 alice joined", "2 bob: alice?", "3 carol joined"]);
    assert!(model.lobby().is_mentioned && model.lobby().members.role(&user("carol")).is_some());
    let server = model.shown(&Of::Server).join("\n");
    assert_eq!(
        server,
        "- connected as alice\n- lost the connection: the server does not answer\n- connected again as alice"
    );
}

#[test]
fn a_room_that_a_resumed_session_is_not_in_is_left() {
    let mut model = Model::in_lobby(0);
    model.enter("dev", 0, &["alice"]);
    model.lose();
    model.notice(&welcome("alice", true, &[("LOBBY", 1)]), NOW);
    assert!(model.lobby().is_open && !model.window(&of("dev")).is_open);
}

#[test]
fn a_gap_is_told_and_can_be_filled_and_a_new_numbering_begins_behind() {
    let mut model = Model::in_lobby(0);
    let gap = |place, why| Event::Gap { place, first_available: Number(40), why };
    model.hear(gap(at("lobby", 90), GapReason::NotKept));
    model.hear_past(said("lobby", 40, "bob", "later"));
    assert_eq!(model.shown(&of("lobby"))[2], "~40 bob: later");
    let anew = |number| Place { epoch: Epoch(2), ..at("lobby", number) };
    model.hear(gap(anew(2), GapReason::NewEpoch));
    model.hear_past(Event::Said { place: anew(1), from: user("bob"), body: body("again") });
    model.hear(Event::Said { place: anew(2), from: user("bob"), body: body("and again") });
    assert_eq!(model.shown(&of("lobby"))[4..], ["1 bob: again", "2 bob: and again"]);
}

#[test]
fn one_who_comes_back_into_a_room_may_have_missed_something() {
    let mut model = Model::in_lobby(0);
    model.hear(left("lobby", 2, "alice"));
    assert!(!model.lobby().is_open);
    model.enter("lobby", 30, &["alice"]);
    model.hear_past(said("lobby", 29, "bob", "x"));
    model.hear_past(said("lobby", 30, "bob", "y"));
    model.hear_past(Event::CaughtUp { place: at("lobby", 31) });
    assert_eq!(
        model.shown(&of("lobby")),
        ["2 alice came and went", "~29 bob: x", "30 bob: y", "31 alice joined"]
    );
    assert!(model.lobby().is_open);
}

#[test]
fn one_who_is_not_let_back_into_a_room_and_joins_it_later_has_missed_something() {
    let mut model = Model::in_lobby(0);
    model.lose();
    model.notice(&welcome("alice", false, &[]), NOW);
    let (total, users) = (1, vec![user("alice")]);
    let members = Event::Members { place: at("lobby", 30), fresh: true, total, users };
    model.notice(&Notice::Told(Told { re: RequestId(1), ..told(false, members) }), NOW);
    model.hear(joined("lobby", 31, "alice"));
    model.hear_past(said("lobby", 30, "bob", "alice?"));
    model.hear_past(Event::CaughtUp { place: at("lobby", 31) });
    assert_eq!(model.shown(&of("lobby")), ["1 alice joined", "~30 bob: alice?", "31 alice joined"]);
    assert_eq!(model.windows.take_alert(), None);
}

#[test]
fn offers_stand_where_they_were_made() {
    let mut model = Model::in_lobby(0);
    for to in [Target::User(user("alice")), Target::Room(room("lobby"))] {
        let (name, size) = (FileName::new("photo\u{202e}.jpg").unwrap(), 3_400_000);
        let (transfer, from, expires) = (TransferId(7), user("bob"), Timestamp(0));
        let offer = Offer { transfer, from, to, name, size, hash: None, chunk_bytes: 1, expires };
        model.hear(Event::Offered(Box::new(offer)));
    }
    let name = "photo<U+202E>.jpg";
    assert_eq!(
        model.shown(&Of::User(user("bob"))),
        [format!("- bob: offers you \"{name}\" (3.24 MiB), file 7")]
    );
    assert_eq!(model.shown(&of("lobby"))[1], format!("- bob: offers \"{name}\" (3.24 MiB), file 7"));
}

#[test]
fn answers_and_refusals_stand_where_one_looks() {
    let mut model = Model::in_lobby(0);
    let lines = [
        Line::note("rooms (1): #lobby (2)"),
        Line::fault("not_a_member: you are not in #dev"),
        Line::talk(NOW, NOW, "odd"),
    ];
    model.lines(&model.windows.current().of.clone(), NOW, &lines);
    let (code, retry_after_ms) = (107, None);
    let refusal = Refusal { code, reason: "no\x1b[m".into(), message: "x\u{9b}".into(), retry_after_ms };
    let told = Told { re: RequestId(1), ..told(false, Event::Refused(refusal)) };
    model.notice(&Notice::Told(told), NOW);
    assert_eq!(
        model.shown(&of("lobby"))[1..],
        [
            "- rooms (1): #lobby (2)",
            "- not_a_member: you are not in #dev",
            "- [14:05:09] odd",
            "- no<U+001B>[m: x<U+009B>"
        ]
    );
    let kinds =
        (1..5).map(|at| model.lobby().rows.get(model.lobby().rows.first().plus(at)).unwrap().kind.clone());
    assert_eq!(kinds.collect::<Vec<_>>(), [Kind::Note, Kind::Refused, Kind::Note, Kind::Refused]);
}

#[test]
fn an_invitation_is_a_mention_in_the_servers_window() {
    let mut model = Model::in_lobby(0);
    model.hear(Event::Invited { room: room("den"), user: user("alice"), by: user("bob") });
    assert!(model.window(&Of::Server).is_mentioned);
    assert_eq!(model.shown(&Of::Server)[1], "- bob invites you into #den: type /join den");
}

#[test]
fn windows_are_walked_in_the_order_they_were_opened() {
    let mut model = Model::in_lobby(0);
    model.enter("dev", 0, &["alice"]);
    let title = |model: &Model| model.windows.current().of.title();
    for (by, expected) in [(1, "#dev"), (1, "server"), (-1, "#dev"), (-1, "#lobby")] {
        model.windows.step(by);
        assert_eq!(title(&model), expected);
    }
    model.windows.go_back();
    assert_eq!(title(&model), "#dev");
    model.windows.close();
    assert_eq!((title(&model), model.windows.len()), ("#lobby".into(), 2));
    model.windows.go_to(0);
    model.windows.close();
    assert_eq!(model.windows.len(), 2, "the server's stays");
}

#[test]
fn a_room_whose_window_was_closed_is_known_when_somebody_talks_there() {
    let mut model = Model::in_lobby(40);
    model.windows.close();
    model.hear(joined("lobby", 42, "carol"));
    assert_eq!(model.windows.len(), 1, "who comes and goes opens nothing");
    model.hear(said("lobby", 43, "bob", "hello"));
    assert_eq!((model.windows.len(), model.lobby().unread), (2, 1));
    assert_eq!((model.lobby().out(), model.lobby().members.total()), (None, 3));
    let (top, bottom) = (model.lobby().rows.first(), model.lobby().rows.end());
    assert_eq!(model.lobby().wanted(top, bottom), Some(Anchor::Before(Number(41))));
}

#[test]
fn a_closed_window_is_shown_to_one_who_goes_there_or_is_put_out() {
    let mut model = Model::in_lobby(0);
    model.windows.close();
    model.windows.go_to_of(&of("lobby"));
    assert_eq!((&model.windows.current().of, model.windows.len()), (&of("lobby"), 2));
    model.windows.close();
    model.hear(Event::Kicked {
        place: at("lobby", 2),
        user: user("alice"),
        by: user("bob"),
        reason: None,
        banned: false,
    });
    assert_eq!((model.windows.len(), model.lobby().out()), (2, Some("kicked")));
}

#[test]
fn all_rows_that_hold_words_are_found() {
    let mut model = Model::in_lobby(0);
    for (number, text) in [(2, "one Alice"), (3, "TWO"), (4, "ÉTÉ one"), (5, "three")] {
        model.hear(said("lobby", number, "bob", text));
    }
    let found = |model: &Model, words: &str| {
        let rows = &model.lobby().rows;
        let number = |mark| rows.get(mark).unwrap().number().unwrap();
        model.lobby().holding(words).into_iter().map(number).collect::<Vec<_>>()
    };
    assert_eq!(
        (found(&model, "One"), found(&model, "été"), found(&model, "four")),
        (vec![2, 4], vec![4], vec![])
    );
    assert_eq!(found(&model, "BOB"), [2, 3, 4, 5]);
    assert_eq!(model.lobby().mention_above(None), model.lobby().rows.find(2));
    // What a row said is not found in it any more.
    model.hear(Event::Deleted {
        place: at("lobby", 6),
        target: Number(4),
        from: user("bob"),
        by: user("carol"),
    });
    assert_eq!((found(&model, "été"), found(&model, "Carol")), (vec![], vec![4]));
}
