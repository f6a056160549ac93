//! One session from its first event to its end: input becomes asks, one after the other; what the server tells
//! is shown as it comes.
//!
//! An ask waits for the answer of the one before it. So answers come in the order of the lines, a line after
//! `/join` is said in the new room, and what is typed while the connection is away waits for its return.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;

use chat_net::chat_core::{Answer, Ask, Query};
use chat_net::client::{AskError, Client, Events, Notice, Why};
use chat_net::codec::{Secret, Told};

use super::files::{Errand, FileTold, Files};
use crate::connect::goodbye;
use crate::exit::Exit;
use crate::files::until;
use crate::settings::Who;
use crate::signals::Signals;
use crate::trust;

/// How one kind of user is talked to: a person at a terminal, a person's script, a program.
pub(crate) trait Face {
    /// How much may wait.
    fn ahead(&self) -> Ahead;

    /// Says that a line, or what was [to be done](Input::Do), was dropped because too many wait.
    ///
    /// # Errors
    /// There can be no more output.
    fn dropped(&mut self, is_line: bool) -> io::Result<()> {
        let _ = is_line;
        Ok(())
    }

    /// Waits for input. Cancel safe.
    ///
    /// # Errors
    /// There can be no more output.
    async fn input(&mut self) -> io::Result<Input>;

    /// What a line asks for. What it asks of nobody but this program is done.
    ///
    /// # Errors
    /// There can be no more output.
    fn act(&mut self, line: Vec<u8>) -> io::Result<Act>;

    /// Shows what happened, while so many lines wait, the one counted that is asked and not shown as answered.
    ///
    /// # Errors
    /// There can be no more output.
    fn notice(&mut self, notice: &Notice, waiting: usize) -> io::Result<()>;

    /// Shows what became of a file.
    ///
    /// # Errors
    /// There can be no more output.
    fn file(&mut self, told: FileTold) -> io::Result<()> {
        let _ = told;
        Ok(())
    }

    /// What was [to be done](Input::Do) is asked now.
    fn begins(&mut self) {}

    /// Shows what came of the last ask.
    ///
    /// # Errors
    /// There can be no more output.
    fn answered(&mut self, outcome: Outcome) -> io::Result<()>;

    /// The session is over, and these lines were not asked any more.
    ///
    /// # Errors
    /// There can be no more output.
    fn unsent(&mut self, waiting: &[Vec<u8>]) -> io::Result<()> {
        let _ = waiting;
        Ok(())
    }
}

/// How many lines may wait to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// One; no more is read, and whoever writes waits.
    One,
    /// So many; input is read all the same, and a further line is [dropped](Face::dropped).
    Most(usize),
}

impl Ahead {
    fn has_room(self, waiting: usize) -> bool {
        match self {
            Ahead::One => waiting == 0,
            Ahead::Most(most) => waiting < most,
        }
    }
}

/// What came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A line to be done.
    Line(Vec<u8>),
    /// There will be no more; leave when everything is answered, and every file has come to its end.
    End,
    /// Leave now.
    Leave,
    /// This is to be done, before the lines that wait; it counts as one of them.
    Do(Act),
    /// Something that the face has dealt with.
    Nothing,
}

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Nothing of the server.
    Nothing,
    /// To change something.
    Ask(Ask),
    /// To know something.
    Query(Query),
    /// To do something with a file, beside the talk.
    Errand(Errand),
    /// To do something about one's own account.
    Account(Chore),
    /// To leave.
    Leave,
}

/// Something about one's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    /// Another password.
    Passwd {
        /// The one so far.
        old: Secret,
        /// The new one.
        new: Secret,
    },
    /// Its other sessions end.
    LogOut,
}

/// What came of an ask.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was taken.
    Taken(Told),
    /// It was answered.
    Answered(Vec<Told>, Answer),
    /// It was done; what, in a sentence.
    Done(&'static str),
    /// It was not.
    Failed(AskError),
}

type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Runs a session to its end and says how the program should end.
///
/// # Errors
/// There can be no more output: a broken pipe, or a terminal that is gone. Or the server that was reached again is not
/// trusted.
pub(crate) async fn run(
    who: &Who,
    face: &mut impl Face,
    client: &Client,
    events: &mut Events,
    signals: &mut Signals,
) -> anyhow::Result<Exit> {
    let mut waiting = VecDeque::new();
    let end = talk(face, client, events, signals, &mut waiting).await;
    let end = end.and_then(|end| face.unsent(waiting.make_contiguous()).map(|()| end));
    if let Ok(End::Over(why)) = end {
        let distrusted = why.and_then(|why| trust::distrusted(who, &why));
        return distrusted.map_or(Ok(Exit::Failed), Err);
    }
    // A person left, or nobody reads the output any more: say goodbye either way.
    if let Some(second) = goodbye(client.quit(), signals).await {
        return Ok(second);
    }
    Ok(match end? {
        End::Left | End::Done { all_arrived: true } => Exit::Done,
        End::Done { all_arrived: false } | End::Over(_) => Exit::Failed,
        End::Interrupted(signal) => signal,
    })
}

/// How talk ends.
enum End {
    /// The user wants to leave.
    Left,
    /// All that the input asked for is done; whether all files that it named arrived.
    Done { all_arrived: bool },
    /// The session is over; why, if that was told.
    Over(Option<Why>),
    /// A signal has ended it while files were on their way.
    Interrupted(Exit),
}

/// Talks until the user wants to leave, the input is done, or the session is over.
async fn talk<F: Face>(
    face: &mut F,
    client: &Client,
    events: &mut Events,
    signals: &mut Signals,
    waiting: &mut VecDeque<Vec<u8>>,
) -> io::Result<End> {
    let mut input_ended = false;
    let mut files = Files::new(client);
    // Its answer comes after the first rooms': a first line finds its current room.
    let mut work: Option<Work> = Some(ask(client, Act::Query(Query::Rooms { after: Some("~".into()) })));
    let mut first = true;
    let mut chores = VecDeque::new();
    loop {
        if work.is_none() {
            let next = match chores.pop_front() {
                Some(act) => {
                    face.begins();
                    Some(act)
                }
                None => waiting.pop_front().map(|line| face.act(line)).transpose()?,
            };
            match next {
                Some(act) => match act {
                    Act::Leave => return Ok(End::Left),
                    Act::Nothing => continue,
                    Act::Errand(errand) => {
                        files.run(errand);
                        continue;
                    }
                    act => work = Some(ask(client, act)),
                },
                None if input_ended && !files.is_busy() => {
                    return Ok(End::Done { all_arrived: !files.has_failed() });
                }
                None => {}
            }
        }
        let ahead = face.ahead();
        let patience = files.patience().filter(|_| input_ended && work.is_none());
        tokio::select! {
            signal = signals.next() => {
                return Ok(if files.is_busy() { End::Interrupted(signal) } else { End::Left });
            }
            () = until(patience), if patience.is_some() => return Ok(End::Done { all_arrived: false }),
            notice = events.next() => {
                if let Some(Notice::Connected(welcome)) = &notice {
                    files.connected(welcome.at);
                }
                let waiting = waiting.len() + usize::from(work.is_some() && !first);
                if let Some(end) = show(face, notice.as_ref(), waiting)? {
                    return Ok(end);
                }
            }
            outcome = async { work.as_mut().expect("checked before").await }, if work.is_some() => {
                work = None;
                // What was told before the answer is shown before it.
                while let Some(notice) = ready(events).await {
                    let waiting = waiting.len() + usize::from(!first);
                    if let Some(end) = show(face, notice.as_ref(), waiting)? {
                        return Ok(end);
                    }
                }
                if !std::mem::take(&mut first) {
                    face.answered(outcome)?;
                }
            }
            told = files.next() => face.file(told)?,
            input = face.input(), if !input_ended && (ahead != Ahead::One || waiting.is_empty()) => match input? {
                Input::Line(_) if !ahead.has_room(waiting.len()) => face.dropped(true)?,
                Input::Do(_) if !ahead.has_room(waiting.len() + chores.len()) => face.dropped(false)?,
                Input::Line(line) => waiting.push_back(line),
                Input::End => input_ended = true,
                Input::Leave => return Ok(End::Left),
                Input::Do(act) => chores.push_back(act),
                Input::Nothing => {}
            },
        }
    }
}

/// The next notice, if it is there already.
async fn ready(events: &mut Events) -> Option<Option<Notice>> {
    tokio::select! {
        biased;
        notice = events.next() => Some(notice),
        () = std::future::ready(()) => None,
    }
}

/// Shows a notice; if it is the last, gives the end.
fn show(face: &mut impl Face, notice: Option<&Notice>, waiting: usize) -> io::Result<Option<End>> {
    let Some(notice) = notice else { return Ok(Some(End::Over(None))) };
    face.notice(notice, waiting)?;
    Ok(match notice {
        Notice::Ended { why } => Some(End::Over(Some(why.clone()))),
        _ => None,
    })
}

fn ask(client: &Client, act: Act) -> Work {
    let client = client.clone();
    Box::pin(async move {
        match act {
            Act::Ask(ask) => client.ask(ask).await.map_or_else(Outcome::Failed, Outcome::Taken),
            Act::Query(query) => match client.query(query).await {
                Ok((told, answer)) => Outcome::Answered(told, answer),
                Err(error) => Outcome::Failed(error),
            },
            Act::Account(Chore::Passwd { old, new }) => match client.change_password(old, new).await {
                Ok(()) => Outcome::Done("your password is changed, and your other devices are logged out"),
                Err(error) => Outcome::Failed(error),
            },
            Act::Account(Chore::LogOut) => match client.log_out_everywhere().await {
                Ok(()) => Outcome::Done("your other devices are logged out"),
                Err(error) => Outcome::Failed(error),
            },
            Act::Nothing | Act::Errand(_) | Act::Leave => std::future::pending().await,
        }
    })
}
