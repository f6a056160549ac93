//! A chat told as a story: what each person does, then who was told what.

use std::sync::Arc;

use chat_core::{
    AccountAct, Answer, Ask, Change, Chat, Code, Command, Config, Detach, EndReason, Event, FileHash, NodeId,
    PasswordHash, PauseReason, Recipient, Rejection, RequestId, Seq, SessionId, Sink, Stamp, Timestamp,
    TokenHash, Transcript, TransferId,
};

/// The `n`-th attachment of node 0; in transcripts `sN`.
pub(crate) fn s(n: u64) -> SessionId {
    SessionId::new(NodeId(0), n)
}

/// The secret that session `n` was opened with.
pub(crate) fn token(n: u64) -> TokenHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&n.to_le_bytes());
    TokenHash(hash)
}

pub(crate) fn join(room: &str) -> Ask {
    Ask::Join { room: room.into(), since: None }
}

pub(crate) fn leave(room: &str) -> Ask {
    Ask::Leave { room: room.into() }
}

pub(crate) fn say(room: &str, body: &str) -> Ask {
    Ask::Say { room: room.into(), body: body.into() }
}

pub(crate) fn whisper(to: &str, body: &str) -> Ask {
    Ask::Whisper { to: to.into(), body: body.into() }
}

pub(crate) fn topic(room: &str, topic: &str) -> Ask {
    Ask::Topic { room: room.into(), topic: topic.into() }
}

pub(crate) fn logging_in(n: u64, account: &str) -> Command {
    Command::LogIn { session: s(n), account: account.into(), token: token(n) }
}

pub(crate) fn register(name: &str) -> AccountAct {
    AccountAct::Register { name: name.into(), password: Some(PasswordHash("$argon2id$1".into())) }
}

/// A file of 1,000 bytes, offered to a user or, with `#`, to a room, by a sender who does not know its hash yet.
pub(crate) fn offer(to: &str) -> Ask {
    let to = match to.strip_prefix('#') {
        Some(room) => Recipient::Room(room.into()),
        None => Recipient::User(to.into()),
    };
    Ask::Offer { to, name: "photo.jpg".into(), size: 1000, hash: None, chunk_bytes: 0 }
}

pub(crate) fn accept(transfer: u64, from: u64) -> Ask {
    Ask::Accept { transfer: TransferId(transfer), from, prefix: None }
}

pub(crate) fn decline(transfer: u64) -> Ask {
    Ask::Decline { transfer: TransferId(transfer) }
}

pub(crate) fn pause(transfer: u64, why: PauseReason) -> Ask {
    Ask::Pause { transfer: TransferId(transfer), why }
}

/// A hash whose 64 digits are all this one's.
pub(crate) fn hash_of(digit: u8) -> FileHash {
    FileHash([digit * 0x11; 32])
}

pub(crate) fn hash(transfer: u64) -> Ask {
    Ask::Hash { transfer: TransferId(transfer), hash: hash_of(7) }
}

pub(crate) fn finish(transfer: u64) -> Ask {
    Ask::Finish { transfer: TransferId(transfer) }
}

pub(crate) fn cancel(transfer: u64, why: EndReason) -> Ask {
    Ask::Cancel { transfer: TransferId(transfer), user: None, why }
}

pub(crate) fn cancel_of(transfer: u64, user: &str, why: EndReason) -> Ask {
    Ask::Cancel { transfer: TransferId(transfer), user: Some(user.into()), why }
}

/// A transcript that also counts what is recorded.
#[derive(Default)]
struct Pages {
    transcript: Transcript,
    records: usize,
}

impl Sink for Pages {
    fn deliver(&mut self, stamp: Stamp, event: &Event, to: chat_core::Audience<'_>) {
        self.transcript.deliver(stamp, event, to);
    }
    fn record(&mut self, _: Stamp, _: &Change) {
        self.records += 1;
    }
    fn close(&mut self, stamp: Stamp, session: SessionId, code: Code) {
        self.transcript.close(stamp, session, code);
    }
}

/// One chat, its clock, and what was told since the last look. Every entry comes a second after the last.
pub(crate) struct Story {
    pub(crate) chat: Chat,
    pages: Pages,
    seq: u64,
    now_ms: u64,
}

impl Story {
    pub(crate) fn new() -> Story {
        Story::with(Config::default())
    }

    /// Its own numbering begins at 0, so that the epoch of the `n`-th room is `n`.
    pub(crate) fn with(config: Config) -> Story {
        let config = Config { epoch: chat_core::Epoch(0), ..config };
        Story { chat: Chat::new(config), pages: Pages::default(), seq: 0, now_ms: 0 }
    }

    /// These people, in `lobby` in this order, as sessions 1, 2, …; what they were told is skipped.
    pub(crate) fn in_lobby(config: Config, names: &[&str]) -> Story {
        let mut story = Story::with(config);
        for (n, name) in (1..).zip(names) {
            story.attach(n, name);
            story.ask(n, join("lobby"));
        }
        story.pages.transcript.take();
        story
    }

    /// Lets time pass, without an entry.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Sets the clock that the next entry is stamped with, a second later.
    pub(crate) fn set_clock(&mut self, ms: u64) {
        self.now_ms = ms;
    }

    /// Takes an entry. A refused one must have changed nothing and told nobody.
    pub(crate) fn enter(&mut self, command: &Command) -> Result<(), Rejection> {
        (self.seq, self.now_ms) = (self.seq + 1, self.now_ms + 1000);
        let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.now_ms) };
        let before = (self.chat.snapshot(), self.chat.digest(), self.chat.next_deadline());
        let (told, recorded) = (self.pages.transcript.as_str().len(), self.pages.records);
        let verdict = self.chat.apply(stamp, command, &mut self.pages);
        if verdict.is_err() {
            assert_eq!(before, (self.chat.snapshot(), self.chat.digest(), self.chat.next_deadline()));
            assert_eq!((told, recorded), (self.pages.transcript.as_str().len(), self.pages.records));
        }
        verdict
    }

    fn taken(&mut self, command: &Command) {
        self.enter(command).unwrap_or_else(|rejection| panic!("{command:?}: {rejection}"));
    }

    pub(crate) fn attach(&mut self, n: u64, name: &str) {
        self.taken(&Command::Attach { session: s(n), name: name.into(), token: token(n), resume: None });
    }

    /// Attachment `n` presents the secret of the session that was opened as `opened`.
    pub(crate) fn resume(&mut self, n: u64, name: &str, opened: u64) {
        self.taken(&Self::resumption(n, name, opened));
    }

    pub(crate) fn resumption(n: u64, name: &str, opened: u64) -> Command {
        let resume = Some(token(opened));
        Command::Attach { session: s(n), name: name.into(), token: token(n), resume }
    }

    /// Attachment `n` presents the secret that attachment `of` was told.
    pub(crate) fn resume_by(&mut self, n: u64, of: u64) {
        self.taken(&Self::resumption(n, "-", of));
    }

    /// The server makes these accounts.
    pub(crate) fn with_accounts(config: Config, names: &[&str]) -> Story {
        let mut story = Story::with(config);
        names.iter().for_each(|name| story.act(None, register(name)));
        story
    }

    pub(crate) fn log_in(&mut self, n: u64, account: &str) {
        self.taken(&logging_in(n, account));
    }

    pub(crate) fn act(&mut self, by: Option<u64>, act: AccountAct) {
        self.taken(&Command::Account { by: by.map(s), act });
    }

    pub(crate) fn ask(&mut self, n: u64, ask: Ask) {
        self.ask_as(n, 0, ask);
    }

    /// Asks under a request id.
    pub(crate) fn ask_as(&mut self, n: u64, request: u64, ask: Ask) {
        self.taken(&Command::Ask { from: s(n), request: RequestId(request), ask });
    }

    pub(crate) fn quit(&mut self, n: u64) {
        self.taken(&Command::Detach { session: s(n), why: Detach::Quit });
    }

    pub(crate) fn drop(&mut self, n: u64) {
        self.taken(&Command::Detach { session: s(n), why: Detach::Drop });
    }

    pub(crate) fn tick(&mut self) {
        self.taken(&Command::Tick);
    }

    /// Time passes until the next deadline, and it happens.
    pub(crate) fn until_due(&mut self) {
        let due = self.chat.next_deadline().expect("something is due");
        self.now_ms = due.0 - 1000;
        self.tick();
    }

    /// The ask is refused and leaves no trace.
    pub(crate) fn refused(&mut self, n: u64, request: u64, ask: Ask) -> Rejection {
        self.refuses(&Command::Ask { from: s(n), request: RequestId(request), ask })
    }

    pub(crate) fn refuses(&mut self, command: &Command) -> Rejection {
        match self.enter(command) {
            Err(rejection) => rejection,
            Ok(()) => panic!("{command:?} was taken: {}", self.pages.transcript.as_str()),
        }
    }

    /// What was told since the last look is this, line by line; times are left out.
    #[track_caller]
    pub(crate) fn told(&mut self, expected: &str) {
        let told = self.pages.transcript.take();
        let told: Vec<&str> = told.lines().map(|line| &line["00:00:00 ".len()..]).collect();
        assert_eq!(told, lines(expected), "\n{}\n", told.join("\n"));
    }

    /// The entry is taken, changes nothing and tells nobody.
    #[track_caller]
    pub(crate) fn told_nothing_new(&mut self, command: &Command) {
        let before = (self.chat.digest(), self.pages.transcript.as_str().len());
        self.enter(command).unwrap();
        assert_eq!(before, (self.chat.digest(), self.pages.transcript.as_str().len()), "{command:?}");
    }

    /// What was told since the last look.
    pub(crate) fn take(&mut self) -> String {
        self.pages.transcript.take()
    }

    /// As [`told`](Story::told), with the times.
    #[track_caller]
    pub(crate) fn told_at(&mut self, expected: &str) {
        let told = self.pages.transcript.take();
        assert_eq!(told.lines().collect::<Vec<_>>(), lines(expected), "\n{told}\n");
    }

    /// The transfers that a session sees, one a line: number, whether it is open, and the copies.
    pub(crate) fn transfers(&self, n: u64) -> Vec<String> {
        let Answer::Transfers { transfers } = self.chat.transfers(s(n)) else { panic!() };
        let line = |info: &chat_core::TransferInfo| {
            let copies = info.copies.iter().map(|copy| {
                let by = copy.by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
                format!(" {} {} {:?}{by}", copy.user, copy.offset, copy.state)
            });
            let open = if info.open { " open" } else { "" };
            format!("{}{open}{}", info.offer.transfer, copies.collect::<String>())
        };
        transfers.iter().map(line).collect()
    }

    pub(crate) fn whispers_after(&self, n: u64, number: u64) -> Vec<String> {
        let after = chat_core::Number(number);
        self.chat.whispers_after(s(n), after).map(|(_, event)| event.to_string()).collect()
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// The text of a message that is one byte too long.
pub(crate) fn too_long(config: &Config) -> Arc<str> {
    "x".repeat(config.body_bytes + 1).into()
}

#[track_caller]
pub(crate) fn assert_code(rejection: &Rejection, code: Code) {
    assert_eq!(rejection.code(), code, "{rejection}");
}
