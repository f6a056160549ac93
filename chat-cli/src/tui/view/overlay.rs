//! What is shown over the messages: help, files, members, windows, what was found.

use chat_net::chat_core::Role;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;

use super::layout::Layout;
use super::scroll::Move;
use super::theme::Theme;
use super::wrap::wrapped;
use super::{paint, sides};
use crate::files::percent;
use crate::tui::clean::{columns, fitting};
use crate::tui::help::{self, Line};
use crate::tui::model::{File, Hit, Model, Of, Overlay, Shows, Stands};

/// On smaller screens nothing else is seen beside it.
const WHOLE: (u16, u16) = (40, 12);

/// It covers the lists at the sides, too, where the messages are narrower than the lines of help are.
const ENOUGH: u16 = 78;

/// Wider areas have what a key or command does beside it, from this column on; narrower ones below it.
const BESIDE: usize = 60;
const COLUMN: usize = 28;

/// Lines of a file.
const FILE_LINES: usize = 2;

/// The columns of a bar that shows how far a file is, and where there are few.
const BAR: usize = 20;
const SHORT_BAR: usize = 8;

/// A line, in parts that each look their way.
type Parts = Vec<(String, Style)>;

/// Where it is drawn.
fn place(layout: &Layout, screen: Rect) -> Rect {
    let messages = layout.messages;
    match () {
        () if screen.width <= WHOLE.0 || screen.height <= WHOLE.1 => screen,
        () if messages.width >= ENOUGH => messages,
        () => Rect { x: screen.x, width: screen.width, ..messages },
    }
}

/// Draws it over what is there; gives whether all of the screen is covered.
pub(super) fn draw(
    model: &Model,
    overlay: &Overlay,
    theme: &Theme,
    (layout, screen): (&Layout, Rect),
    cells: &mut Buffer,
) -> bool {
    let area = place(layout, screen);
    paint::fill(Style::new(), area, cells);
    let lines = lines(model, overlay, theme, usize::from(area.width));
    let height = usize::from(area.height.saturating_sub(1));
    let top = top(model, overlay, lines.len(), height);
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        let last = (top + height).min(lines.len());
        let hidden = lines.len() > height;
        let part = if hidden { format!("{}-{last} of {}  ", top + 1, lines.len()) } else { String::new() };
        title(model, overlay.shows, &part, theme, row, cells);
    }
    for (line, row) in lines.into_iter().skip(top).zip(rows) {
        line.into_iter().fold(row, |left, (text, style)| paint::put(&text, style, left, cells));
    }
    area == screen
}

/// Scrolls it, or chooses another entry, on a screen of that size.
pub(crate) fn leafed(model: &mut Model, screen: Rect, by: Move) {
    let Some(mut overlay) = model.overlay.take() else { return };
    let area = place(&Layout::new(model, screen), screen);
    let height = usize::from(area.height.saturating_sub(1));
    let page = height.saturating_sub(1).max(1);
    match &mut overlay.shows {
        Shows::Windows { chosen } => *chosen = stepped(*chosen, by, page, model.windows.len()),
        Shows::Found { chosen } => *chosen = stepped(*chosen, by, page, model.found.hits().len()),
        Shows::Files { chosen } => {
            let files = model.files();
            let at = stepped(file_index(files, *chosen), by, (page / FILE_LINES).max(1), files.len());
            *chosen = files.get(at).map(|file| file.transfer);
        }
        Shows::Help | Shows::Members => {
            let count = lines(model, &overlay, &Theme::default(), usize::from(area.width)).len();
            overlay.top = stepped(overlay.top, by, page, (count + 1).saturating_sub(height));
        }
    }
    model.overlay = Some(overlay);
}

/// Another place among so many.
fn stepped(at: usize, by: Move, page: usize, count: usize) -> usize {
    let to = match by {
        Move::Up(steps) => at.saturating_sub(steps),
        Move::Down(steps) => at + steps,
        Move::PageUp => at.saturating_sub(page),
        Move::PageDown => at + page,
        Move::Top => 0,
        Move::End => usize::MAX,
    };
    to.min(count.saturating_sub(1))
}

/// Where the chosen file stands.
pub(super) fn file_index(files: &[File], chosen: Option<chat_net::chat_core::TransferId>) -> usize {
    files.iter().position(|file| Some(file.transfer) == chosen).unwrap_or(0)
}

/// The first line that is seen: what is chosen is among them.
fn top(model: &Model, overlay: &Overlay, count: usize, height: usize) -> usize {
    let end = match overlay.shows {
        Shows::Files { chosen } => (file_index(model.files(), chosen) + 1) * FILE_LINES,
        Shows::Windows { chosen } => chosen + 1,
        // Behind the last one stands that there are older ones.
        Shows::Found { chosen } if chosen + 1 == model.found.hits().len() => count,
        Shows::Found { chosen } => chosen + 1,
        Shows::Help | Shows::Members => return overlay.top.min(count.saturating_sub(height)),
    };
    end.saturating_sub(height)
}

/// What it is, how much of it is seen, and what the keys do.
fn title(model: &Model, shows: Shows, part: &str, theme: &Theme, area: Rect, cells: &mut Buffer) {
    let (what, keys) = match shows {
        Shows::Help => ("Help".to_owned(), "PgUp, PgDn, "),
        Shows::Files { .. } => ("Files".to_owned(), "y accepts, n declines, c calls off, p pauses, "),
        Shows::Members => (format!("Members of {}", model.windows.current().of.title()), "PgUp, PgDn, "),
        Shows::Windows { .. } => ("Windows".to_owned(), "Up, Down, Enter, "),
        Shows::Found { .. } => ("Found".to_owned(), "Up, Down, Enter, "),
    };
    let width = usize::from(area.width);
    let what = fitting(&format!(" {what}"), width);
    let room = width - columns(&what);
    let hints = [format!("{part}{keys}Esc closes "), format!("{part}Esc closes "), "Esc closes ".to_owned()];
    let hint = hints.iter().find(|hint| columns(hint) < room).map_or("", String::as_str);
    let blank = " ".repeat(room - columns(hint));
    paint::line(&format!("{what}{blank}{hint}"), theme.hint(), area, cells);
}

/// All lines of it, in an area so wide.
fn lines(model: &Model, overlay: &Overlay, theme: &Theme, width: usize) -> Vec<Parts> {
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
