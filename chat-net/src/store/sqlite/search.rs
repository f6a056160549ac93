//! Search: the words of the messages, room by room, from the newest on, no further than the page needs.

use chat_core::{Event, Number, Timestamp};

use super::damage::{Trouble, is_damage, whole};
use super::row::number;
use super::view::{Bad, View};
use crate::store::words::Wanted;
use crate::store::{Messages, PageLimit, Past, newest, size};

const INDEX: &str = "the index of words";

/// A search over several rooms as it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Searching {
    /// For FTS5; `None`: nothing is wanted.
    words: Option<String>,
    before: Option<Timestamp>,
    limit: PageLimit,
    found: Messages,
    /// What cannot be searched.
    blocked: Option<String>,
}

/// The words in the language of FTS5. Each phrase is quoted and holds letters and digits only, so that nothing
/// in it means anything else than itself.
fn expression(wanted: &Wanted) -> Option<String> {
    let phrase = |phrase: &crate::store::words::Phrase| {
        format!("\"{}\"{}", phrase.words.join(" "), if phrase.is_prefix { " *" } else { "" })
    };
    let phrases: Vec<String> = wanted.0.iter().map(phrase).collect();
    (!phrases.is_empty()).then(|| phrases.join(" AND "))
}

impl Searching {
    pub(crate) fn new(words: &str, before: Option<Timestamp>, limit: PageLimit) -> Searching {
        let words = expression(&Wanted::parse(words));
        let limit = PageLimit { events: limit.events.max(1), bytes: limit.bytes };
        Searching { words, before, limit, found: Messages::default(), blocked: None }
    }

    /// Looks through one more room, from this number on.
    pub(crate) fn room(&mut self, view: &View<'_>, from: Number) -> Result<(), Trouble> {
        let Some(words) = self.words.clone() else { return Ok(()) };
        let top = match self.before {
            Some(at) => Number(view.divide(view.room.head, at)?.from.0.saturating_sub(1)),
            None => view.room.head,
        };
        let mut hits = Vec::new();
        let mut is_cut = false;
        let floor = view.floor().max(from);
        if floor <= top {
            is_cut = self.hits(view, &words, (floor, top), &mut hits)?;
        }
        if !is_cut
            && top >= view.room.first
            && from < view.floor()
            && let Some(what) = view.boundary()
        {
            self.blocked = Some(what);
        }
        // Trimmed at once: memory is bounded by the page, not by the number of rooms.
        hits.append(&mut self.found.events);
        let older = self.found.older || is_cut;
        self.found = newest(hits, self.limit);
        self.found.older |= older;
        Ok(())
    }

    /// The newest matches of a room; whether it was left before its end.
    fn hits(
        &self,
        view: &View<'_>,
        words: &str,
        (floor, top): (Number, Number),
        hits: &mut Vec<Past>,
    ) -> Result<bool, Trouble> {
        let cut = self.cut();
        let mut statement = view.conn.prepare_cached(
            "SELECT rowid FROM search WHERE search MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC",
        )?;
        let mut rows = statement.query((words, view.key(floor)?, view.key(top)?))?;
        let (mut bytes, mut last_at) = (0, None);
        while let Some(row) = rows.next().map_err(index)? {
            let number = number(row.get(0).map_err(index)?);
            if number < view.floor() {
                break;
            }
            let past = match whole(view.conn, &view.room, number).map_err(Trouble::Failed)? {
                Some(past) if matches!(past.event, Event::Said { .. }) => past,
                Some(_) => return Err(Trouble::Damaged(format!("{INDEX}: it finds what is no message"))),
                None => {
                    // It was said and cannot be shown: what is older is not shown, either.
                    let what = "it is found by its words, but is not what was written".into();
                    view.note(&Bad { number, what })?;
                    break;
                }
            };
            bytes += size(&past.event);
            let is_full = hits.len() >= self.limit.events || bytes > self.limit.bytes && !hits.is_empty();
            let at = past.stamp.at;
            if is_full && last_at != Some(at) || cut.is_some_and(|cut| at < cut) {
                return Ok(true);
            }
            last_at = Some(at);
            hits.push(past);
        }
        Ok(false)
    }

    /// What was said before this time is on no page any more: it is full.
    fn cut(&self) -> Option<Timestamp> {
        let bytes: usize = self.found.events.iter().map(|past| size(&past.event)).sum();
        let is_full = self.found.events.len() >= self.limit.events || bytes >= self.limit.bytes;
        self.found.events.first().filter(|_| is_full).map(|past| past.stamp.at)
    }

    /// What was found in all rooms together.
    pub(crate) fn finish(self) -> Result<Messages, Trouble> {
        match self.blocked {
            Some(what) if !self.found.older && self.found.events.is_empty() => Err(Trouble::Damaged(what)),
            Some(_) => Ok(Messages { older: true, ..self.found }),
            None => Ok(self.found),
        }
    }
}

/// Damage of the index is not damage of a room.
fn index(error: rusqlite::Error) -> Trouble {
    match is_damage(&error) {
        true => Trouble::Damaged(format!("{INDEX}: {error}")),
        false => Trouble::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_becomes_quoted_words() {
        let expression = |text| expression(&Wanted::parse(text));
        assert_eq!(expression("don't STOP"), Some("\"don t\" AND \"stop\"".into()));
        assert_eq!(expression("dep* \"in a row\""), Some("\"dep\" * AND \"in a row\"".into()));
        assert_eq!(
            expression("body:x NEAR(a b, 2) ^y"),
            Some("\"body x\" AND \"near a\" AND \"b\" AND \"2\" AND \"y\"".into())
        );
        assert_eq!(expression("* \" -- \0"), None);
    }
}
