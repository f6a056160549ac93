//! Secrets: a new one at each resume, and an old one that returns ends the session.

use chat_core::{Code, Config};

use crate::story::{Story, assert_code, join, s, say};

#[test]
fn a_secret_that_was_used_up_ends_the_session_for_all_who_have_it() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.drop(1);
    chat.resume_by(3, 1);
    chat.drop(3);
    chat.resume_by(4, 3);
    chat.take();
    // The first secret was current until the second was used.
    chat.resume_by(5, 1);
    chat.told(
        "
        s4: closed session_revoked
        s2: left lobby/1/3 alice (quit)
        s5: refused token_revoked: that secret was used up, so its session was ended, for somebody else may have it; begin a new one
        ",
    );
    assert_code(&chat.refused(4, 0, say("lobby", "me")), Code::NoSession);
    // Nothing is left of it: no secret of it, old or new, is known.
    for (n, of) in [(6, 1), (7, 3), (8, 4)] {
        chat.resume(n, "alice", of);
        chat.told(&format!("s{n}: attached alice"));
        chat.quit(n);
    }
}

#[test]
fn one_whose_welcome_was_lost_comes_back_by_the_secret_it_has() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    for n in 2..=6 {
        chat.resume_by(n, 1);
        chat.told(&format!("s{}: replaced\n s{n}: attached alice resumed lobby/1/1", n - 1));
    }
    // Hellos may overtake each other: the welcome that arrived is one of the earlier ones.
    chat.resume_by(7, 4);
    chat.told("s6: replaced\n s7: attached alice resumed lobby/1/1");
    // From now on neither the first secret nor those that were never used are good.
    chat.resume_by(8, 6);
    assert!(chat.take().contains("s7: closed session_revoked"));
}

#[test]
fn a_thief_and_the_one_whose_secret_it_is_throw_each_other_out_and_then_both() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.drop(1);
    chat.resume_by(3, 1);
    // Stolen on its way: the thief is let in, for the welcome might have been lost.
    chat.resume_by(66, 1);
    chat.resume_by(4, 3);
    chat.take();
    chat.resume_by(67, 66);
    chat.told(
        "
        s4: closed session_revoked
        s2: left lobby/1/3 alice (quit)
        s67: refused token_revoked: that secret was used up, so its session was ended, for somebody else may have it; begin a new one
        ",
    );
    assert_eq!(chat.chat.user(s(4)), None);
}

#[test]
fn a_secret_that_was_used_up_long_ago_is_none() {
    let config = Config { spent_secrets: 2, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice"]);
    for n in 2..=6 {
        chat.resume_by(n, n - 1);
    }
    chat.take();
    assert_code(&chat.refuses(&Story::resumption(7, "alice", 1)), Code::NameTaken);
    chat.resume_by(7, 3);
    assert!(chat.take().contains("s6: closed session_revoked"));
}

#[test]
fn one_who_sleeps_is_ended_by_a_secret_that_was_used_up_and_nobody_is_told() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.resume_by(3, 1);
    chat.resume_by(4, 3);
    chat.drop(4);
    chat.until_due();
    chat.take();
    chat.resume_by(5, 1);
    chat.told(
        "s5: refused token_revoked: that secret was used up, so its session was ended, for somebody else may have it; begin a new one",
    );
    assert_eq!(chat.chat.next_deadline(), None);
    chat.ask(2, join("lobby"));
    chat.told("s2?: members lobby/1/3 again 1: bob");
}
