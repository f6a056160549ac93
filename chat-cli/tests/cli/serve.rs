//! `serve`: says where it listens, serves, and ends as asked.

use std::net::TcpListener;

use crate::program::{Program, Server};

#[test]
fn two_people_with_nc_talk() {
    let server = Server::start(&[]);
    let (mut alice, mut bob) = (server.person("alice"), server.person("bob"));
    alice.until("#lobby * bob joined");
    alice.type_line("hello bob");
    assert!(bob.until("hello").ends_with("#lobby <alice> hello bob"));
    bob.type_line("/w alice psst");
    assert!(alice.until("psst").ends_with("bob whispers: psst"));
}

#[test]
fn one_line_for_each_address_says_what_to_try() {
    let mut program =
        Program::start(&["serve", "--memory", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"]);
    for _ in 0..2 {
        let line = program.out.until("listening on 127.0.0.1:");
        let port = line.split(['-', ':', '—']).nth(1).unwrap().trim();
        assert!(line.ends_with(&format!("try: nc 127.0.0.1 {port}")), "{line}");
    }
}

#[test]
fn an_address_in_use_is_named_and_ends_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let (out, err) = Program::start(&["serve", "--memory", "--listen", &addr]).ends_with(1);
    assert!(out.is_empty(), "{out:?}");
    assert!(err.iter().any(|line| line.contains(&addr) && line.contains("in use")), "{err:?}");
}

#[test]
fn an_open_address_must_be_meant() {
    let (out, err) = Program::start(&["serve", "--listen", "0.0.0.0:0"]).ends_with(78);
    assert!(out.is_empty(), "{out:?}");
    assert!(err[0].contains("0.0.0.0:0") && err[0].contains("--plaintext"), "{err:?}");
    let mut meant = Program::start(&["serve", "--memory", "--listen", "0.0.0.0:0", "--plaintext", "--json"]);
    meant.out.until("{\"listening\":\"0.0.0.0:");
}

#[test]
fn flags_and_file_set_the_limits_in_force() {
    let file = std::env::temp_dir().join(format!("chat-cli-serve-{}.toml", std::process::id()));
    std::fs::write(&file, "start_room = \"hall\"\ndurability = \"memory\"\n[limits]\nbody = 10\n").unwrap();
    let mut program =
        Program::start(&["serve", "--config", file.to_str().unwrap(), "--listen", "127.0.0.1:0", "--json"]);
    let line = program.out.until("listening");
    std::fs::remove_file(file).unwrap();
    let addr = line.split('"').nth(3).unwrap().to_owned();
    let mut join = Program::start(&["join", &addr, "--plain"]);
    join.type_line("0123456789");
    join.type_line("0123456789a");
    assert!(join.err.until("! ").contains("! too_long: "));
    assert!(join.out.until("joined").contains("#hall * tester joined"));
}

#[cfg(unix)]
mod signals {
    use super::*;
    use crate::program::{Folder, WAITS};
    use rustix::process::Signal;

    #[test]
    fn a_signal_ends_it_in_order() {
        for signal in [Signal::TERM, Signal::INT] {
            let server = Server::start(&[]);
            let mut alice = server.person("alice");
            server.program.signal(signal);
            alice.until("going_away");
            assert_eq!(server.program.code(), Some(0));
        }
    }

    #[test]
    fn what_is_printed_is_not_logged_as_well() {
        let folder = Folder::new();
        for _ in 0..2 {
            let args = ["serve", "--listen", "127.0.0.1:0", "--data", folder.as_str()];
            let mut server = Program::start(&args);
            server.out.until("history in ");
            server.signal(Signal::TERM);
            let (_, err) = server.ends_with(0);
            assert!(err.len() == 1 && err[0].contains("a second signal ends at once"), "{err:#?}");
        }
        let args = ["serve", "--listen", "127.0.0.1:0", "--memory", "--log-format", "json"];
        Program::start(&args).err.until("history is gone when the server ends");
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
            let mut server = Server::start(&WAITS);
            let _waited_for = server.one_who_never_reads();
            server.program.signal(signal);
            server.program.err.until("a second signal ends at once");
            server.program.signal(signal);
            assert_eq!(server.program.code(), Some(code));
        }
    }
}
