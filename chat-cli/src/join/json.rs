//! For programs: one JSON ask a line in, one JSON event a line out, as on the wire (`docs/protocol.md`).
//!
//! The connection itself is told of in lines of their own: `welcome` without its secret, `disconnected`, and
//! at the end `closing`, or `ended` if the server did not say why.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use chat_net::chat_core::{Ask, Code, Event, Refusal, RequestId, Timestamp};
use chat_net::client::{AskError, Notice, Why};
use chat_net::codec::{FromClient, FromServer, Told, json};
use tokio::sync::mpsc;

use super::files::NOT_HERE;
use super::session::{Act, Ahead, Chore, Face, Input, Outcome};
use super::stdin::{self, Input as Read};
use crate::output;

/// A program behind pipes.
pub(crate) struct Json {
    input: mpsc::Receiver<Read>,
    /// What the program calls the ask that waits for its answer.
    id: RequestId,
}

impl Json {
    /// Begins to read standard input.
    pub(crate) fn new() -> Json {
        Json { input: stdin::lines(), id: RequestId::NONE }
    }

    fn refuse(&self, re: RequestId, code: Code, message: &str) -> io::Result<()> {
        let refusal = Refusal {
            code: code.number(),
            reason: code.name().into(),
            message: message.into(),
            retry_after_ms: None,
        };
        refused(re, refusal)
    }
}

impl Face for Json {
    fn ahead(&self) -> Ahead {
        Ahead::One
    }

    async fn input(&mut self) -> io::Result<Input> {
        Ok(match self.input.recv().await {
            Some(Read::Line(line)) => Input::Line(line),
            Some(Read::TooLong) => {
                self.refuse(RequestId::NONE, Code::LineTooLong, "that line was dropped")?;
                Input::Nothing
            }
            None => Input::End,
        })
    }

    fn act(&mut self, line: Vec<u8>) -> io::Result<Act> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(Act::Nothing);
        }
        match json::decode_client(&line) {
            // Whoever says one of these has, or expects, bytes that go with it.
            Ok(FromClient::Ask { id, ask }) if is_about_bytes(&ask) => {
                self.refuse(id, NOT_HERE.0, NOT_HERE.1)?;
            }
            Ok(FromClient::Ask { id, ask }) => {
                self.id = id;
                return Ok(Act::Ask(ask));
            }
            Ok(FromClient::Query { id, query }) => {
                self.id = id;
                return Ok(Act::Query(query));
            }
            Ok(FromClient::Bye) => return Ok(Act::Leave),
            Ok(FromClient::Ping { nonce }) => print(&FromServer::Pong { nonce })?,
            Ok(FromClient::Pong { .. }) => {}
            Ok(FromClient::Hello(_)) => {
                self.refuse(RequestId::NONE, Code::AlreadyNamed, "say --name to have another name")?;
            }
            Ok(FromClient::Chunk(_) | FromClient::Received { .. }) => {
                self.refuse(RequestId::NONE, NOT_HERE.0, NOT_HERE.1)?;
            }
            Ok(FromClient::Unlock { .. } | FromClient::Login { .. } | FromClient::Register { .. }) => {
                self.refuse(
                    RequestId::NONE,
                    Code::AlreadyNamed,
                    "say --login or --register, and this program logs in",
                )?;
            }
            Ok(FromClient::Password { id, old, new }) => {
                self.id = id;
                return Ok(Act::Account(Chore::Passwd { old, new }));
            }
            Ok(FromClient::LogOutEverywhere { id }) => {
                self.id = id;
                return Ok(Act::Account(Chore::LogOut));
            }
            Err(bad) => self.refuse(bad.re, bad.code, &bad.message)?,
        }
        Ok(Act::Nothing)
    }

    fn notice(&mut self, notice: &Notice, _waiting: usize) -> io::Result<()> {
        match notice {
            Notice::Connected(welcome) => {
                // The secret resumes the session; whoever reads this output has no use for it.
                let public = chat_net::codec::Welcome { token: "".into(), ..(**welcome).clone() };
                print(&FromServer::Welcome(Box::new(public)))
            }
            Notice::Told(told) => {
                // One ask at a time: what answers one answers this one.
                let re = if told.re == RequestId::NONE { told.re } else { self.id };
                print(&FromServer::Told(Told { re, ..told.clone() }))
            }
            Notice::Disconnected { why, retry_in } => {
                let retry_in_ms = u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX);
                let line = serde_json::json!({
                    "type": "disconnected", "why": why.to_string(), "retry_in_ms": retry_in_ms,
                });
                output::json_line(&line.to_string())
            }
            Notice::Ended { why: Why::Closed(closing) } => print(&FromServer::Closing(closing.clone())),
            Notice::Ended { why } => {
                let line = serde_json::json!({ "type": "ended", "why": why.to_string() });
                output::json_line(&line.to_string())
            }
            _ => Ok(()),
        }
    }

    fn answered(&mut self, outcome: Outcome) -> io::Result<()> {
        let re = std::mem::take(&mut self.id);
        match outcome {
            Outcome::Taken(_) => Ok(()),
            Outcome::Answered(told, answer) => {
                for told in told {
                    print(&FromServer::Told(Told { re, ..told }))?;
                }
                print(&FromServer::Answered { re, answer })
            }
            Outcome::Done(_) => print(&FromServer::Done { re }),
            Outcome::Failed(AskError::Refused(refusal)) => refused(re, refusal),
            Outcome::Failed(error) => {
                let line = serde_json::json!({ "type": "unanswered", "re": re.0, "why": error.to_string() });
                output::json_line(&line.to_string())
            }
        }
    }
}

/// Whether an ask makes sense only where bytes of files can pass. To decline an offer needs none.
fn is_about_bytes(ask: &Ask) -> bool {
    matches!(
        ask,
        Ask::Offer { .. }
            | Ask::Accept { .. }
            | Ask::Pause { .. }
            | Ask::Hash { .. }
            | Ask::Finish { .. }
            | Ask::Cancel { .. }
    )
}

fn refused(re: RequestId, refusal: Refusal) -> io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = Timestamp(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    print(&FromServer::Told(Told { re, past: false, at, event: Event::Refused(refusal) }))
}

/// Prints a frame as one line.
pub(crate) fn print(frame: &FromServer) -> io::Result<()> {
    let mut line = BytesMut::new();
    json::encode_server(frame, &mut line);
    output::json_line(&String::from_utf8_lossy(&line))
}
