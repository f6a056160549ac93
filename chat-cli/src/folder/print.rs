//! Events as lines: for people as `join` shows them, with the date; for programs as on the wire.

use std::io::Write;

use bytes::BytesMut;
use chat_net::Past;
use chat_net::chat_core::RequestId;
use chat_net::codec::{FromServer, Told, json, text};

use super::time;

/// How messages are printed.
#[derive(Debug)]
pub(super) struct Printer<W> {
    out: W,
    json: bool,
    line: BytesMut,
}

impl<W: Write> Printer<W> {
    pub(super) fn new(out: W, json: bool) -> Printer<W> {
        Printer { out, json, line: BytesMut::new() }
    }

    /// Prints one event, as one line.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn event(&mut self, past: &Past) -> std::io::Result<()> {
        let told =
            Told { re: RequestId::NONE, past: !self.json, at: past.stamp.at, event: past.event.clone() };
        let frame = FromServer::Told(told);
        self.line.clear();
        if self.json {
            json::encode_server(&frame, &mut self.line);
            self.line.extend_from_slice(b"\n");
        } else {
            // `[14:05:09] #lobby <alice> hello`, safe to print; the day goes before the time.
            text::encode_server(&frame, false, &mut self.line);
            if self.line.first() == Some(&b'[') {
                write!(self.out, "[{} ", time::date(past.stamp.at))?;
                return self.out.write_all(&self.line[1..]);
            }
        }
        self.out.write_all(&self.line)
    }

    /// Everything is written.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn finish(mut self) -> std::io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// `1 room`, `2 rooms`.
pub(super) fn count(number: u64, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_net::chat_core::{Body, Epoch, Event, Number, Place, RoomName, Seq, Stamp, Timestamp, UserName};

    fn printed(body: &str, json: bool) -> String {
        let event = Event::Said {
            place: Place { room: RoomName::new("lobby", 64).unwrap(), epoch: Epoch(1), number: Number(12) },
            from: UserName::new("alice", 32).unwrap(),
            body: Body::new(&body.into(), 64).unwrap(),
        };
        let past = Past { stamp: Stamp { seq: Seq(9), at: Timestamp(1_763_733_909_123) }, event };
        let mut printer = Printer::new(Vec::new(), json);
        printer.event(&past).unwrap();
        String::from_utf8(printer.finish().unwrap()).unwrap()
    }

    #[test]
    fn people_see_the_day_and_nothing_that_commands_their_terminal() {
        assert_eq!(printed("hello", false), "[2025-11-21 14:05:09] #lobby <alice> hello\n");
        assert_eq!(printed("a\nb\u{202e}", false), "[2025-11-21 14:05:09] #lobby <alice> a↵b<U+202E>\n");
    }

    #[test]
    fn programs_see_what_the_wire_has() {
        assert_eq!(
            printed("hello", true),
            "{\"type\":\"said\",\"at\":1763733909123,\"room\":\"lobby\",\"epoch\":1,\"number\":12,\
             \"from\":\"alice\",\"body\":\"hello\"}\n"
        );
    }
}
