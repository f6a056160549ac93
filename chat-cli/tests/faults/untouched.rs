//! Folders that a server must not use: it says why in a sentence, ends with the number for it, and touches
//! nothing.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use crate::lab::{Lab, State, state};

/// A folder that a server has used, and left in order.
fn used(what: &str) -> Lab {
    let lab = Lab::new(what);
    lab.start().end();
    lab
}

/// The server does not start, for this reason, and the folder is as it was.
fn is_refused(lab: &Lab, code: i32, parts: &[&str]) {
    let before = state(&lab.data);
    let refused = lab.refused();
    assert_eq!(refused.code, Some(code), "{refused:?}");
    for part in parts {
        assert!(refused.why.contains(part), "no {part:?} in {refused:?}");
    }
    let words = refused.why.lines().last().unwrap_or_default().split(' ').count();
    assert!(words > 5 && !refused.why.contains("panicked"), "a sentence: {refused:?}");
    is_as_before(&lab.data, &before);
}

/// Reading commands refuse it too, and touch nothing either.
fn is_unreadable(lab: &Lab, code: i32, part: &str) {
    let before = state(&lab.data);
    for args in [&["verify"][..], &["export"], &["history", "lobby"], &["search", "word"]] {
        let output = lab.offline(args);
        let why = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {why}");
        assert!(why.contains(part) && output.stdout.is_empty(), "{args:?}: {output:?}");
    }
    is_as_before(&lab.data, &before);
}

/// Nothing was made, removed, changed, or written with what it had held.
fn is_as_before(folder: &Path, before: &State) {
    let after = state(folder);
    let names = before.keys().chain(after.keys());
    let touched: BTreeSet<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
    assert!(touched.is_empty(), "touched in {}: {touched:?}", folder.display());
}

fn execute(lab: &Lab, statement: &str) {
    Connection::open(lab.database()).unwrap().execute_batch(statement).unwrap();
}

/// What keeps a process, root's too, to the rights that files give.
fn without_privileges() -> Vec<String> {
    if !rustix::process::geteuid().is_root() {
        return Vec::new();
    }
    let none = "-dac_override,-dac_read_search,-fowner";
    ["setpriv", "--bounding-set", none, "--inh-caps", none, "--"].map(String::from).to_vec()
}

#[test]
fn a_newer_schema() {
    let lab = used("newer");
    execute(&lab, "PRAGMA user_version = 999");
    is_refused(&lab, 78, &["newer"]);
    is_unreadable(&lab, 78, "newer");
}

#[test]
fn an_older_schema() {
    let lab = used("older");
    // Version 0 with tables is none that ever was; it is older all the same.
    execute(&lab, "PRAGMA user_version = 0");
    is_refused(&lab, 78, &["--migrate", "copy"]);
    is_unreadable(&lab, 78, "--migrate");
}

#[test]
fn a_folder_that_another_server_has() {
    let lab = Lab::new("locked");
    let first = lab.start();
    let second = lab.over(&lab.data);
    is_refused(&second, 75, &[&first.program.pid().as_raw_nonzero().to_string()]);
    first.end();
    second.start().end();
}

#[test]
fn no_permission() {
    for (mode, what) in [(0o000, "none"), (0o500, "read only")] {
        let mut lab = used("forbidden");
        lab.wrap = without_privileges();
        let before = state(&lab.data);
        if mode == 0o500 {
            for entry in fs::read_dir(&lab.data).unwrap() {
                fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o400)).unwrap();
            }
        }
        fs::set_permissions(&lab.data, fs::Permissions::from_mode(mode)).unwrap();
        let refused = lab.refused();
        assert_eq!(refused.code, Some(77), "{what}: {refused:?}");
        assert!(refused.why.contains(lab.data.to_str().unwrap()), "{what}: {refused:?}");
        fs::set_permissions(&lab.data, fs::Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(&lab.data).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o600)).unwrap();
        }
        is_as_before(&lab.data, &before);
    }
}

#[test]
fn no_permission_to_make_the_folder() {
    let mut lab = Lab::new("unmade");
    lab.wrap = without_privileges();
    let above = lab.beside("above");
    fs::create_dir(&above).unwrap();
    fs::set_permissions(&above, fs::Permissions::from_mode(0o500)).unwrap();
    lab.data = above.join("data");
    let refused = lab.refused();
    assert_eq!(refused.code, Some(77), "{refused:?}");
    assert!(!lab.data.exists());
}

#[test]
fn not_a_database() {
    let lab = Lab::new("text");
    fs::create_dir(&lab.data).unwrap();
    fs::write(lab.database(), "dear diary, \n".repeat(1000)).unwrap();
    is_refused(&lab, 78, &["chat.db"]);
    is_unreadable(&lab, 78, "chat.db");
}

#[test]
fn the_database_of_another_program() {
    let lab = Lab::new("foreign");
    fs::create_dir(&lab.data).unwrap();
    execute(&lab, "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    is_refused(&lab, 78, &["chat.db"]);
    is_unreadable(&lab, 78, "chat.db");
}

#[test]
fn a_file_where_the_folder_should_be() {
    let lab = Lab::new("file");
    fs::write(&lab.data, "not a folder").unwrap();
    let refused = lab.refused();
    assert!(matches!(refused.code, Some(74 | 77 | 78)), "{refused:?}");
    assert!(refused.why.contains(lab.data.to_str().unwrap()), "{refused:?}");
    assert_eq!(fs::read(&lab.data).unwrap(), b"not a folder");
}

#[test]
fn a_folder_with_nothing_in_it_is_not_readable_and_stays_empty() {
    let lab = Lab::new("empty");
    fs::create_dir(&lab.data).unwrap();
    for args in [&["verify"][..], &["export"], &["history", "lobby"]] {
        let output = lab.offline(args);
        assert!(!output.status.success() && output.stderr.len() > 20, "{args:?}: {output:?}");
    }
    assert_eq!(fs::read_dir(&lab.data).unwrap().count(), 0);
    // Whoever may write there has it for himself.
    lab.start().end();
    for name in ["chat.db", "lock"] {
        let mode = fs::metadata(lab.data.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(lab);
    let made = Lab::new("made");
    made.start().end();
    assert_eq!(fs::metadata(&made.data).unwrap().permissions().mode() & 0o777, 0o700);
}
