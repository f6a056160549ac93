//! A person on lines: the name first, then talk and commands, with one room that is the current one.

use std::sync::Arc;

use bytes::BytesMut;
use chat_core::{Ask, Code, Query, RequestId};
use tokio::sync::oneshot;

use super::prompt::Prompt;
use super::reader::{End, Reader};
use super::{Whence, bare, same_room};
use crate::codec::Hello;
use crate::codec::telnet::Telnet;
use crate::codec::text::{self, Ignored, Paged, Paging, Typed, parse};
use crate::door::{Recognised, recognise};
use crate::engine::Request;

/// What only people have.
#[derive(Debug)]
pub(crate) struct Person {
    pub(super) telnet: Telnet,
    /// What was asked for: the next line is the answer.
    pub(super) prompt: Option<Prompt>,
    /// Whence it came, if it said nothing then: its first line may yet turn out to be another protocol.
    silent: Option<Whence>,
    /// Where a bare line goes.
    current: Option<Arc<str>>,
    /// The rooms it is in, in the order it joined them.
    pub(super) rooms: Vec<Arc<str>>,
    paging: Paging,
    /// Who it is, once it is in the chat.
    pub(super) name: Arc<str>,
    /// Whom it wants to see nothing of.
    pub(super) ignored: Ignored,
}

/// What a page is told under: messages that were asked for are shown with their numbers.
const PAGE: RequestId = RequestId(1);

impl Person {
    pub(super) fn new(silent: Option<Whence>, is_locked: bool) -> Person {
        Person {
            telnet: Telnet::default(),
            // The greeting asked for it.
            prompt: is_locked.then_some(Prompt::Unlock),
            silent,
            current: None,
            rooms: Vec::new(),
            paging: Paging::default(),
            name: "".into(),
            ignored: Ignored::default(),
        }
    }

    /// What a silent connection sends at last, if that is no person's line, and whence it came.
    pub(super) fn foreign(&self, first: &[u8]) -> Option<(Recognised, Whence)> {
        let whence = self.silent?;
        match recognise(first) {
            Recognised::Person | Recognised::NeedMore => None,
            spoken => Some((spoken, whence)),
        }
    }

    fn entered(&mut self, room: &Arc<str>) {
        self.left(room);
        self.rooms.push(Arc::clone(room));
        self.current = Some(Arc::clone(room));
    }

    pub(super) fn left(&mut self, room: &str) {
        self.rooms.retain(|known| !same_room(known, room));
        if self.current.as_deref().is_some_and(|current| same_room(current, room)) {
            self.current = self.rooms.last().cloned();
        }
    }
}

pub(super) const NO_ROOM: &str = "you are in no room, type /join ROOM";

impl Reader {
    /// Takes a line: of a person what they typed, of a program an empty one between its objects.
    pub(super) async fn line(&mut self, line: &[u8]) -> Result<(), End> {
        if self.person.is_none() {
            return Ok(());
        }
        // Later lines, a password for one, may begin with anything.
        self.person().silent = None;
        if let Some(prompt) = self.person().prompt.take() {
            return self.answered(prompt, line).await;
        }
        let Ok(line) = std::str::from_utf8(line) else {
            return self.refuse(RequestId::NONE, Code::BadText).await;
        };
        if self.is_attached { self.typed(line).await } else { self.name(line.trim()).await }
    }

    async fn name(&mut self, line: &str) -> Result<(), End> {
        if line.is_empty() {
            return Ok(());
        }
        match line.starts_with('/').then(|| parse(line)) {
            Some(Typed::Quit) => return Err(End::Quit),
            Some(Typed::Help(about)) => return self.help(about).await,
            Some(Typed::Register(name)) => return self.typed_register(name).await,
            Some(Typed::Usage(usage)) => return self.wrong(usage).await,
            Some(_) => return self.refuse(RequestId::NONE, Code::NoName).await,
            None if !self.paced(RequestId::NONE, 1).await? => return Ok(()),
            None => {}
        }
        let name: Arc<str> = line.into();
        let hello = Hello { name: Arc::clone(&name), ..Hello::default() };
        match self.hello(hello).await? {
            Ok(()) => self.enter_start_rooms().await,
            Err(code) if code == Code::LoginRequired.number() && self.shared.policy.has_accounts() => {
                self.tell_of_registering();
                self.prompt(Prompt::Login { name });
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    /// The person's rooms, once it is in the chat.
    pub(super) async fn enter_start_rooms(&mut self) -> Result<(), End> {
        let rooms = Arc::clone(&self.shared.start_rooms);
        if !self.is_attached {
            return Ok(());
        }
        for room in rooms.iter() {
            if self.is_member(room).await? {
                self.person().entered(room);
            }
        }
        Ok(())
    }

    async fn typed(&mut self, line: &str) -> Result<(), End> {
        let typed = parse(line);
        if !matches!(typed, Typed::History(_) | Typed::Search { .. } | Typed::Say("")) {
            self.person().paging.stop();
        }
        if self.was_put_out(&typed).await? {
            return Ok(());
        }
        match typed {
            Typed::Say("") => Ok(()),
            Typed::Say(body) => match self.current() {
                Some(room) => self.ask(RequestId::NONE, Ask::Say { room, body: body.into() }).await,
                None => self.wrong(NO_ROOM).await,
            },
            Typed::Join { room, key } => self.join(room.into(), key).await,
            Typed::Leave(room) => match room.map(Arc::from).or_else(|| self.current()) {
                Some(room) => {
                    self.person().left(&room);
                    self.ask(RequestId::NONE, Ask::Leave { room }).await
                }
                None => self.wrong(NO_ROOM).await,
            },
            Typed::Room(room) => self.switch(room).await,
            Typed::Whisper { to, body } => {
                self.ask(RequestId::NONE, Ask::Whisper { to: to.into(), body: body.into() }).await
            }
            Typed::Users(room) => {
                let room = room.map(Arc::from).or_else(|| self.current());
                self.query(RequestId::NONE, Query::Users { room, after: None }).await
            }
            Typed::Rooms => self.query(RequestId::NONE, Query::Rooms { after: None }).await,
            Typed::Topic(topic) => match (self.current(), topic) {
                (Some(room), Some(topic)) => {
                    self.ask(RequestId::NONE, Ask::Topic { room, topic: topic.into() }).await
                }
                (Some(room), None) => {
                    if self.paced(RequestId::NONE, 1).await? {
                        self.follow_up(Request::ShowTopic { room });
                    }
                    Ok(())
                }
                (None, _) => self.wrong(NO_ROOM).await,
            },
            Typed::History(limit) => match self.current() {
                Some(room) => {
                    let paged = self.person().paging.history(limit, room);
                    self.turn_page(paged).await
                }
                None => self.wrong(NO_ROOM).await,
            },
            Typed::Search { room, words } => {
                let paged = self.person().paging.search(room, words);
                self.turn_page(paged).await
            }
            Typed::Act(act) => self.typed_act(act).await,
            Typed::DeleteLast => self.typed_delete_last().await,
            Typed::Order => self.typed_order().await,
            Typed::Audit(before) => self.query(RequestId::NONE, Query::Audit { before }).await,
            Typed::Ignore(user) => self.typed_ignore(user, true).await,
            Typed::Unignore(user) => self.typed_ignore(Some(user), false).await,
            Typed::Transfers => self.query(RequestId::NONE, Query::Transfers {}).await,
            Typed::Decline(transfer) => self.ask(RequestId::NONE, Ask::Decline { transfer }).await,
            Typed::Register(name) => self.typed_register(name).await,
            Typed::Passwd => self.typed_passwd().await,
            Typed::LogOut => self.typed_logout().await,
            Typed::Help(about) => self.help(about).await,
            Typed::Quit => {
                self.hand_over().await?;
                Err(End::Quit)
            }
            Typed::Unknown(command) => {
                let command = chat_core::printable(command).into_owned();
                self.wrong_code(Code::UnknownAsk, &format!("there is no {command}, type /help")).await
            }
            Typed::Usage(usage) => self.wrong(usage).await,
        }
    }

    /// A room becomes the current one only once the person is in it.
    async fn join(&mut self, room: Arc<str>, key: Option<&str>) -> Result<(), End> {
        let name = Arc::clone(&room);
        let ask = match key {
            Some(key) => Ask::Enter { room: name, key: key.into(), since: None },
            None => Ask::Join { room: name, since: None },
        };
        self.ask(RequestId::NONE, ask).await?;
        if self.is_member(&room).await? {
            self.person().entered(&bare(&room).into());
        }
        Ok(())
    }

    async fn switch(&mut self, room: &str) -> Result<(), End> {
        let known = self.person().rooms.iter().find(|known| same_room(known, room)).cloned();
        match known {
            Some(_) if !self.paced(RequestId::NONE, 1).await? => Ok(()),
            Some(known) => {
                self.note(&format!("you are talking in #{known}"));
                self.person().current = Some(known);
                Ok(())
            }
            None => {
                let room = chat_core::printable(bare(room)).into_owned();
                self.wrong_code(Code::NotAMember, &format!("you are not in #{room}, type /join {room}")).await
            }
        }
    }

    async fn turn_page(&mut self, paged: Paged) -> Result<(), End> {
        match paged {
            Paged::Query(query) => {
                match self.page(PAGE, query).await? {
                    Some(end) => self.person().paging.answered(end),
                    None => self.person().paging.stop(),
                }
                Ok(())
            }
            Paged::Note(note) => {
                if self.paced(RequestId::NONE, 1).await? {
                    self.note(&note);
                }
                Ok(())
            }
            Paged::Usage(usage) => self.wrong(usage).await,
        }
    }

    pub(super) fn note(&mut self, what: &str) {
        let mut bytes = BytesMut::new();
        text::note(what, &mut bytes);
        self.tell(bytes);
    }

    /// Whether the person is in the room, after all that was asked before.
    pub(super) async fn is_member(&mut self, room: &Arc<str>) -> Result<bool, End> {
        let (reply, answer) = oneshot::channel();
        self.follow_up(Request::IsMember { room: Arc::clone(room), reply });
        self.hand_over().await?;
        answer.await.map_err(|_| End::Closed(Code::GoingAway))
    }

    pub(super) async fn wrong(&mut self, what: &str) -> Result<(), End> {
        self.wrong_code(Code::BadAsk, what).await
    }

    pub(super) async fn wrong_code(&mut self, code: Code, what: &str) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            let mut bytes = BytesMut::new();
            self.outbox.counters.refused(code.number());
            text::refuse(code, what, &mut bytes);
            self.tell(bytes);
        }
        Ok(())
    }

    async fn help(&mut self, about: &str) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            self.tell(BytesMut::from(text::help(about, text::FILES).as_str()));
        }
        Ok(())
    }

    pub(super) fn current(&self) -> Option<Arc<str>> {
        self.person.as_ref().and_then(|person| person.current.clone())
    }

    pub(super) fn person(&mut self) -> &mut Person {
        self.person.as_mut().expect("only a person's lines come here")
    }
}
