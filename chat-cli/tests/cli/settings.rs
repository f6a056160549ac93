//! Settings: printed, checked, and refused with the line that is wrong.

use std::path::PathBuf;

use crate::program::{Program, command};

/// A settings file, removed with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let path = std::env::temp_dir().join(format!("chat-cli-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A file that is left in the temporary folder hurts nobody.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_its_line() {
    let file = File::new("wrong", "trusted = true\n\n[limits]\nlinger = \"5s\"\nlingre = \"5s\"\n");
    for args in [
        &["config", "check", file.path()][..],
        &["serve", "--config", file.path()],
        &["join", "--config", file.path()],
        &["send", "--config", file.path(), "hi"],
    ] {
        let (status, out, err) = Program::start(args).wait();
        assert_eq!((status.code(), out), (Some(78), Vec::new()), "{args:?}");
        let says = format!("{}:5: there is no limit \"lingre\"", file.path());
        assert!(err[0].contains(&says), "{err:?}");
    }
}

#[test]
fn what_is_printed_can_be_checked_and_says_the_same_again() {
    let mut print = command(&["config", "print", "--limit", "linger=5s,keep_age=30d", "--trusted"]);
    print
        .env("CHAT_LISTEN", "127.0.0.1:1,[::1]:2")
        .env("CHAT_DATA", "/srv/chat")
        .env("CHAT_DURABILITY", "os");
    let printed = String::from_utf8(print.output().unwrap().stdout).unwrap();
    assert!(printed.contains("listen = [\"127.0.0.1:1\", \"[::1]:2\"]"), "{printed}");
    assert!(printed.contains("linger = \"5s\"") && printed.contains("trusted = true"), "{printed}");
    assert!(printed.contains("data = \"/srv/chat\"") && printed.contains("durability = \"os\""), "{printed}");
    assert!(printed.contains("keep_age = \"30d\"") && printed.contains("keep_events = 0 "), "{printed}");
    let file = File::new("printed", &printed);
    assert_eq!(Program::start(&["config", "check", file.path()]).code(), Some(0));
    let again = command(&["config", "print", "--config", file.path()]).output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), printed);
}

#[test]
fn the_default_folder_is_in_the_home_folder_and_asked_for_if_there_is_none() {
    let mut print = command(&["config", "print"]);
    let printed = String::from_utf8(print.env("HOME", "/home/al").output().unwrap().stdout).unwrap();
    #[cfg(unix)]
    assert!(printed.contains("data = \"/home/al/.local/state/chat\""), "{printed}");
    for args in [&["config", "print"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let (status, out, err) = Program::start(args).wait();
        assert_eq!((status.code(), out), (Some(78), Vec::new()), "{args:?}");
        assert!(err.len() == 1 && err[0].contains("--data DIR") && err[0].contains("--memory"), "{err:?}");
    }
}

#[test]
fn keeping_nothing_and_a_folder_do_not_go_together() {
    let refused = |args: &[&str]| {
        let mut command = command(&[&["config", "print"], args].concat());
        let output = command.env("CHAT_DATA", "/srv/chat").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(refused(&["--memory", "--data", "/srv/chat"]).0, Some(2));
    let (code, why) = refused(&["--durability", "memory"]);
    assert!(code == Some(78) && why.contains("/srv/chat") && why.contains("keeps nothing"), "{why}");
    assert_eq!(refused(&["--memory", "--migrate"]).0, Some(78));
    // What is typed beats the environment: that is no contradiction.
    assert_eq!(refused(&["--memory"]).0, Some(0));
}

#[test]
fn what_is_no_command_ends_with_2() {
    for args in
        [&["serv"][..], &["serve", "--lisen", "x"], &["join", "--plain", "--json"], &["join", "no port"]]
    {
        assert_eq!(Program::start(args).code(), Some(2), "{args:?}");
    }
}

#[test]
fn completions_and_the_manual_are_printed() {
    let printed = |args: &[&str]| String::from_utf8(command(args).output().unwrap().stdout).unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(printed(&["completions", shell]).contains("chat-cli"));
    }
    let manual = printed(&["man"]);
    assert!(manual.contains("plaintext") && manual.contains("Exit codes"), "{manual}");
}
