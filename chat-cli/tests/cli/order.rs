//! Order in a room from `join`: behind pipes, in a terminal, and as JSON.

use serde_json::{Value, json};

use crate::program::{Program, Server, command};
use crate::pty::Terminal;
use crate::relay::Relay;

fn join(server: &Server, name: &str) -> Program {
    Program::start(&["join", &server.addr, "--name", name, "--plain", "--room", "den"])
}

#[test]
fn a_room_is_kept_in_order_over_pipes() {
    let server = Server::start(&[]);
    let mut alice = join(&server, "alice");
    alice.out.until("#den * alice joined");
    let mut bob = join(&server, "bob");
    for name in ["alice", "bob"] {
        let reader = if name == "alice" { &mut alice } else { &mut bob };
        reader.out.until("#den * bob joined");
    }
    for (line, told) in [
        ("/op bob", "#den * alice made bob a moderator"),
        ("/deop bob", "#den * alice made bob a member"),
        ("/mute bob 10m too loud", ": too loud"),
        ("/mode slow 10 key sesame", "#den * alice set the modes: key, slow 10 s"),
    ] {
        alice.type_line(line);
        assert!(alice.out.until(told).ends_with(told), "{line}");
        bob.out.until(told);
    }
    bob.type_line("but");
    let refused = bob.err.until("! muted: ");
    assert!(
        refused.contains("you are muted in #den until ") && refused.ends_with(" UTC: too loud"),
        "{refused}"
    );
    bob.type_line("/kick alice");
    bob.err.until("! not_allowed: in #den only an operator may do that");
    alice.type_line("/room");
    alice.out.until("- #den: you are an owner; modes: key, slow 10 s");
    alice.out.until("- muted: bob until ");
    alice.type_line("a slip");
    alice.type_line("/delete");
    alice.out.until("#den * alice deleted message ");
    bob.out.until("#den * alice deleted message ");
    alice.type_line("/history");
    alice.out.until("<alice> [deleted by alice]");
    alice.type_line("/ban bob spam");
    bob.out.until("#den * alice put bob out, who is banned: spam");
    bob.out.until("- you are in #den no more, and in no other room; type /join ROOM");
    bob.type_line("/join den sesame");
    bob.err.until("! banned: you are banned from #den: spam");
    let mut server = server;
    let logged = server.program.err.until("order was kept act=ban by=alice room=den user=bob");
    assert!(!logged.contains("spam"), "{logged}");
}

#[test]
fn help_of_every_group_fits_a_terminal_of_24_rows() {
    let server = Server::start(&[]);
    let join = command(&["join", &server.addr, "--name", "carol", "--plain"]);
    let mut carol = Terminal::start(join, (24, 80));
    carol.until_shown("#lobby * carol joined");
    for (about, last) in [
        ("", "- To say something that begins with a slash"),
        (" order", "- /audit [N]"),
        (" files", "- /pause N, /resume N"),
    ] {
        carol.press(&format!("/help{about}\n"));
        carol.until("what was typed and the last line", |lines| {
            lines.iter().any(|line| line.trim_end() == format!("/help{about}"))
                && lines.iter().any(|line| line.starts_with(last))
        });
    }
}

#[test]
fn an_invitation_that_came_while_away_is_told_at_the_return() {
    let server = Server::start(&[]);
    let relay = Relay::to(&server.addr);
    let mut alice = server.person("alice");
    alice.type_line("/join den");
    alice.until("#den * alice joined");
    alice.type_line("/mode invite-only on");
    alice.until("set the modes: invite-only");
    let mut carol = Terminal::join(&relay.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    relay.cut();
    carol.until_shown("OFFLINE, ");
    alice.type_line("/invite carol");
    alice.until("- carol is invited to #den");
    relay.mend();
    carol
        .until("news in the server's window", |lines| lines[0].contains("server") && lines[0].contains("!1"));
    carol.press("\x1b1");
    carol.until_shown(" alice invites you into #den: type /join den");
    carol.press("/join den\r");
    carol.until_last("#den>");
    alice.until("#den * carol joined");
    alice.type_line("/kick carol go");
    carol.until_shown(" alice put carol out: go");
    carol.until_shown("#den (you are not in it: kicked)");
}

#[test]
fn programs_keep_order_in_json() {
    fn next(program: &mut Program, kind: &str) -> Value {
        let line = program.out.until(&format!("{{\"type\":\"{kind}\""));
        serde_json::from_str(&line).unwrap()
    }
    let server = Server::start(&[]);
    let mut bot = Program::start(&["join", &server.addr, "--name", "bot", "--json", "--room", "den"]);
    assert_eq!(next(&mut bot, "members")["room"], "den");
    let mut alice = join(&server, "alice");
    alice.out.until("#den * alice joined");
    bot.type_line(r#"{"type":"set_role","id":1,"room":"den","user":"alice","role":"moderator"}"#);
    let changed = next(&mut bot, "role_changed");
    assert_eq!((&changed["re"], &changed["role"]), (&json!(1), &json!("moderator")));
    bot.type_line(r#"{"type":"set_role","id":2,"room":"den","user":"alice","role":"moderator"}"#);
    assert_eq!(next(&mut bot, "refused")["reason"], "nothing_to_do");
    bot.type_line(r#"{"type":"set_modes","id":3,"room":"den","modes":{"key":"sesame","slow_s":5}}"#);
    let modes = next(&mut bot, "modes_changed");
    assert_eq!((&modes["modes"]["has_key"], &modes["modes"]["slow_s"]), (&json!(true), &json!(5)));
    alice.out.until("* bot set the modes: key, slow 5 s");
    bot.type_line(r#"{"type":"mute","id":4,"room":"den","user":"alice","for_ms":60000,"reason":"hush"}"#);
    let muted = next(&mut bot, "restricted");
    assert_eq!((&muted["what"], &muted["reason"]), (&json!("mute"), &json!("hush")));
    bot.type_line(r#"{"type":"room","id":5,"room":"den"}"#);
    let room = next(&mut bot, "room");
    assert_eq!((&room["re"], &room["rank"]), (&json!(5), &json!("owner")));
    assert_eq!(room["users"][0]["muted"]["reason"], "hush");
    bot.type_line(r#"{"type":"kick","id":6,"room":"den","user":"alice"}"#);
    assert_eq!(next(&mut bot, "kicked")["user"], "alice");
    bot.type_line(r#"{"type":"audit","id":7}"#);
    assert_eq!(next(&mut bot, "refused")["reason"], "not_allowed");
    bot.type_line(r#"{"type":"say","id":8,"room":"den","body":"a slip"}"#);
    let number = next(&mut bot, "said")["number"].clone();
    bot.type_line(&json!({ "type": "delete", "id": 9, "room": "den", "number": number }).to_string());
    let deleted = next(&mut bot, "deleted");
    assert_eq!((&deleted["target"], &deleted["from"]), (&number, &json!("bot")));
    bot.type_line(r#"{"type":"invite","id":10,"room":"den","user":"alice"}"#);
    assert_eq!(next(&mut bot, "invited")["by"], "bot");
    alice.out.until("#den * bot invites alice: type /join den");
}
