//! What can stand at the cursor: commands, names, rooms, paths, emoji.

use std::ops::Range;

use chat_net::chat_core::UserName;

use super::commands::{self, Wants};
use super::emoji;
use super::folder::Folders;
use crate::draft::Draft;
use crate::tui::clean::Clean;
use crate::tui::model::{Model, Of};

/// So many are gone through.
const OFFERED: usize = 100;

/// What can stand at a place of the draft, and which of that stands there.
#[derive(Debug)]
pub(super) struct Completion {
    there: Range<usize>,
    offers: Vec<String>,
    at: usize,
}

/// Why there is nothing to put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// Nothing fits.
    Fits,
    /// A folder is being read; the next key may know more.
    Yet,
}

impl Completion {
    /// Puts the first in, or the last.
    pub(super) fn begin(
        draft: &mut Draft,
        model: &Model,
        folders: &mut Folders,
        forwards: bool,
    ) -> Result<Completion, Nothing> {
        let before = &draft.text[..draft.cursor];
        let (start, offers) = offers(before, model, folders);
        let mut offers = offers.ok_or(Nothing::Yet)?;
        offers.retain(|offer| offer != &before[start..]);
        offers.truncate(OFFERED);
        let last = offers.len().checked_sub(1).ok_or(Nothing::Fits)?;
        let mut completion =
            Completion { there: start..draft.cursor, offers, at: if forwards { 0 } else { last } };
        completion.put(draft).then_some(completion).ok_or(Nothing::Fits)
    }

    /// Puts the next in, or the one before.
    pub(super) fn next(&mut self, draft: &mut Draft, forwards: bool) {
        let count = self.offers.len();
        self.at = (self.at + if forwards { 1 } else { count - 1 }) % count;
        self.put(draft);
    }

    /// Whether what was put in still stands there: the window may be another one by now.
    pub(super) fn stands(&self, draft: &Draft) -> bool {
        let there = draft.text.get(self.there.clone());
        draft.cursor == self.there.end && there == self.offers[self.at].get(..self.there.len())
    }

    /// Whether there is nothing to go through.
    pub(super) fn is_settled(&self) -> bool {
        self.offers.len() == 1
    }

    /// All of them, from the one that stands there on.
    pub(super) fn question(&self) -> Clean {
        let (before, from) = self.offers.split_at(self.at);
        let names: Vec<_> = from.iter().chain(before).map(|offer| offer.trim_end()).collect();
        Clean::line(&names.join("  "))
    }

    fn put(&mut self, draft: &mut Draft) -> bool {
        let offer = &self.offers[self.at];
        // A blank that stands there already is not put in again.
        let is_apart = draft.text[self.there.end..].starts_with(' ');
        let offer = if is_apart { offer.trim_end() } else { offer };
        let has_room = draft.put(self.there.clone(), offer);
        if has_room {
            self.there.end = self.there.start + offer.len();
        }
        has_room
    }
}

/// Where the word before the cursor begins, and what it can become; `None` if that is not known yet.
fn offers(before: &str, model: &Model, folders: &mut Folders) -> (usize, Option<Vec<String>>) {
    if let Some(start) = emoji::begun(before) {
        return (start, Some(emojis(&before[start + 1..])));
    }
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + blank(before, at));
    let word = &before[start..];
    // A slash that a blank follows is the beginning of no command.
    let names = |rest: &str| !rest.starts_with('/') && !rest.starts_with(char::is_whitespace);
    let is_command = before.strip_prefix('/').is_some_and(names);
    if start == 0 && is_command {
        let fit = commands::names().filter(|name| begins(name, &word[1..]));
        return (0, Some(fit.map(|name| format!("/{name} ")).collect()));
    }
    if !is_command {
        return (start, Some(said(word, start == 0, model)));
    }
    let mut words = before[1..start].split_whitespace();
    let command = words.next().unwrap_or_default();
    match commands::wants(command, words.count()) {
        // A path may hold blanks: it is all that follows.
        Wants::Path => path_offers(before, command, folders),
        wants => (start, Some(behind_command(word, wants, model))),
    }
}

fn behind_command(word: &str, wants: Wants, model: &Model) -> Vec<String> {
    let fit = |known: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        known.filter(|known| begins(known, word)).map(|known| format!("{known} ")).collect()
    };
    match wants {
        Wants::User => ended(users(word, model), " "),
        Wants::Room => {
            let sign = if word.starts_with('#') { "#" } else { "" };
            let fit = rooms(word.trim_start_matches('#'), model);
            fit.into_iter().map(|room| format!("{sign}{room} ")).collect()
        }
        Wants::Recipient | Wants::Hashed if word.starts_with('#') => said(word, false, model),
        Wants::Recipient => ended(users(word, model), " "),
        Wants::Text | Wants::Hashed => said(word, false, model),
        Wants::OneOf(words) => fit(&mut words.iter().copied()),
        Wants::Command => fit(&mut commands::names()),
        Wants::Path | Wants::Nothing => Vec::new(),
    }
}

/// What a word of a message can become: whom one talks to, at its beginning.
fn said(word: &str, is_first: bool, model: &Model) -> Vec<String> {
    if let Some(begun) = word.strip_prefix('#') {
        return rooms(begun, model).into_iter().map(|room| format!("#{room} ")).collect();
    }
    if let Some(begun) = word.strip_prefix('@') {
        return users(begun, model).into_iter().map(|user| format!("@{user} ")).collect();
    }
    if word.is_empty() {
        return Vec::new();
    }
    ended(users(word, model), if is_first { ": " } else { " " })
}

fn ended(names: Vec<String>, end: &str) -> Vec<String> {
    names.into_iter().map(|name| name + end).collect()
}

/// Whoever is here with such a name: first those who talked last, then the others in the room, then who whispered.
fn users(begun: &str, model: &Model) -> Vec<String> {
    /// So many rows are looked at for who talked last.
    const TALK: i64 = 200;
    let window = model.windows.current();
    let talked = (1..=TALK).filter_map(|up| window.rows.get(window.rows.end().plus(-up))?.author.as_ref());
    let members = window.members.iter().map(|(_, user)| user);
    let whispered = model.windows.iter().filter_map(|window| match &window.of {
        Of::User(user) => Some(user),
        _ => None,
    });
    let mut found: Vec<String> = Vec::new();
    for user in talked.chain(members).chain(whispered).map(UserName::as_str) {
        let is_known = || found.iter().any(|known| known.eq_ignore_ascii_case(user));
        if begins(user, begun) && !user.eq_ignore_ascii_case(model.me()) && !is_known() {
            found.push(user.to_owned());
        }
        if found.len() == OFFERED {
            break;
        }
    }
    found
}

fn rooms(begun: &str, model: &Model) -> Vec<String> {
    let rooms = model.windows.iter().filter_map(|window| match &window.of {
        Of::Room(room) => Some(room.as_str()),
        _ => None,
    });
    rooms.filter(|room| begins(room, begun)).map(str::to_owned).collect()
}

fn emojis(begun: &str) -> Vec<String> {
    if begun.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    for (_, emoji) in emoji::all().filter(|(name, _)| begins(name, begun)) {
        if !found.iter().any(|known| known == emoji) {
            found.push(emoji.to_owned());
        }
    }
    found
}

/// Behind the command and its first word, the file names that fit what follows.
fn path_offers(before: &str, command: &str, folders: &mut Folders) -> (usize, Option<Vec<String>>) {
    let behind = |text: &str| text.len() - text.trim_start().len();
    let mut start = 1 + command.len();
    start += behind(&before[start..]);
    start += before[start..].find(char::is_whitespace).unwrap_or(before.len() - start);
    start += behind(&before[start..]);
    let path = &before[start..];
    let name = path.rfind(is_separator).map_or(0, |at| at + 1);
    (start + name, folders.begin_so(&path[..name], &path[name..]))
}

fn is_separator(c: char) -> bool {
    std::path::is_separator(c)
}

fn begins(name: &str, begun: &str) -> bool {
    name.get(..begun.len()).is_some_and(|start| start.eq_ignore_ascii_case(begun))
}

/// The bytes of the blank there.
fn blank(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}
