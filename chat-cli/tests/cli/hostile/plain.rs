//! `join --plain`: nothing but characters to see and newlines, in a pipe and in a terminal.

use std::process::Stdio;
use std::sync::Arc;

use chat_net::chat_core::{Event, printable};
use chat_net::codec::{Closing, FromClient, FromServer};

use super::corpus::{corpus, speakable};
use super::grammar;
use super::server::{no_page, payload_of, refusal, serve, told, welcome};
use super::talk::{LINES, file_name, forgeries, hostile};
use crate::program::command;
use crate::pty::Terminal;

/// What must have been let through, as a person sees it.
fn assert_shown(written: &str) {
    for (index, text) in corpus().iter().enumerate() {
        let safe = |text: &str| printable(text).into_owned();
        for shown in [
            format!("<bob> {}", safe(&speakable(text))),
            format!("bob whispers: {}", safe(&speakable(text))),
            format!("set the topic: {}", safe(&speakable(text))),
            format!("\"{}\"", safe(&file_name(text))),
            format!("! {}: {}", safe(text), safe(text)),
            format!("<bob> mark {index} |"),
        ] {
            assert!(written.contains(&shown), "not there: {shown:?}");
        }
    }
}

/// Runs `join` behind pipes, types `lines` and leaves; both outputs.
fn piped(addr: &str, more: &[&str], lines: &[&str]) -> (String, String) {
    let mut join = command(&[&["join", addr, "--name", "carol", "--plain"], more].concat());
    let mut join = join.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = join.stdin.take().unwrap();
    for line in lines {
        // It may have ended over what it was told.
        let _ = std::io::Write::write_all(&mut input, format!("{line}\n").as_bytes());
    }
    drop(input);
    let output = join.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn nothing_that_others_write_is_an_order_in_a_pipe() {
    let addr = hostile();
    for (more, has_colours) in [(&[][..], false), (&["--color", "always"][..], true)] {
        let (out, err) = piped(&addr, more, &LINES);
        grammar::plain(&(out.clone() + &err), has_colours).unwrap();
        if !has_colours {
            assert_shown(&(out + &err));
        }
    }
}

#[test]
fn nothing_that_others_write_is_an_order_in_a_terminal() {
    let addr = hostile();
    for (more, has_colours) in [(&[][..], false), (&["--color", "always"][..], true)] {
        let join = command(&[&["join", &addr, "--name", "carol", "--plain"], more].concat());
        let mut carol = Terminal::start(join, (24, 80));
        carol.hush();
        carol.until_shown("that was all");
        for line in LINES {
            carol.press(&format!("{line}\n"));
        }
        carol.press("/quit\n");
        carol.until_end();
        // The terminal's own.
        let written = String::from_utf8(carol.raw.clone()).unwrap().replace("\r\n", "\n");
        grammar::plain(&written, has_colours).unwrap();
        if !has_colours {
            assert_shown(&written);
        }
    }
}

/// Every text in its turn in one of these, and each of these with a sequence that is obeyed by most terminals.
#[test]
fn a_server_that_breaks_the_protocol_is_left_without_a_harm() {
    let broken = |text: &str| text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t'));
    let texts: Vec<String> = corpus().into_iter().filter(|text| broken(text)).collect();
    let turns = texts.iter().enumerate().map(|(at, text)| (text.as_str(), at % 6));
    let all = (0..6).map(|which| (texts[1].as_str(), which));
    for (text, which) in turns.chain(all) {
        let forged = forgeries(text).remove(which);
        let addr = serve(move |said| match said {
            FromClient::Hello(_) => [welcome("carol", "memory"), vec![forged.clone()]].concat(),
            FromClient::Query { id, query } => vec![no_page(*id, query)],
            _ => Vec::new(),
        });
        let (out, err) = piped(&addr, &[], &["hello"]);
        grammar::plain(&(out + &err), false).unwrap();
        assert!(err.contains("the server sent what is not the protocol"), "{which} {text:?}: {err}");
    }
}

#[test]
fn how_it_begins_and_how_it_ends_is_as_safe() {
    for text in corpus() {
        let text: Arc<str> = text.into();
        let turned_away = payload_of(&told(Event::Refused(refusal(&text))));
        let addr = serve(move |_| vec![turned_away.clone()]);
        let (out, err) = piped(&addr, &[], &[]);
        grammar::plain(&(out + &err), false).unwrap();
        assert!(err.contains(&*printable(&text)), "{text:?}: {err}");

        let closing =
            Closing { code: 400, reason: text.clone(), message: text.clone(), reconnect_after_ms: None };
        let closing = payload_of(&FromServer::Closing(closing));
        let name = Arc::clone(&text);
        let addr = serve(move |said| match said {
            FromClient::Hello(_) => [welcome(&name, &name), vec![closing.clone()]].concat(),
            _ => Vec::new(),
        });
        let (out, err) = piped(&addr, &[], &["hello"]);
        grammar::plain(&(out + &err), false).unwrap();
        assert!(err.contains(&*printable(&text)), "{text:?}: {err}");
    }
}
