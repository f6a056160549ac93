//! The lines of what is shown over the messages.

use chat_net::chat_core::Role;
use ratatui_core::style::Style;

use super::sides;
use super::theme::Theme;
use super::wrap::wrapped;
use crate::files::percent;
use crate::tui::clean::{columns, fitting};
use crate::tui::help::{self, Line};
use crate::tui::model::{File, Hit, Model, Of, Overlay, Shows, Stands};

/// Wider areas have what a key or command does beside it, from this column on; narrower ones below it.
const BESIDE: usize = 60;
const COLUMN: usize = 28;

/// Lines of a file.
pub(super) const FILE_LINES: usize = 2;

/// The columns of a bar that shows how far a file is, and where there are few.
const BAR: usize = 20;
const SHORT_BAR: usize = 8;

/// A line, in parts that each look their way.
pub(super) type Parts = Vec<(String, Style)>;

/// All lines of it, in an area so wide.
pub(super) fn lines(model: &Model, overlay: &Overlay, theme: &Theme, width: usize) -> Vec<Parts> {
    match overlay.shows {
        // The first heading needs no blank line before it.
        Shows::Help => help::lines().iter().flat_map(|line| help_lines(line, theme, width)).skip(1).collect(),
        Shows::Members => members(model, theme, width),
        Shows::Windows { chosen } => windows(model, chosen, theme, width),
        Shows::Found { chosen } => found(model, chosen, theme, width),
        Shows::Files { chosen } => {
            let files = model.files();
            let chosen = file_index(files, chosen);
            let said = |(at, file)| file_lines(file, at == chosen, theme, width);
            let none = || vec![vec![(" no files are offered or on their way".to_owned(), theme.faint())]];
            if files.is_empty() { none() } else { files.iter().enumerate().flat_map(said).collect() }
        }
    }
}

/// Where the chosen file stands.
pub(super) fn file_index(files: &[File], chosen: Option<chat_net::chat_core::TransferId>) -> usize {
    files.iter().position(|file| Some(file.transfer) == chosen).unwrap_or(0)
}

fn help_lines(line: &Line, theme: &Theme, width: usize) -> Vec<Parts> {
    let broken = |text: &str, first: usize, rest: usize| -> Vec<String> {
        let ranges = wrapped(text, width.saturating_sub(first), width.saturating_sub(rest));
        ranges.into_iter().map(|range| text[range].to_owned()).collect()
    };
    match line {
        Line::Heading(heading) => vec![Vec::new(), vec![(format!(" {heading}"), theme.hint())]],
        Line::Plain(text) => {
            broken(text, 2, 2).into_iter().map(|text| vec![(format!("  {text}"), Style::new())]).collect()
        }
        Line::Entry(what, does) => {
            let is_beside = width >= BESIDE && columns(what) + 4 <= COLUMN;
            let indent = if width >= BESIDE { COLUMN } else { 6.min(width / 4) };
            let mut lines = Vec::new();
            let mut head = fitting(&format!("  {what}"), width);
            if !is_beside {
                lines.push(vec![(std::mem::take(&mut head), theme.bold())]);
            }
            for text in broken(does, indent, indent) {
                let blank = " ".repeat(indent.saturating_sub(columns(&head)));
                lines.push(vec![
                    (std::mem::take(&mut head), theme.bold()),
                    (format!("{blank}{text}"), Style::new()),
                ]);
            }
            lines
        }
    }
}

fn members(model: &Model, theme: &Theme, width: usize) -> Vec<Parts> {
    let window = model.windows.current();
    let none = match (&window.of, window.out()) {
        (Of::Room(_), None) => None,
        (Of::Room(_), Some(_)) => Some(" you are not in this room"),
        _ => Some(" this window is no room"),
    };
    if let Some(none) = none {
        return vec![vec![(fitting(none, width), theme.faint())]];
    }
    let members = &window.members;
    let role = |role| match role {
        Role::Owner => "  owner",
        Role::Moderator => "  moderator",
        Role::Member => "",
    };
    let line = |(rank, user): (Role, &chat_net::chat_core::UserName)| {
        let name = fitting(&format!(" {}{user}", sides::sign(rank)), width);
        vec![(name, theme.name(user.as_str())), (role(rank).to_owned(), theme.faint())]
    };
    let first = vec![(format!(" {}", sides::how_many(members.total())), theme.faint())];
    let mut lines: Vec<Parts> = std::iter::once(first).chain(members.iter().map(line)).collect();
    if let more @ 1.. = members.total().saturating_sub(members.iter().count() as u64) {
        lines.push(vec![(format!(" and {more} more"), theme.faint())]);
    }
    lines
}

fn windows(model: &Model, chosen: usize, theme: &Theme, width: usize) -> Vec<Parts> {
    let line = |(at, window)| {
        let style = if at == chosen { theme.bar() } else { sides::style(model, at, window, theme) };
        vec![(sides::title(window, (at, at == chosen), width), style)]
    };
    model.windows.iter().enumerate().map(line).collect()
}

fn found(model: &Model, chosen: usize, theme: &Theme, width: usize) -> Vec<Parts> {
    let hits = model.found.hits();
    let faint = |text: &str| vec![(fitting(text, width), theme.faint())];
    if hits.is_empty() {
        return vec![faint(" nothing yet: type /search WORDS")];
    }
    let line = |(at, hit)| found_line(model, hit, at == chosen, theme, width);
    let more = model.found.has_more().then(|| faint(" older ones come as you go down"));
    hits.iter().enumerate().map(line).chain(more).collect()
}

/// `>2025-11-21 14:05 #lobby bob: good morning`
fn found_line(model: &Model, hit: &Hit, is_chosen: bool, theme: &Theme, width: usize) -> Parts {
    let sign = if is_chosen { '>' } else { ' ' };
    let at = model.zone.local(hit.at);
    let ((year, month, day), (hours, minutes, _)) = (at.date(), at.clock());
    let time = match width {
        BESIDE.. => format!("{year}-{month:02}-{day:02} {hours:02}:{minutes:02} "),
        _ => String::new(),
    };
    let (head, name) = (format!("{sign}{time}#{} ", hit.room), hit.author.as_str().to_owned());
    let room = width.saturating_sub(columns(&head) + columns(&name));
    let text = fitting(&format!(": {}", hit.text.as_str()), room);
    let style = |style| if is_chosen { theme.bar() } else { style };
    vec![
        (head, style(theme.faint())),
        (name, style(theme.name(hit.author.as_str()))),
        (text, style(Style::new())),
    ]
}

fn file_lines(file: &File, is_chosen: bool, theme: &Theme, width: usize) -> [Parts; FILE_LINES] {
    let (sign, style) = if is_chosen { ('>', theme.bold()) } else { (' ', Style::new()) };
    let arrow = if file.is_mine { '↑' } else { '↓' };
    let head = format!("{sign}{} {arrow} {}", file.transfer, file.what.as_str());
    let number = file.transfer;
    let stands = match &file.stands {
        Stands::Offered if file.is_mine => format!("offered; /cancel {number} takes it back"),
        Stands::Offered => format!("offered; /accept {number} or /decline {number}"),
        Stands::Declined => format!("you did not take it; /accept {number} takes it after all"),
        Stands::Running { there, bytes, pace } => {
            format!("{}  {}", bar(*there, *bytes, width), pace.as_str())
        }
        Stands::Paused { there, bytes, why } => {
            format!("{}  paused, {}", bar(*there, *bytes, width), why.as_str())
        }
        Stands::Done(there) => format!("done: {}", there.as_str()),
        Stands::Over(why) => format!("over: {}", why.as_str()),
    };
    let below = if file.stands.progress().is_some() { theme.offer() } else { theme.faint() };
    let line = |text: String, style| vec![(fitting(&text, width), style)];
    [line(head, style), line(format!("    {stands}"), below)]
}

/// `████░░░░░░  40 %`
fn bar(there: u64, bytes: u64, width: usize) -> String {
    let columns = if width >= BESIDE { BAR } else { SHORT_BAR };
    let share = percent(there, bytes);
    let full = usize::try_from(share).unwrap_or(0) * columns / 100;
    format!("{}{} {share:>3} %", "█".repeat(full), "░".repeat(columns - full))
}
