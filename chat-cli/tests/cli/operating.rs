//! The manual for operators says what the program does: every limit is in its table, with its default.

use crate::program::command;

/// The first two cells of each row of the table of limits, in order.
fn documented() -> Vec<(String, String)> {
    let manual = include_str!("../../../docs/operating.md");
    let (_, rest) = manual.split_once("<!-- begin limits -->").unwrap();
    let (table, _) = rest.split_once("<!-- end limits -->").unwrap();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `"));
    rows.map(|row| {
        let (name, rest) = row.split_once("` | ").unwrap();
        let (default, what) = rest.split_once(" | ").unwrap();
        assert!(what.len() > 10, "{name} says nothing of what happens at it");
        (name.to_owned(), default.to_owned())
    })
    .collect()
}

/// The settings in force; a folder is named, so that it needs no home.
fn printed() -> String {
    let print = command(&["config", "print", "--data", "/srv/chat"]).output().unwrap();
    String::from_utf8(print.stdout).unwrap()
}

#[test]
fn every_setting_of_the_file_is_documented() {
    let manual = include_str!("../../../docs/operating.md");
    let (_, table) = manual.split_once("| flag | environment | file | default |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let file = |row: &str| row.split('|').nth(3).unwrap().trim().trim_matches('`').to_owned();
    let documented: Vec<String> = table.lines().skip(2).map(file).collect();
    let printed = printed();
    let (settings, _) = printed.split_once("\n\n[limits]\n").unwrap();
    for setting in settings.lines() {
        let (name, _) = setting.split_once(" = ").unwrap();
        assert!(documented.iter().any(|row| row.split(' ').next() == Some(name)), "{name} in {documented:?}");
    }
}

#[test]
fn the_help_of_each_command_for_files_lists_its_exit_codes() {
    let manual = include_str!("../../../docs/operating.md");
    let (_, table) = manual.split_once("| code | meaning |\n|---|---|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    for name in ["send-file", "receive"] {
        let help = String::from_utf8(command(&[name, "--help"]).output().unwrap().stdout).unwrap();
        let (_, codes) = help.split_once("Exit codes").unwrap();
        let is_listed = |code: &str| codes.split([' ', '\n', ',']).any(|word| word == code);
        let rows = table.lines().map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
        let mine =
            rows.filter(|row| row[2].contains(&format!("`{name}`")) || ["0", "1", "2"].contains(&row[1]));
        let mine: Vec<_> = mine.map(|row| row[1]).collect();
        assert!(mine.len() > 9 && mine.iter().all(|code| is_listed(code)), "{mine:?} in {codes}");
    }
}

#[test]
fn every_limit_is_documented_with_its_default() {
    let printed = printed();
    let (_, limits) = printed.split_once("[limits]\n").unwrap();
    let limit = |line: &str| {
        let (setting, _) = line.split_once('#').unwrap();
        let (name, value) = setting.split_once(" = ").unwrap();
        (name.to_owned(), value.trim().trim_matches('"').to_owned())
    };
    let in_force: Vec<(String, String)> = limits.lines().map(limit).collect();
    assert!(in_force.len() > 40, "{printed}");
    assert_eq!(documented(), in_force);
}
