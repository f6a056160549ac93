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
    let mut print = command(&["config", "print", "--limit", "linger=5s", "--trusted"]);
    let printed =
        String::from_utf8(print.env("CHAT_LISTEN", "127.0.0.1:1,[::1]:2").output().unwrap().stdout).unwrap();
    assert!(printed.contains("listen = [\"127.0.0.1:1\", \"[::1]:2\"]"), "{printed}");
    assert!(printed.contains("linger = \"5s\"") && printed.contains("trusted = true"), "{printed}");
    let file = File::new("printed", &printed);
    assert_eq!(Program::start(&["config", "check", file.path()]).code(), Some(0));
    let again = command(&["config", "print", "--config", file.path()]).output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), printed);
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
