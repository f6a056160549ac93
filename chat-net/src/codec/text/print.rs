//! What people see: one line for each thing told, three for an offer. Talk begins with the time, and with the date
//! where that is another day; answers and notes with `- `, refusals with `! `.

use std::fmt::{self, Write};

use bytes::{BufMut, BytesMut};
use chat_core::{
    Answer, Body, Code, Event, Place, RequestId, RoomInfo, RoomName, Timestamp, UserName, printable,
};

use crate::codec::wire::{Closing, FromServer, Told, Welcome};

/// The longest topic, in characters, that the list of rooms shows whole.
const TOPIC_CHARS: usize = 60;

/// What a person is shown first.
#[must_use]
pub fn greeting() -> &'static str {
    "- Welcome! This is a chat: what you type, everyone in your room reads.\n\
     - What is your name? Type it and press Enter.\n"
}

/// The same where the server has a password of its own.
#[must_use]
pub fn locked_greeting() -> &'static str {
    "- Welcome! This is a chat, and it has a password.\n\
     - Type the password of this server and press Enter.\n"
}

/// Appends a refusal's line: `! name_taken: "bob" is taken, choose another name`.
pub fn refuse(code: Code, message: &str, out: &mut BytesMut) {
    Print { out, today: None }.refusal(code.name(), message, None);
}

/// Appends a line of the server's own: `- ` and the text.
pub fn note(text: &str, out: &mut BytesMut) {
    let mut print = Print { out, today: None };
    print.raw("- ");
    print.foreign(text);
    print.raw("\n");
}

/// Appends the line that a person is shown; nothing for what people do not need, and for what they typed
/// themselves (`own`, or an answer to their ask, as it happens). Their past words are shown.
pub fn encode_server(frame: &FromServer, own: bool, out: &mut BytesMut) {
    print(&mut Print { out, today: None }, frame, own);
}

/// The same, told at `now`: what is from another day is shown with its date.
pub fn encode_server_at(frame: &FromServer, now: Timestamp, out: &mut BytesMut) {
    print(&mut Print { out, today: Some(now.day()) }, frame, false);
}

/// Appends the line behind a room's last messages, which a newcomer is shown before what happens from now on.
pub fn before_you(room: &RoomName, out: &mut BytesMut) {
    let mut print = Print { out, today: None };
    print.raw("- ");
    print.room(room);
    print.raw(": that was before you came\n");
}

fn print(print: &mut Print<'_>, frame: &FromServer, own: bool) {
    match frame {
        FromServer::Welcome(welcome) => print.welcome(welcome),
        FromServer::Told(told) => print.told(told, own),
        FromServer::Answered { answer, .. } => print.answer(answer),
        FromServer::Closing(closing) => print.closing(closing),
        FromServer::Ping { .. } | FromServer::Pong { .. } => {}
        // Lines cannot carry a file.
        FromServer::Chunk(_) | FromServer::Credit(_) | FromServer::Stop { .. } => {}
        FromServer::Done { .. } => print.raw("- done\n"),
    }
}

/// Writes straight into the buffer. Only `foreign` takes what others wrote; names are safe by their rules.
pub(super) struct Print<'a> {
    out: &'a mut BytesMut,
    /// Today, in days since 1970, if it is known.
    today: Option<u64>,
}

impl Write for Print<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.raw(text);
        Ok(())
    }
}

impl Print<'_> {
    pub(super) fn raw(&mut self, text: &str) {
        self.out.put_slice(text.as_bytes());
    }

    pub(super) fn foreign(&mut self, text: &str) {
        // Most text is ASCII without controls: one pass over bytes, not characters.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.raw(text);
        }
        self.raw(&printable(text));
    }

    pub(super) fn args(&mut self, args: fmt::Arguments<'_>) {
        self.write_fmt(args).expect("a buffer takes every write");
    }

    pub(super) fn time(&mut self, at: Timestamp) {
        let (hours, minutes, seconds) = at.clock();
        let digits = |n: u8| [b'0' + n / 10, b'0' + n % 10];
        let ([a, b], [c, d], [e, f]) = (digits(hours), digits(minutes), digits(seconds));
        self.raw("[");
        if self.today.is_some_and(|today| today != at.day()) {
            let (year, month, day) = at.date();
            self.args(format_args!("{year}-{month:02}-{day:02} "));
        }
        self.out.put_slice(&[a, b, b':', c, d, b':', e, f, b']', b' ']);
    }

    /// `[14:05:09] #lobby `
    pub(super) fn at(&mut self, at: Timestamp, room: &RoomName) {
        self.time(at);
        self.room(room);
        self.raw(" ");
    }

    pub(super) fn room(&mut self, room: &RoomName) {
        self.raw("#");
        self.raw(room.as_str());
    }

    fn told(&mut self, Told { re, past, at, event }: &Told, own: bool) {
        let typed = !past && (own || *re != RequestId::NONE);
        match event {
            Event::Said { .. } | Event::Whispered { .. } if typed => {}
            Event::Said { place, from, body } => {
                self.message(*re, *past, *at, place, from);
                self.foreign(body.as_str());
                self.raw("\n");
            }
            Event::Removed { place, from, by } => {
                self.message(*re, *past, *at, place, from);
                self.args(format_args!("[deleted by {by}]\n"));
            }
            Event::Invited { room, user, by } => self.invited(*at, room, [user, by], typed),
            Event::Whispered { from, body, .. } => {
                self.time(*at);
                self.raw(from.as_str());
                self.raw(" whispers: ");
                self.foreign(body.as_str());
                self.raw("\n");
            }
            Event::Members { place, total, users, .. } => self.users(Some(&place.room), *total, users, false),
            Event::Gap { place, first_available, why } => self.gap(&place.room, *first_available, *why),
            Event::Refused(refusal) => {
                self.refusal(&refusal.reason, &refusal.message, refusal.retry_after_ms);
            }
            // Of changes a person is told when it has left.
            Event::Lingering { .. } if *re == RequestId::NONE => {}
            Event::Lingering { room, users } => self.lingering(room.as_ref(), users),
            event if event.transfer().is_some() => self.transfer(*at, event),
            Event::Joined { .. }
            | Event::Left { .. }
            | Event::Churned { .. }
            | Event::TopicChanged { .. } => self.changed(*at, event),
            // The welcome and the closing say the rest; to have caught up is nothing to read. What a newer core may
            // tell has no line yet.
            event => self.moderated(*at, event),
        }
    }

    /// `[14:05:09] #lobby <alice> `
    fn message(&mut self, re: RequestId, past: bool, at: Timestamp, place: &Place, from: &UserName) {
        self.time(at);
        self.room(&place.room);
        // One of the messages that were asked for: so one can say which.
        if past && re != RequestId::NONE {
            self.args(format_args!("/{}", place.number));
        }
        self.raw(" <");
        self.raw(from.as_str());
        self.raw("> ");
    }

    fn answer(&mut self, answer: &Answer) {
        match answer {
            Answer::Users { room, total, users, more } => self.users(room.as_ref(), *total, users, *more),
            Answer::Rooms { total, rooms, more } => {
                self.args(format_args!("- rooms ({total}):"));
                for room in rooms {
                    self.room_info(room);
                }
                self.raw(if *more { " …\n" } else { "\n" });
            }
            Answer::History { room, count, more, newer, .. } => {
                self.raw("- ");
                self.room(room);
                self.raw(": ");
                self.history(*count, *more, *newer);
            }
            Answer::Transfers { transfers } => self.transfers(transfers),
            Answer::Room { room, modes, rank, users, more } => self.order(room, modes, *rank, users, *more),
            Answer::Audit { entries, more } => self.audit(entries, *more),
            Answer::Search { count, more } => match (count, more) {
                (0, _) => self.raw("- nothing was found\n"),
                (1, false) => self.raw("- that was 1 match, there are no older ones\n"),
                (_, false) => {
                    self.args(format_args!("- those were {count} matches, there are no older ones\n"));
                }
                (1, true) => self.raw("- that was 1 match, /search alone shows older ones\n"),
                (_, true) => {
                    self.args(format_args!("- those were {count} matches, /search alone shows older ones\n"));
                }
            },
        }
    }

    fn history(&mut self, count: u32, older: bool, newer: bool) {
        match (count, older, newer) {
            (0, false, false) => self.raw("there are no messages to show\n"),
            (0, false, true) => self.raw("there are no older messages\n"),
            (0, true, _) => self.raw("there are no newer messages\n"),
            (1, false, false) => self.raw("that was the only message\n"),
            (1, false, true) => self.raw("that was the first message\n"),
            (1, true, _) => self.raw("that was 1 message, /history again shows older ones\n"),
            (_, false, false) => self.args(format_args!("those were all {count} messages\n")),
            (_, false, true) => self.args(format_args!("those were the first {count} messages\n")),
            (_, true, _) => {
                self.args(format_args!("those were {count} messages, /history again shows older ones\n"));
            }
        }
    }

    /// `- users in #lobby (2): alice bob`
    fn users(&mut self, room: Option<&RoomName>, total: u64, users: &[UserName], more: bool) {
        self.raw("- users");
        self.within(room);
        self.args(format_args!(" ({total}):"));
        self.names(users);
        if users.is_empty() {
            self.raw(if total == 0 { " nobody" } else { " too many to list at once" });
        }
        self.raw(if more { " …\n" } else { "\n" });
    }

    /// `- lingering in #lobby (no connection for now): bob`
    fn lingering(&mut self, room: Option<&RoomName>, users: &[UserName]) {
        self.raw("- lingering");
        self.within(room);
        self.raw(" (no connection for now):");
        self.names(users);
        self.raw("\n");
    }

    fn within(&mut self, room: Option<&RoomName>) {
        if let Some(room) = room {
            self.raw(" in ");
            self.room(room);
        }
    }

    fn names(&mut self, users: &[UserName]) {
        for user in users {
            self.raw(" ");
            self.raw(user.as_str());
        }
    }

    /// ` #lobby (3)`, and the topic if there is one: ` #lobby (3, "all that is new")`
    fn room_info(&mut self, RoomInfo { room, members, topic }: &RoomInfo) {
        self.raw(" ");
        self.room(room);
        self.args(format_args!(" ({members}"));
        if let Some(topic) = topic.as_ref().map(Body::as_str) {
            let end = topic.char_indices().nth(TOPIC_CHARS).map(|(at, _)| at);
            self.raw(", \"");
            self.foreign(&topic[..end.unwrap_or(topic.len())]);
            self.raw(if end.is_some() { "…\"" } else { "\"" });
        }
        self.raw(")");
    }

    fn welcome(&mut self, welcome: &Welcome) {
        self.raw(if welcome.resumed { "- You are back as " } else { "- You are " });
        self.foreign(&welcome.user);
        self.raw(". Type /help to see what you can do, /quit to leave.\n");
    }

    fn refusal(&mut self, name: &str, message: &str, retry_after_ms: Option<u64>) {
        self.raw("! ");
        self.foreign(name);
        self.raw(": ");
        self.foreign(message);
        if let Some(ms) = retry_after_ms {
            let wait = format!("try again in {} s", ms.div_ceil(1000));
            if !message.ends_with(&wait) {
                self.args(format_args!(" ({wait})"));
            }
        }
        self.raw("\n");
    }

    fn closing(&mut self, closing: &Closing) {
        if closing.code == Code::Left.number() {
            // The person asked for it: no refusal.
            self.raw("- ");
            self.foreign(&closing.message);
            self.raw("\n");
        } else {
            self.refusal(&closing.reason, &closing.message, closing.reconnect_after_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::{Departure, Epoch, Number, Refusal};

    fn show(frame: &FromServer, own: bool) -> String {
        let mut out = BytesMut::new();
        encode_server(frame, own, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    fn told(past: bool, event: Event) -> FromServer {
        FromServer::Told(Told { re: RequestId::NONE, past, at: Timestamp(1_763_733_909_123), event })
    }

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn body(text: &str) -> Body {
        Body::new(&text.into(), 4096).unwrap()
    }

    fn place() -> Place {
        Place { room: RoomName::new("lobby", 64).unwrap(), epoch: Epoch(1), number: Number(12) }
    }

    fn said(text: &str) -> Event {
        Event::Said { place: place(), from: user("alice"), body: body(text) }
    }

    #[test]
    fn talk_is_one_line_with_its_time_room_and_speaker() {
        let left = |why| told(false, Event::Left { place: place(), user: user("bob"), why });
        let whisper =
            Event::Whispered { from: user("alice"), to: user("bob"), body: body("psst"), number: Number(1) };
        for (frame, line) in [
            (told(false, said("hello")), "[14:05:09] #lobby <alice> hello\n"),
            (told(false, said("two\nlines")), "[14:05:09] #lobby <alice> two↵lines\n"),
            (told(false, whisper), "[14:05:09] alice whispers: psst\n"),
            (
                told(false, Event::Joined { place: place(), user: user("bob") }),
                "[14:05:09] #lobby * bob joined\n",
            ),
            (left(Departure::Left), "[14:05:09] #lobby * bob left\n"),
            (left(Departure::Quit), "[14:05:09] #lobby * bob left (quit)\n"),
            (left(Departure::Lost), "[14:05:09] #lobby * bob left (lost)\n"),
            (
                told(
                    true,
                    Event::TopicChanged { place: place(), by: user("bob"), topic: Some(body("all new")) },
                ),
                "[14:05:09] #lobby * bob set the topic: all new\n",
            ),
            (
                told(false, Event::TopicChanged { place: place(), by: user("bob"), topic: None }),
                "[14:05:09] #lobby * bob cleared the topic\n",
            ),
            (told(true, Event::CaughtUp { place: place() }), ""),
        ] {
            assert_eq!(show(&frame, false), line);
        }
    }

    #[test]
    fn people_do_not_get_their_own_words_back_but_see_their_past_ones() {
        assert_eq!(show(&told(false, said("hi")), true), "");
        let answered = Told { re: RequestId(7), past: false, at: Timestamp(0), event: said("hi") };
        assert_eq!(show(&FromServer::Told(answered.clone()), false), "");
        assert_eq!(show(&told(true, said("hi")), true), "[14:05:09] #lobby <alice> hi\n");
        let history = FromServer::Told(Told { past: true, ..answered });
        assert_eq!(show(&history, true), "[00:00:00] #lobby/12 <alice> hi\n");
        let joined = told(false, Event::Joined { place: place(), user: user("alice") });
        assert_eq!(show(&joined, true), "[14:05:09] #lobby * alice joined\n");
    }

    #[test]
    fn foreign_text_cannot_begin_a_line_or_command_a_terminal() {
        let tricks = "a\n! closing: x\u{9}b\u{202e}c";
        let topic = body(tricks);
        let rooms = vec![RoomInfo { room: place().room, members: 3, topic: Some(topic.clone()) }];
        let refusal = Refusal {
            code: 107,
            reason: "no_such_user\x1b".into(),
            message: "x\x1b[2J\r\n! y".into(),
            retry_after_ms: None,
        };
        for frame in [
            told(false, said(tricks)),
            told(false, Event::TopicChanged { place: place(), by: user("bob"), topic: Some(topic) }),
            told(false, Event::Refused(refusal)),
            FromServer::Answered { re: RequestId(1), answer: Answer::Rooms { total: 1, rooms, more: false } },
        ] {
            let line = show(&frame, false);
            let inside = line.strip_suffix('\n').unwrap();
            assert!(!inside.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }

    #[test]
    fn what_is_not_from_today_has_its_date() {
        let at = |now| {
            let mut out = BytesMut::new();
            encode_server_at(&told(true, said("hi")), Timestamp(now), &mut out);
            String::from_utf8(out.to_vec()).unwrap()
        };
        assert_eq!(at(1_763_733_909_124), "[14:05:09] #lobby <alice> hi\n");
        assert_eq!(at(1_763_733_909_123 + 86_400_000), "[2025-11-21 14:05:09] #lobby <alice> hi\n");
    }

    #[test]
    fn a_page_says_what_it_is() {
        let page = |count, more, newer| {
            let answer = Answer::History { room: place().room, epoch: Epoch(1), count, more, newer };
            show(&FromServer::Answered { re: RequestId(1), answer }, false)
        };
        for (count, more, newer, line) in [
            (0, false, false, "there are no messages to show"),
            (0, false, true, "there are no older messages"),
            (1, false, false, "that was the only message"),
            (20, false, false, "those were all 20 messages"),
            (20, false, true, "those were the first 20 messages"),
            (20, true, true, "those were 20 messages, /history again shows older ones"),
        ] {
            assert_eq!(page(count, more, newer), format!("- #lobby: {line}\n"));
        }
    }

    #[test]
    fn a_long_topic_is_cut_in_the_list_of_rooms_only() {
        let topic = Some(body(&"é".repeat(61)));
        let rooms = vec![RoomInfo { room: place().room, members: 3, topic }];
        let answer = Answer::Rooms { total: 1, rooms, more: false };
        let line = show(&FromServer::Answered { re: RequestId(1), answer }, false);
        assert_eq!(line, format!("- rooms (1): #lobby (3, \"{}…\")\n", "é".repeat(60)));
    }

    #[test]
    fn every_line_of_the_greetings_is_marked_and_fits_a_terminal() {
        for text in [greeting(), locked_greeting()] {
            assert!(text.ends_with('\n'));
            assert!(text.lines().all(|line| line.starts_with("- ") && line.len() < 80));
        }
    }
}
