//! `join --json`: a program behind pipes.

use serde_json::{Value, json};

use crate::program::{Program, Server};

fn next(program: &mut Program, kind: &str) -> Value {
    let line = program.out.until(&format!("{{\"type\":\"{kind}\""));
    serde_json::from_str(&line).unwrap()
}

#[test]
fn asks_go_in_and_events_come_out() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut bot = Program::start(&["join", &server.addr, "--name", "bot", "--json"]);
    let welcome = next(&mut bot, "welcome");
    assert_eq!((&welcome["user"], &welcome["token"]), (&json!("bot"), &json!("")));
    assert_eq!(next(&mut bot, "members")["room"], "lobby");
    bot.type_line(r#"{"type":"say","id":70,"room":"lobby","body":"beep"}"#);
    let said = next(&mut bot, "said");
    assert_eq!((&said["re"], &said["body"]), (&json!(70), &json!("beep")));
    assert!(alice.until("beep").ends_with("#lobby <bot> beep"));
    alice.type_line("hi bot");
    let said = next(&mut bot, "said");
    assert_eq!((&said["from"], &said["body"], said.get("re")), (&json!("alice"), &json!("hi bot"), None));
    bot.type_line(r#"{"type":"users","id":71,"room":"lobby"}"#);
    let users = next(&mut bot, "users");
    assert_eq!((&users["re"], &users["users"]), (&json!(71), &json!(["alice", "bot"])));
    bot.type_line(r#"{"type":"whisper","id":72,"to":"nobody","body":"hi"}"#);
    let refused = next(&mut bot, "refused");
    assert_eq!((&refused["re"], &refused["reason"]), (&json!(72), &json!("no_such_user")));
    for (line, reason) in [(r#"{"type":"dance","id":73}"#, "unknown_ask"), ("nonsense", "bad_ask")] {
        bot.type_line(line);
        assert_eq!(next(&mut bot, "refused")["reason"], reason);
    }
    bot.type_line(r#"{"type":"bye"}"#);
    alice.until("#lobby * bot left (quit)");
    assert_eq!(bot.code(), Some(0));
}
