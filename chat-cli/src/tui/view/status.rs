//! The status line: where one is, how the connection is, what waits elsewhere, files, and the topic.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;

use super::paint;
use super::sides::{count, turns};
use super::theme::Theme;
use crate::files::percent;
use crate::tui::clean::{columns, fitting};
use crate::tui::input::count as count_of_bytes;
use crate::tui::model::{File, Link, Model, Stands};

/// Where no list of windows is shown, the line names so many of those that have news.
const NAMED: usize = 6;

/// What stands at the right end, behind the own name.
const HINT: &str = "F1 help ";

/// So many columns of a file's name are shown.
const NAME: usize = 24;

pub(super) fn draw(model: &Model, theme: &Theme, names_windows: bool, area: Rect, cells: &mut Buffer) {
    paint::fill(theme.bar(), area, cells);
    let window = model.windows.current();
    let out = window.out().map_or_else(String::new, |out| format!(" (you are not in it: {out})"));
    let mut parts = vec![window.of.title() + &out];
    parts.extend(link(&model.link));
    parts.extend(waiting(model));
    if names_windows {
        parts.extend(news(model));
    }
    parts.extend([true, false].into_iter().filter_map(|is_mine| transfers(model.files(), is_mine)));
    // What others wrote comes last: nothing stands behind it that it could push around.
    parts.extend(window.topic.as_ref().map(|topic| topic.as_str().to_owned()));
    let width = usize::from(area.width);
    // Before a message becomes too long, that is worth more than all else.
    let bytes = count_of_bytes(model).map(|count| format!(" {count} ")).filter(|count| count.len() < width);
    let room = width - bytes.as_ref().map_or(0, String::len);
    let mut line = fitting(&format!(" {}", parts.join(" | ")), room);
    // What is left over tells where there is more to be learnt.
    let blank = width - columns(&line);
    let named = format!("{} | {HINT}", model.me());
    let short = if blank > named.len() && !model.me().is_empty() { &named } else { HINT };
    let hint = bytes.as_deref().unwrap_or(short);
    if bytes.is_some() || blank > hint.len() {
        line += &" ".repeat(blank - hint.len());
        line += hint;
    }
    paint::line(&line, theme.bar(), area, cells);
}

/// What the connection is doing, if that is worth a word.
fn link(link: &Link) -> Option<String> {
    match link {
        Link::Connecting => Some("connecting".to_owned()),
        Link::Here { silent_s: silent @ 1.., .. } => Some(format!("no answer for {silent} s")),
        Link::Here { lag_ms, .. } => lag_ms.map(|ms| format!("{ms} ms")),
        Link::Away { left_s: 0, .. } => Some("OFFLINE, connecting".to_owned()),
        Link::Away { left_s, .. } => Some(format!("OFFLINE, next try in {left_s} s")),
        Link::Ended { why } => Some(format!("ENDED: {}", why.as_str())),
    }
}

/// How many lines wait, where that is not over at once.
fn waiting(model: &Model) -> Option<String> {
    let is_prompt = matches!(model.link, Link::Here { silent_s: 0, .. });
    match model.waiting {
        _ if is_prompt => None,
        0 => None,
        1 => Some("1 line waits".to_owned()),
        more => Some(format!("{more} lines wait")),
    }
}

/// `↑ photo.jpg 40 %`, `↓ 3 files 12 %`: what goes, or what comes, is there so far.
fn transfers(files: &[File], is_mine: bool) -> Option<String> {
    let moving = || files.iter().filter(|file| file.is_mine == is_mine && file.stands.progress().is_some());
    let first = moving().next()?;
    let add =
        |sum: (u64, u64), more: (u64, u64)| (sum.0.saturating_add(more.0), sum.1.saturating_add(more.1));
    let (there, bytes) = moving().filter_map(|file| file.stands.progress()).fold((0, 0), add);
    let what = match moving().count() {
        // The number behind it would be drawn before it.
        1 if turns(first.name.as_str()) => "a file".to_owned(),
        1 => fitting(first.name.as_str(), NAME),
        more => format!("{more} files"),
    };
    let arrow = if is_mine { '↑' } else { '↓' };
    let stands = moving().all(|file| matches!(file.stands, Stands::Paused { .. }));
    let paused = if stands { ", paused" } else { "" };
    Some(format!("{arrow} {what} {} %{paused}", percent(there, bytes)))
}

/// `2:3 4:!1`: in window 2 three are unread, in window 4 one that names whoever reads.
fn news(model: &Model) -> Option<String> {
    let others = model.windows.iter().enumerate().filter(|(at, _)| *at != model.windows.current_index());
    let named =
        |is: bool| others.clone().filter(move |(_, window)| window.unread > 0 && window.is_mentioned == is);
    let all: Vec<String> = named(true)
        .chain(named(false))
        .take(NAMED)
        .map(|(at, window)| format!("{}:{}", at + 1, count(window)))
        .collect();
    (!all.is_empty()).then(|| all.join(" "))
}
