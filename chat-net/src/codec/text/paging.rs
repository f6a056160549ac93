//! Paging back: `/history` and `/search` show a page, and the same command straight after it the one before.

use std::sync::Arc;

use chat_core::{Anchor, Number, Query, Timestamp};

/// How many messages a page has if no number is given.
const PAGE: u32 = 20;

/// Where a person stands who pages back. A line that is neither of these commands [stops](Paging::stop) it:
/// then the next page is the newest again.
#[derive(Debug, Default)]
pub struct Paging {
    /// The page that was shown last, or that is on its way.
    last: Option<Query>,
    /// Whether there are older ones than those on it.
    more: bool,
}

/// What such a command comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paged {
    /// This is to be asked, and its answer to be told to [`Paging::answered`].
    Query(Query),
    /// This is to be shown: there is nothing to ask.
    Note(String),
    /// It lacks something: a sentence that says how it is typed.
    Usage(&'static str),
}

/// The end of a page: its oldest message and whether there are older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageEnd {
    /// The number and time of its first message; none if it is empty.
    pub oldest: Option<(Number, Timestamp)>,
    /// Whether there are older ones.
    pub more: bool,
}

impl Paging {
    /// `/history` in `room`: its last messages, or those before the page that was shown just now.
    pub fn history(&mut self, limit: Option<u32>, room: Arc<str>) -> Paged {
        match self.last.take() {
            Some(next @ Query::History { .. }) if limit.is_none() && is_of(&next, &room) => {
                if !self.more {
                    return self.at_the_end(next, format!("#{room}: there are no older messages"));
                }
                self.ask(next)
            }
            _ => self.ask(Query::History { room, anchor: Anchor::Latest, limit: limit.unwrap_or(PAGE) }),
        }
    }

    /// `/search`: the newest matches, or without words those before the page that was shown just now.
    pub fn search(&mut self, room: Option<&str>, words: &str) -> Paged {
        let before = self.last.take();
        if !words.is_empty() {
            let (words, room) = (words.into(), room.map(Arc::from));
            return self.ask(Query::Search { words, room, before_time: None, limit: PAGE });
        }
        match before {
            Some(next @ Query::Search { .. }) if !self.more => {
                self.at_the_end(next, "there are no older matches".to_owned())
            }
            Some(next @ Query::Search { .. }) => self.ask(next),
            _ => Paged::Usage("type /search WORDS, or /search #ROOM WORDS"),
        }
    }

    /// The page that was asked for has been shown.
    pub fn answered(&mut self, end: PageEnd) {
        self.more = end.more;
        if let (Some(last), Some((number, at))) = (&mut self.last, end.oldest) {
            match last {
                Query::History { anchor, .. } => *anchor = Anchor::Before(number),
                Query::Search { before_time, .. } => *before_time = Some(at),
                Query::Users { .. }
                | Query::Rooms { .. }
                | Query::Transfers {}
                | Query::Room { .. }
                | Query::Audit { .. } => {}
            }
        } else {
            self.last = None;
        }
    }

    /// Something else was typed, or the page was refused.
    pub fn stop(&mut self) {
        self.last = None;
    }

    fn ask(&mut self, query: Query) -> Paged {
        self.last = Some(query.clone());
        Paged::Query(query)
    }

    fn at_the_end(&mut self, last: Query, what: String) -> Paged {
        self.last = Some(last);
        Paged::Note(what)
    }
}

fn is_of(query: &Query, wanted: &str) -> bool {
    matches!(query, Query::History { room, .. } if **room == *wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(room: &str, anchor: Anchor, limit: u32) -> Paged {
        Paged::Query(Query::History { room: room.into(), anchor, limit })
    }

    fn search(words: &str, before: Option<u64>) -> Paged {
        let before_time = before.map(Timestamp);
        Paged::Query(Query::Search { words: words.into(), room: None, before_time, limit: PAGE })
    }

    fn end(number: u64, more: bool) -> PageEnd {
        PageEnd { oldest: Some((Number(number), Timestamp(number * 1000))), more }
    }

    #[test]
    fn the_same_again_goes_further_back() {
        let mut paging = Paging::default();
        assert_eq!(paging.history(Some(5), "dev".into()), history("dev", Anchor::Latest, 5));
        paging.answered(end(40, true));
        assert_eq!(paging.history(None, "dev".into()), history("dev", Anchor::Before(Number(40)), 5));
        paging.answered(end(35, false));
        for _ in 0..2 {
            let note = "#dev: there are no older messages".to_owned();
            assert_eq!(paging.history(None, "dev".into()), Paged::Note(note));
        }
        assert_eq!(
            paging.history(Some(5), "dev".into()),
            history("dev", Anchor::Latest, 5),
            "a number begins anew"
        );
    }

    #[test]
    fn anything_else_in_between_begins_anew() {
        let mut paging = Paging::default();
        paging.history(None, "dev".into());
        paging.answered(end(40, true));
        assert_eq!(paging.history(None, "ops".into()), history("ops", Anchor::Latest, PAGE), "another room");
        paging.answered(end(7, true));
        paging.stop();
        assert_eq!(paging.history(None, "ops".into()), history("ops", Anchor::Latest, PAGE));
        paging.answered(end(7, true));
        assert_eq!(paging.search(None, "tea"), search("tea", None));
        paging.answered(PageEnd { oldest: None, more: false });
        assert!(matches!(paging.search(None, ""), Paged::Usage(_)), "nothing was found");
    }

    #[test]
    fn a_search_goes_on_without_words() {
        let mut paging = Paging::default();
        assert!(matches!(paging.search(None, ""), Paged::Usage(_)));
        assert_eq!(paging.search(None, "tea"), search("tea", None));
        paging.answered(end(9, true));
        assert_eq!(paging.search(None, ""), search("tea", Some(9000)));
        paging.answered(end(3, false));
        assert_eq!(paging.search(None, ""), Paged::Note("there are no older matches".to_owned()));
    }
}
