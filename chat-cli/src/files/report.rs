//! How the commands tell what happens: as bars in a terminal, as lines without one, as JSON for programs.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use chat_net::chat_core::{FileHash, Offer, TransferId, UserName, printable};
use chat_net::client::{FileEvent, Landing};
use serde::Serialize;

use super::path::absolute;
use super::story::Story;
use crate::output;
use crate::rows::{LastRow, Row, Rows};
use crate::terminal::{Size, terminal_size, wraps};

/// Something to tell.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct News {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<FileHash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<serde_json::Value>,
    /// The same for people.
    #[serde(skip)]
    text: Option<String>,
}

impl News {
    /// Of no transfer that has a number: `text` says it.
    pub(crate) fn of(event: &'static str, text: String) -> News {
        News { event, text: Some(text), ..News::default() }
    }

    /// Nobody else is in this room yet.
    pub(crate) fn alone_in(room: &str) -> News {
        let text = format!("nobody else is in #{room}: it is new, or all have left it");
        News::of("waiting", text).why("nobody_there")
    }

    /// The same with a reason for programs.
    pub(crate) fn why(self, why: &str) -> News {
        News { why: Some(why.into()), ..self }
    }

    /// The same with whom it is about.
    pub(crate) fn user(self, user: &str) -> News {
        News { user: Some(user.to_owned()), ..self }
    }

    /// The same of a file that has no number yet, or none any more.
    pub(crate) fn name(self, name: &str) -> News {
        News { name: Some(name.to_owned()), ..self }
    }

    fn of_offer(event: &'static str, offer: &Offer) -> News {
        let (transfer, name) = (Some(offer.transfer), Some(offer.name.as_str().to_owned()));
        News { event, transfer, name, size: Some(offer.size), ..News::default() }
    }
}

/// What is told of one file, as the program counts them.
pub(crate) type Key = usize;

/// Where all of it goes.
#[derive(Debug)]
pub(crate) struct Report {
    form: Form,
    stories: BTreeMap<Key, Story>,
    hashes: BTreeMap<TransferId, FileHash>,
    /// When the progress of a copy was told last, to programs.
    progress: BTreeMap<(Key, UserName), Instant>,
    /// Whether standard output has nothing but the paths of received files.
    prints_paths: bool,
}

#[derive(Debug)]
enum Form {
    Lines,
    Bars { rows: Rows, size: Size },
    Json,
}

/// How often programs are told of progress.
const PROGRESS: Duration = Duration::from_secs(1);

/// Rows at most that show how far files are; as many as go at once.
const BARS: usize = 4;

impl Report {
    /// As JSON on standard output, or for people on standard error.
    pub(crate) fn new(json: bool, prints_paths: bool) -> Report {
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let form = match io::stderr().is_terminal() {
            _ if json => Form::Json,
            true if !dumb => Form::Bars { rows: Rows::default(), size: terminal_size(&io::stderr()) },
            _ => Form::Lines,
        };
        let (stories, hashes, progress) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Report { form, stories, hashes, progress, prints_paths }
    }

    /// The hash of a file is known.
    pub(crate) fn hash(&mut self, transfer: TransferId, hash: FileHash) {
        self.hashes.insert(transfer, hash);
    }

    /// A file is offered, or accepted to be received there.
    ///
    /// # Errors
    /// There can be no more output.
    pub(crate) fn started(
        &mut self,
        key: Key,
        offer: &Offer,
        me: &str,
        landing: Option<Landing>,
    ) -> io::Result<()> {
        if let Some(hash) = offer.hash {
            self.hash(offer.transfer, hash);
        }
        let story = Story::new(offer.clone(), me, landing, false);
        let begun = story.begin();
        let news =
            News { user: self.other_end(&story, None), text: begun, ..News::of_offer("offered", offer) };
        self.stories.insert(key, story);
        self.tell(&news)
    }

    /// Something happened to it.
    ///
    /// # Errors
    /// As [`Report::started`].
    pub(crate) fn happened(&mut self, key: Key, event: &FileEvent) -> io::Result<()> {
        let Some(story) = self.stories.get_mut(&key) else { return Ok(()) };
        let text = story.take(event);
        if let FileEvent::Progress { user, .. } = event
            && !self.is_due(key, user)
        {
            return Ok(());
        }
        let story = &self.stories[&key];
        let Some((name, user, bytes, why)) = parts(event) else { return Ok(()) };
        let mut news = News {
            user: self.other_end(story, user),
            bytes,
            why,
            text,
            ..News::of_offer(name, story.offer())
        };
        if let FileEvent::Finished { path, .. } = event {
            news.bytes = news.size;
            // JSON has no other texts than Unicode.
            news.path = path.as_deref().map(|path| absolute(path).to_string_lossy().into_owned());
            news.hash = self.hashes.get(&story.offer().transfer).copied();
        }
        self.tell(&news)
    }

    /// Whether progress is to be told: to programs, and about once a second.
    fn is_due(&mut self, key: Key, user: &UserName) -> bool {
        if !matches!(self.form, Form::Json) {
            return false;
        }
        let (now, copy) = (Instant::now(), (key, user.clone()));
        let is_due = self.progress.get(&copy).is_none_or(|told| now.duration_since(*told) >= PROGRESS);
        if is_due {
            self.progress.insert(copy, now);
        }
        is_due
    }

    /// Whether any file is offered, or accepted, and not over.
    pub(crate) fn has_begun(&self) -> bool {
        !self.stories.is_empty()
    }

    /// Nothing more comes of it.
    pub(crate) fn over(&mut self, key: Key) {
        self.progress.retain(|(of, _), _| *of != key);
        self.stories.remove(&key);
    }

    /// Whom it is about: at a receiver the sender, at a sender the receiver, if there is one already.
    fn other_end(&self, story: &Story, user: Option<String>) -> Option<String> {
        if story.is_mine() { user } else { Some(story.offer().from.as_str().to_owned()) }
    }

    /// Tells something.
    ///
    /// # Errors
    /// As [`Report::started`].
    pub(crate) fn tell(&mut self, news: &News) -> io::Result<()> {
        match &self.form {
            Form::Json => {
                let line = serde_json::to_string(news).map_err(io::Error::other)?;
                return output::json_line(&line);
            }
            Form::Lines => {
                if let Some(text) = &news.text {
                    output::status(&printable(text));
                }
            }
            Form::Bars { .. } => {
                let line = news.text.as_deref().map(|text| format!("{}\r\n", printable(text)));
                self.paint(&line.unwrap_or_default());
            }
        }
        match &news.path {
            Some(path) if self.prints_paths => {
                self.clear();
                output::line(path)
            }
            _ => Ok(()),
        }
    }

    /// Shows how far everything is by now.
    pub(crate) fn look(&mut self) {
        if matches!(self.form, Form::Bars { .. }) {
            self.paint("");
        }
    }

    /// Leaves the terminal to others, until there is something to show again.
    pub(crate) fn clear(&mut self) {
        if let Form::Bars { rows, .. } = &mut self.form {
            write(&rows.clear());
        }
    }

    /// Others have written to the terminal.
    pub(crate) fn forget(&mut self) {
        if let Form::Bars { rows, .. } = &mut self.form {
            rows.forget();
        }
    }

    fn paint(&mut self, above: &str) {
        let Form::Bars { rows, size } = &mut self.form else { return };
        let now = terminal_size(&io::stderr());
        let most = BARS.min(now.rows / 2);
        let bars: Vec<Row> =
            self.stories.values().filter_map(|story| story.row(now.columns)).take(most).collect();
        if now.columns != size.columns {
            write(&rows.paint_resized(now.columns, wraps(), &bars, LastRow::default()));
        }
        *size = now;
        write(&rows.paint(above, &bars, LastRow::default()));
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Writes to the terminal; nobody can be told if that fails.
fn write(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// What an event is called, and who, how many bytes and why.
type Parts = (&'static str, Option<String>, Option<u64>, Option<serde_json::Value>);

fn parts(event: &FileEvent) -> Option<Parts> {
    let name = |user: &UserName| Some(user.as_str().to_owned());
    Some(match event {
        FileEvent::Accepted { user, from } => ("accepted", name(user), Some(*from), None),
        FileEvent::Declined { user } => ("declined", name(user), None, None),
        FileEvent::Paused { user, why } => ("paused", name(user), None, serde_json::to_value(why).ok()),
        FileEvent::Resumed { user } => ("resumed", name(user), None, None),
        FileEvent::Progress { user, bytes } => ("progress", name(user), Some(*bytes), None),
        FileEvent::Finished { user, .. } => ("finished", name(user), None, None),
        FileEvent::Cancelled { user, why, .. } => {
            ("cancelled", name(user), None, serde_json::to_value(why).ok())
        }
        FileEvent::Closed { why } => ("closed", None, None, serde_json::to_value(why).ok()),
        FileEvent::Failed(error) => ("failed", None, None, Some(error.to_string().into())),
        _ => return None,
    })
}
