//! The lines of what is shown over the messages.

use std::ops::Range;

use chat_net::chat_core::{Role, TransferId, UserName};
use ratatui_core::style::Style;

use super::sides;
use super::theme::Theme;
use super::wrap::wrapped;
use crate::files::percent;
use crate::tui::clean::{columns, fitting};
use crate::tui::help::{self, Line};
use crate::tui::model::{File, Hit, Model, Of, Shows, Stands};

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

/// All lines of it, of which only those that are asked for are made.
pub(super) struct List<'a> {
    /// How many there are.
    pub(super) count: usize,
    lines: Box<dyn FnOnce(Range<usize>) -> Vec<Parts> + 'a>,
}

impl<'a> List<'a> {
    /// What is shown, in an area so wide.
    pub(super) fn new(model: &'a Model, shows: Shows, theme: &'a Theme, width: usize) -> List<'a> {
        match shows {
            Shows::Help => {
                // The first heading needs no blank line before it.
                let all = help::lines().iter().flat_map(|line| help_lines(line, theme, width)).skip(1);
                let all: Vec<Parts> = all.collect();
                List::of(all.len(), all.into_iter(), |line| line)
            }
            Shows::Members => members(model, theme, width),
            Shows::Windows { chosen } => windows(model, chosen, theme, width),
            Shows::Found { chosen } => found(model, chosen, theme, width),
            Shows::Files { chosen } => files(model, chosen, theme, width),
        }
    }

    fn of<T>(count: usize, all: impl Iterator<Item = T> + 'a, line: impl Fn(T) -> Parts + 'a) -> List<'a> {
        let lines = |seen: Range<usize>| all.skip(seen.start).take(seen.len()).map(line).collect();
        List { count, lines: Box::new(lines) }
    }

    /// It is empty, and says why.
    fn none(why: &str, theme: &Theme, width: usize) -> List<'a> {
        let line = vec![(fitting(why, width), theme.faint())];
        List::of(1, std::iter::once(line), |line| line)
    }

    /// These of its lines.
    pub(super) fn lines(self, seen: Range<usize>) -> Vec<Parts> {
        (self.lines)(seen)
    }
}

/// Where the chosen file stands.
pub(super) fn file_index(files: &[File], chosen: Option<TransferId>) -> usize {
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

fn members<'a>(model: &'a Model, theme: &'a Theme, width: usize) -> List<'a> {
    let window = model.windows.current();
    match (&window.of, window.out()) {
        (Of::Room(_), None) => {}
        (Of::Room(_), Some(_)) => return List::none(" you are not in this room", theme, width),
        _ => return List::none(" this window is no room", theme, width),
    }
    let members = &window.members;
    let (total, listed) = (members.total(), members.listed());
    let more = Some(total.saturating_sub(listed as u64)).filter(|more| *more > 0);
    let faint = |text: String| vec![(text, theme.faint())];
    let head = std::iter::once(faint(format!(" {}", sides::how_many(total))));
    let last = more.map(|more| faint(format!(" and {more} more")));
    let lines = head.map(Ok).chain(members.iter().map(Err)).chain(last.map(Ok));
    List::of(1 + listed + usize::from(more.is_some()), lines, move |line| {
        line.unwrap_or_else(|(rank, user)| member_line((rank, user), members.lingers(user), theme, width))
    })
}

fn member_line((rank, user): (Role, &UserName), lingers: bool, theme: &Theme, width: usize) -> Parts {
    let role = match rank {
        Role::Owner => "  owner",
        Role::Moderator => "  moderator",
        Role::Member => "",
    };
    let name = fitting(&format!(" {}{user}", sides::sign(rank)), width);
    let lingers = if lingers { "  no connection for now" } else { "" };
    vec![(name, theme.name(user.as_str())), (role.to_owned() + lingers, theme.faint())]
}

fn windows<'a>(model: &'a Model, chosen: usize, theme: &'a Theme, width: usize) -> List<'a> {
    List::of(model.windows.len(), model.windows.iter().enumerate(), move |(at, window)| {
        let style = if at == chosen { theme.bar() } else { sides::style(model, at, window, theme) };
        vec![(sides::title(window, (at, at == chosen), width), style)]
    })
}

fn found<'a>(model: &'a Model, chosen: usize, theme: &'a Theme, width: usize) -> List<'a> {
    let hits = model.found.hits();
    if hits.is_empty() {
        return List::none(" nothing yet: type /search WORDS", theme, width);
    }
    let more = model.found.has_more().then_some(None);
    let count = hits.len() + usize::from(more.is_some());
    List::of(count, hits.iter().map(Some).chain(more).enumerate(), move |(at, hit)| match hit {
        Some(hit) => found_line(model, hit, at == chosen, theme, width),
        None => vec![(fitting(" older ones come as you go down", width), theme.faint())],
    })
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

fn files<'a>(model: &'a Model, chosen: Option<TransferId>, theme: &'a Theme, width: usize) -> List<'a> {
    let files = model.files();
    if files.is_empty() {
        return List::none(" no files are offered or on their way", theme, width);
    }
    let chosen = file_index(files, chosen);
    List::of(files.len() * FILE_LINES, 0.., move |line| {
        let at = line / FILE_LINES;
        let [head, below] = file_lines(&files[at], at == chosen, theme, width);
        if line % FILE_LINES == 0 { head } else { below }
    })
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn only_lines_that_are_seen_are_made() {
        let made = Cell::new(0);
        let list = List::of(10_000, 0..10_000, |number| {
            made.set(made.get() + 1);
            vec![(number.to_string(), Style::new())]
        });
        let lines = list.lines(40..44);
        assert_eq!((lines.len(), lines[3][0].0.as_str(), made.get()), (4, "43", 4));
    }
}
