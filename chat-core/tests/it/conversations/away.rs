//! What is kept for those who are away: invitations that still hold, and no more of anything than there is room for.

use chat_core::{Ask, Config, ModeChange};

use crate::story::{Story, join, leave};

fn invite(room: &str, user: &str) -> Ask {
    Ask::Invite { room: room.into(), user: user.into() }
}

#[test]
fn of_many_invitations_the_last_ones_are_told_at_the_return() {
    let mut chat = Story::in_lobby(Config { invitations: 2, ..Config::default() }, &["alice", "bob"]);
    chat.ask(1, Ask::Kick { room: "lobby".into(), user: "bob".into(), reason: None });
    chat.ask(2, join("lobby"));
    chat.drop(2);
    chat.ask(1, Ask::Kick { room: "lobby".into(), user: "bob".into(), reason: None });
    for room in ["a", "b", "c", "d"] {
        chat.ask(1, join(room));
        chat.ask(1, invite(room, "bob"));
    }
    // That takes back the invitation from before, and a new one takes its place.
    let modes = ModeChange { invite_only: Some(true), ..ModeChange::default() };
    chat.ask(1, Ask::SetModes { room: "c".into(), modes });
    chat.ask(1, invite("c", "bob"));
    chat.take();
    chat.resume(3, "bob", 2);
    chat.told(
        "
        s3: attached bob resumed
        s3 (past): kicked lobby/1/5 bob by alice
        s3 (past): invited d bob by alice
        s3 (past): invited c bob by alice
        ",
    );
    let mut none = Story::in_lobby(Config { invitations: 0, ..Config::default() }, &["alice", "bob"]);
    none.ask(2, leave("lobby"));
    none.drop(2);
    none.ask(1, invite("lobby", "bob"));
    none.take();
    none.resume(3, "bob", 2);
    none.told("s3: attached bob resumed");
    // It stands all the same.
    none.ask(3, join("lobby"));
}

#[test]
fn an_invitation_that_holds_no_more_is_not_told() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(2, leave("lobby"));
    chat.drop(2);
    for room in ["gone", "again", "lobby"] {
        chat.ask(1, join(room));
        chat.ask(1, invite(room, "bob"));
    }
    // With its last member such a room goes, and what it knew of anybody; the next one of that name is another.
    chat.ask(1, leave("gone"));
    chat.ask(1, leave("again"));
    chat.attach(3, "carol");
    chat.ask(3, join("again"));
    chat.take();
    chat.resume(4, "bob", 2);
    chat.told("s4: attached bob resumed\n s4 (past): invited lobby bob by alice");
}
