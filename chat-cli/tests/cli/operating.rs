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

#[test]
fn every_limit_is_documented_with_its_default() {
    let printed = String::from_utf8(command(&["config", "print"]).output().unwrap().stdout).unwrap();
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
