//! People on lines keep order: what they type, what everybody is shown, and where their lines go when they are put out.

use chat_net::ServerHandle;
use chat_net::codec::Form;

use crate::peer::{Peer, fast, server};

/// Somebody at `nc` in `#den`, whose answers are read up to a line that nothing else makes.
struct Person(Peer);

impl Person {
    async fn of(server: &ServerHandle, name: &str) -> Person {
        Person(Peer::join(server, Form::Text, name).await)
    }

    async fn in_den(server: &ServerHandle, name: &str) -> Person {
        let mut person = Person::of(server, name).await;
        person.types("/join den").await;
        person
    }

    /// What is shown up to the answer, without times.
    async fn types(&mut self, line: &str) -> Vec<String> {
        self.0.line(line).await;
        self.shown().await
    }

    /// What was shown since.
    async fn shown(&mut self) -> Vec<String> {
        self.0.line("/room nowhere").await;
        let lines = self.0.until_line("you are not in #nowhere").await;
        let bare = |line: &String| match line.strip_prefix('[') {
            Some(timed) => timed.split_once("] ").expect("a time").1.to_owned(),
            None => line.clone(),
        };
        lines[..lines.len() - 1].iter().map(bare).collect()
    }
}

#[tokio::test]
async fn who_made_a_room_keeps_order_in_it() {
    let server = server(fast()).await;
    let mut alice = Person::in_den(&server, "alice").await;
    let mut bob = Person::in_den(&server, "bob").await;
    alice.shown().await;
    for (line, told) in [
        ("/op bob", "#den * alice made bob a moderator"),
        ("/deop bob", "#den * alice made bob a member"),
        ("/mute bob  too  loud", "#den * alice muted bob until lifted: too  loud"),
        ("/unmute bob", "#den * alice lifted the mute of bob"),
        ("/mode moderated on slow 30 key a-key", "#den * alice set the modes: key, moderated, slow 30 s"),
        ("/mode moderated off slow off key off", "#den * alice set the modes: none"),
        ("/topic ours", "#den * alice set the topic: ours"),
    ] {
        assert_eq!(alice.types(line).await, [told], "{line}");
        assert_eq!(bob.shown().await, [told], "{line}");
    }
    for line in ["/op bob", "/kick alice", "/mode slow 5", "/unban alice"] {
        let shown = bob.types(line).await;
        assert!(shown[0].starts_with("! not_allowed: in #den only "), "{line}: {shown:?}");
    }
    assert!(alice.types("/mode slow 121").await[0].starts_with("! bad_ask: slow mode is 1 to 120 seconds"));
    assert!(alice.types("/kick nobody").await[0].starts_with("! no_such_user: "));
    assert!(alice.types("/audit").await[0].starts_with("! not_allowed: only operators"));
}

#[tokio::test]
async fn a_line_for_a_room_that_one_was_put_out_of_goes_nowhere() {
    let server = server(fast()).await;
    let mut alice = Person::in_den(&server, "alice").await;
    let mut bob = Person::in_den(&server, "bob").await;
    alice.shown().await;
    alice.types("/kick bob your turn to cook").await;
    let shown = bob.types("a word for the den only").await;
    assert_eq!(
        shown,
        [
            "#den * alice put bob out: your turn to cook",
            "! not_a_member: you were put out of #den, so that line went nowhere; you are talking in #lobby now"
        ]
    );
    bob.types("hello lobby").await;
    let lobby = alice.shown().await;
    assert_eq!(lobby, ["#lobby <bob> hello lobby"], "and only that");
    // Whoever comes back at once loses no line.
    bob.types("/join den").await;
    alice.types("/kick bob").await;
    let shown = bob.types("/join den").await;
    assert_eq!(shown[1], "- you were put out of #den; you are talking in #lobby now");
    bob.types("here again").await;
    assert_eq!(alice.shown().await.last().unwrap(), "#den <bob> here again");
}

#[tokio::test]
async fn a_ban_says_until_when_and_an_invitation_what_to_type() {
    let server = server(fast()).await;
    let mut alice = Person::in_den(&server, "alice").await;
    let mut bob = Person::in_den(&server, "bob").await;
    alice.shown().await;
    let shown = alice.types("/ban bob 2h spam").await;
    assert!(
        shown[0].starts_with("#den * alice banned bob until ") && shown[0].ends_with(": spam"),
        "{shown:?}"
    );
    assert_eq!(shown[1], "#den * alice put bob out, who is banned: spam");
    let refused = bob.types("/join den").await;
    let refused = refused.last().unwrap();
    assert!(
        refused.starts_with("! banned: you are banned from #den until 2") && refused.ends_with(" UTC: spam")
    );
    let order = alice.types("/bans").await;
    assert_eq!(order[0], "- #den: you are an owner; modes: none");
    assert_eq!(order[1], "- owners: alice; moderators: none");
    assert!(order[2].starts_with("- banned: bob until 2") && order[2].ends_with(": spam"), "{order:?}");
    assert_eq!(alice.types("/unban bob").await, ["#den * alice lifted the ban of bob"]);
    assert_eq!(alice.types("/room").await[2], "- nobody is banned, muted or invited");
    alice.types("/mode invite-only on").await;
    assert!(bob.types("/join den").await[0].starts_with("! cannot_join: "));
    assert_eq!(alice.types("/invite bob").await, ["- bob is invited to #den"]);
    assert_eq!(bob.shown().await, ["#den * alice invites bob: type /join den"]);
    assert_eq!(bob.types("/join den").await[0], "- users in #den (1): alice");
    // A key opens it to all who know it.
    alice.types("/mode invite-only off key open sesame off").await;
    alice.types("/mode invite-only off key sesame").await;
    let mut carol = Person::of(&server, "carol").await;
    assert!(carol.types("/join den").await[0].starts_with("! bad_key: #den has a key"));
    assert!(carol.types("/join den \u{7}").await[0].starts_with("! bad_text: "));
    assert_eq!(carol.types("/join den sesame").await[0], "- users in #den (2): alice bob");
}

#[tokio::test]
async fn a_message_is_deleted_by_number_or_as_the_last_one() {
    let server = server(fast()).await;
    let mut alice = Person::in_den(&server, "alice").await;
    let mut bob = Person::in_den(&server, "bob").await;
    alice.shown().await;
    assert!(bob.types("/delete").await[0].starts_with("! no_such_message: nothing that you said lately"));
    for line in ["one", "two", "three"] {
        bob.types(line).await;
    }
    alice.types("four").await;
    bob.shown().await;
    // What is typed in one piece is done in its order.
    bob.0.raw(b"slip\n/delete\n/delete\n").await;
    assert_eq!(bob.shown().await, ["#den * bob deleted message 7", "#den * bob deleted message 5"]);
    assert!(bob.types("/delete 6").await[0].starts_with("! not_allowed: "));
    assert_eq!(alice.types("/delete 4").await.last().unwrap(), "#den * alice deleted message 4 of bob");
    bob.shown().await;
    assert_eq!(
        bob.types("/history").await,
        [
            "#den/3 <bob> one",
            "#den/4 <bob> [deleted by alice]",
            "#den/5 <bob> [deleted by bob]",
            "#den/6 <alice> four",
            "#den/7 <bob> [deleted by bob]",
            "- #den: those were all 5 messages",
        ]
    );
    let mut carol = Person::of(&server, "carol").await;
    let shown = carol.types("/join den").await;
    assert!(shown.contains(&"#den <bob> [deleted by alice]".to_owned()), "{shown:?}");
    assert!(shown.iter().all(|line| !line.contains("slip")), "{shown:?}");
}

#[tokio::test]
async fn whoever_is_ignored_is_not_seen_by_that_one_person() {
    let server = server(fast()).await;
    let mut alice = Person::in_den(&server, "alice").await;
    let mut carol = Person::in_den(&server, "carol").await;
    let mut eve = Person::in_den(&server, "eve").await;
    assert_eq!(alice.types("/ignore").await.last().unwrap(), "- you ignore nobody; /ignore USER begins to");
    assert_eq!(alice.types("/ignore EVE").await, ["- you see nothing more of EVE; /unignore EVE undoes it"]);
    carol.shown().await;
    for line in ["hear me", "/w alice psst", "/leave", "/join den"] {
        eve.types(line).await;
    }
    carol.types("hello").await;
    assert_eq!(alice.shown().await, ["#den <carol> hello"]);
    assert_eq!(carol.shown().await, Vec::<String>::new());
    let history = alice.types("/history").await;
    assert_eq!(history[0], "#den/7 <carol> hello", "{history:?}");
    // Order is kept, whoever is not liked.
    alice.types("/op eve").await;
    eve.types("/mute carol").await;
    assert_eq!(alice.shown().await, ["#den * eve muted carol until lifted"]);
    assert_eq!(alice.types("/unignore eve").await, ["- you see eve again"]);
    eve.types("and now").await;
    assert_eq!(alice.shown().await, ["#den <eve> and now"]);
    assert!(alice.types("/ignore alice").await[0].starts_with("! bad_ask: you cannot ignore yourself"));
}

#[tokio::test]
async fn help_comes_in_groups() {
    let server = server(fast()).await;
    let mut alice = Person::of(&server, "alice").await;
    let help = alice.types("/help").await;
    assert!(help.len() < 23 && help[0].starts_with("- Type a line"), "{help:?}");
    let order = alice.types("/help order").await;
    assert!(order.len() < 23 && order.iter().any(|line| line.starts_with("- /ban USER")), "{order:?}");
    assert!(alice.types("/help kick").await[0].starts_with("- /kick USER"));
}
