//! Settings: printed, checked, and refused with the line that is wrong.

use std::path::PathBuf;

use crate::program::{Folder, Program, Server, command};

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

/// A folder with the settings of a user in it.
fn settings_folder(text: &str) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("chat")).unwrap();
    std::fs::write(folder.path().join("chat/config.toml"), text).unwrap();
    folder
}

#[test]
fn clients_read_the_file_in_the_users_folder_of_settings() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let settings = format!("[join]\naddr = \"{}\"\nname = \"scribe\"\n", server.addr);
    let folder = settings_folder(&settings);
    let send = |args: &[&str]| {
        let mut send = command(args);
        send.env("XDG_CONFIG_HOME", folder.path());
        Program::spawn(send).ends_with(0);
    };
    send(&["send", "from the file"]);
    alice.until("<scribe> from the file");
    let other = File::new("other", &settings.replace("scribe", "other"));
    send(&["send", "--config", other.path(), "from another file"]);
    alice.until("<other> from another file");
    send(&["send", "--no-config", &server.addr, "from no file"]);
    alice.until("<tester> from no file");
    let mut none = command(&["send", "--config", "missing", "--no-config", &server.addr, "nor from any"]);
    none.env("CHAT_CONFIG", "missing").env("XDG_CONFIG_HOME", folder.path());
    Program::spawn(none).ends_with(0);
    alice.until("<tester> nor from any");
}

#[test]
fn a_broken_file_in_the_users_folder_stops_clients_and_no_server() {
    let folder = settings_folder("[join]\n\nnickname = \"al\"\n");
    let run = |args: &[&str]| {
        let mut run = command(args);
        run.env("XDG_CONFIG_HOME", folder.path());
        Program::spawn(run)
    };
    let dir = folder.as_str();
    for args in [
        &["join"][..],
        &["send", "hi"],
        &["send-file", "--to", "bob", "a"],
        &["receive", "--from", "bob", "--dir", dir],
    ] {
        let (_, err) = run(args).ends_with(78);
        assert!(err[0].contains("config.toml:3: unknown field `nickname`"), "{err:?}");
    }
    run(&["config", "print", "--memory"]).ends_with(0);
    let mut serve = run(&["serve", "--memory", "--listen", "127.0.0.1:0"]);
    serve.out.until("listening");
}

#[test]
fn a_folder_where_the_file_should_be_is_named() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("chat/config.toml")).unwrap();
    let mut send = command(&["send", "hi"]);
    send.env("XDG_CONFIG_HOME", folder.path());
    let (_, err) = Program::spawn(send).ends_with(78);
    assert!(err[0].contains("config.toml: "), "{err:?}");
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

fn printed(args: &[&str]) -> String {
    String::from_utf8(command(args).output().unwrap().stdout).unwrap()
}

#[test]
fn completions_and_the_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("chat-cli") && script.contains("no-config"), "{script}");
    }
    let manual = printed(&["man"]);
    assert!(manual.contains("plaintext") && manual.contains("Exit codes"), "{manual}");
}

/// What bash offers for the last of these words.
#[cfg(unix)]
fn bash_offers(words: &[&str]) -> Vec<String> {
    let words: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.len() - 1;
    let (word, before) = (&words[last], &words[last - 1]);
    let script = format!(
        "{}\nCOMP_WORDS=({})\nCOMP_CWORD={last}\n_chat__cli chat-cli {word} {before}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        printed(&["completions", "bash"]),
        words.join(" ")
    );
    let bash = std::process::Command::new("bash").args(["--norc", "-euc", &script]).output().unwrap();
    let complaint = String::from_utf8(bash.stderr).unwrap();
    assert!(bash.status.success() && complaint.is_empty(), "{complaint}");
    String::from_utf8(bash.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
#[cfg(unix)]
fn bash_completes_commands_switches_and_values() {
    assert_eq!(bash_offers(&["chat-cli", "jo"]), ["join"]);
    assert_eq!(bash_offers(&["chat-cli", "join", "--no-"]), ["--no-config"]);
    assert_eq!(bash_offers(&["chat-cli", "join", "--theme", ""]), ["auto", "none", "16", "256"]);
    assert_eq!(bash_offers(&["chat-cli", "join", "--log"]), ["--login", "--log", "--log-dir"]);
}
