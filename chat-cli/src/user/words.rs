//! What is shown of accounts.

use chat_net::chat_core::AccountInfo;
use serde::{Deserialize, Serialize};

use crate::output;

/// An account as it is listed. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) operator: bool,
    pub(super) disabled: bool,
    /// Whether somebody can log in by a password.
    pub(super) password: bool,
    /// Its sessions, those that sleep among them.
    pub(super) devices: usize,
    /// Whispers that wait for its next login.
    pub(super) waiting: usize,
}

impl From<&AccountInfo> for Row {
    fn from(info: &AccountInfo) -> Row {
        Row {
            name: info.name.to_string(),
            operator: info.is_operator,
            disabled: info.is_disabled,
            password: info.password.is_some(),
            devices: info.devices,
            waiting: info.waiting,
        }
    }
}

/// Prints all accounts.
pub(super) fn list(rows: &[Row], json: bool) -> anyhow::Result<()> {
    if json {
        for row in rows {
            output::json_line(&serde_json::to_string(row)?)?;
        }
        return Ok(());
    }
    if rows.is_empty() {
        output::status("- no accounts yet; 'chat-cli user add NAME' makes one");
        return Ok(());
    }
    Ok(output::text(&table(rows))?)
}

/// A table with a head; a name has no character that a terminal obeys.
fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max("NAME".len());
    let mut out = format!("{:width$}  {:>7}  {:>8}  STATE\n", "NAME", "DEVICES", "WHISPERS");
    for row in rows {
        let line = format!("{:width$}  {:>7}  {:>8}  {}", row.name, row.devices, row.waiting, state(row));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn state(row: &Row) -> String {
    let states =
        [(row.operator, "operator"), (row.disabled, "disabled"), (!row.password, "without a password")];
    states.iter().filter(|(is_so, _)| *is_so).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_who_is_what() {
        let row = |name: &str| Row {
            name: name.into(),
            operator: false,
            disabled: false,
            password: true,
            devices: 2,
            waiting: 0,
        };
        let rows = [
            Row { operator: true, ..row("alice") },
            row("bob"),
            Row { disabled: true, password: false, waiting: 256, ..row("a-long-name") },
        ];
        assert_eq!(
            table(&rows),
            "NAME         DEVICES  WHISPERS  STATE\n\
             alice              2         0  operator\n\
             bob                2         0\n\
             a-long-name        2       256  disabled, without a password\n"
        );
    }
}
