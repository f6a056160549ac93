//! The lists at the sides: windows at the left, members at the right.

use chat_net::chat_core::Role;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_core::style::Style;

use super::paint;
use super::theme::Theme;
use crate::tui::clean::{columns, fitting};
use crate::tui::model::{Model, Window};

/// An edge that keeps what was written from right to left from drawing a number behind it to its side: terminals that
/// turn text around turn a line that is drawn and digits, too, until a letter comes that is written from left to right.
/// This looks like a line, and is one (a click of Khoisan languages): so no control character has to be written.
const LETTER: &str = "ǀ";

/// So many windows are above the first that is drawn: the current one is always to be seen.
fn hidden(model: &Model, area: Rect) -> usize {
    (model.windows.current_index() + 1).saturating_sub(usize::from(area.height))
}

/// The place among all windows of the one that is drawn there.
pub(super) fn window_at(model: &Model, area: Rect, at: Position) -> Option<usize> {
    let index = hidden(model, area) + usize::from(at.y.checked_sub(area.y)?);
    (area.contains(at) && index < model.windows.len()).then_some(index)
}

/// Draws the windows, with what is unread in each: ` 2 #lobby      3`, `!3` if one is named.
pub(super) fn windows(model: &Model, theme: &Theme, area: Rect, cells: &mut Buffer) {
    let height = usize::from(area.height);
    let current = model.windows.current_index();
    let hidden = hidden(model, area);
    for ((at, window), y) in model.windows.iter().enumerate().skip(hidden).take(height).zip(area.y..) {
        let area = Rect { y, height: 1, ..area };
        let title = title(window, (at, at == current), usize::from(area.width));
        paint::line(&title, style(model, at, window, theme), area, cells);
    }
}

/// `>2 #lobby      3`: the window in that place, whether it is the one that is meant, and what is unread there. A room
/// that one is not in says so, with an `x` where there is no room for why.
pub(super) fn title(window: &Window, (at, is_it): (usize, bool), width: usize) -> String {
    let sign = if is_it { '>' } else { ' ' };
    let title = format!("{sign}{} {}", at + 1, window.of.title());
    let count = count(window);
    let behind = |out: &str| if count.is_empty() { out.to_owned() } else { format!("{out} {count}") };
    let behind = match window.out().map(|out| behind(&format!(" ({out})"))) {
        Some(long) if columns(&title) + columns(&long) < width => long,
        Some(_) => behind(" x"),
        None => count,
    };
    let room = width.saturating_sub(columns(&behind) + 1);
    let title = fitting(&title, room);
    let blank = " ".repeat(room - columns(&title));
    format!("{title}{blank}{behind}")
}

pub(super) fn style(model: &Model, at: usize, window: &Window, theme: &Theme) -> Style {
    match () {
        () if at == model.windows.current_index() => theme.bold(),
        () if window.is_mentioned => theme.mention(),
        () if window.unread > 0 => Style::new(),
        () => theme.faint(),
    }
}

/// What is unread in a window: nothing, `3`, `!3` if one is named.
pub(super) fn count(window: &Window) -> String {
    match (window.unread, window.is_mentioned) {
        (0, _) => String::new(),
        (unread, mentioned) => {
            let mark = if mentioned { "!" } else { "" };
            if unread > 99 { format!("{mark}99+") } else { format!("{mark}{unread}") }
        }
    }
}

/// Draws the members: owners as `@alice`, moderators as `+bob`, who lingers as `carol ~`.
pub(super) fn members(window: &Window, theme: &Theme, area: Rect, cells: &mut Buffer) {
    if window.out().is_some() {
        return;
    }
    let members = &window.members;
    let first = format!(" {}", how_many(members.total()));
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        paint::line(&fitting(&first, usize::from(row.width)), theme.faint(), row, cells);
    }
    let room = usize::from(area.height).saturating_sub(1);
    let shown = members.iter().take(room).count();
    let hidden = members.total().saturating_sub(shown as u64);
    // The last line says how many there are below.
    let shown = if hidden > 0 && shown == room { shown.saturating_sub(1) } else { shown };
    for ((role, user), row) in members.iter().take(shown).zip(rows.by_ref()) {
        let (mark, style) = match members.lingers(user) {
            true => (LINGERS, theme.faint()),
            false => ("", theme.name(user.as_str())),
        };
        // The mark is seen without colours, too, and however long the name is.
        let name =
            fitting(&format!("{}{user}", sign(role)), usize::from(row.width).saturating_sub(mark.len()));
        paint::line(&(name + mark), style, row, cells);
    }
    if let (more @ 1.., Some(row)) = (members.total().saturating_sub(shown as u64), rows.next()) {
        paint::line(
            &fitting(&format!(" and {more} more"), usize::from(row.width)),
            theme.faint(),
            row,
            cells,
        );
    }
}

/// What stands behind the name of a member without a connection.
const LINGERS: &str = " ~";

/// `2 members`
pub(super) fn how_many(members: u64) -> String {
    if members == 1 { "1 member".to_owned() } else { format!("{members} members") }
}

/// What stands before a name.
pub(super) fn sign(role: Role) -> char {
    match role {
        Role::Owner => '@',
        Role::Moderator => '+',
        Role::Member => ' ',
    }
}

/// Draws the edge of a list next to the messages.
pub(super) fn edge(theme: &Theme, messages: Rect, side: Rect, cells: &mut Buffer) {
    for row in side.intersection(cells.area).rows() {
        let turns = side.x > messages.x
            && (messages.left()..messages.right()).any(|x| turns(cells[(x, row.y)].symbol()));
        let symbol = if turns { LETTER } else { "│" };
        cells[(row.x, row.y)].set_symbol(symbol).set_style(theme.faint());
    }
}

/// Whether a text holds something of a script that is written from right to left.
pub(super) fn turns(symbol: &str) -> bool {
    !symbol.is_ascii()
        && symbol.chars().any(|c| {
            matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
                | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        })
}
