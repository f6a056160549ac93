//! What a person types to keep order, whom they want to see nothing of, and what becomes of their rooms when they are put
//! out of one.

use std::sync::Arc;

use chat_core::{Ask, Code, Query, RequestId};
use tokio::sync::oneshot;

use super::person::NO_ROOM;
use super::reader::{End, Reader};
use crate::codec::text::{Act, Typed};
use crate::engine::Request;

impl Reader {
    /// Asks for an act in the current room.
    pub(super) async fn typed_act(&mut self, act: Act<'_>) -> Result<(), End> {
        match self.current() {
            Some(room) => self.ask(RequestId::NONE, act.ask(room)).await,
            None => self.wrong(NO_ROOM).await,
        }
    }

    /// Asks how the current room is run.
    pub(super) async fn typed_order(&mut self) -> Result<(), End> {
        match self.current() {
            Some(room) => self.query(RequestId::NONE, Query::Room { room }).await,
            None => self.wrong(NO_ROOM).await,
        }
    }

    /// Deletes what the person said last in the current room. People see no numbers of their own lines.
    pub(super) async fn typed_delete_last(&mut self) -> Result<(), End> {
        let Some(room) = self.current() else { return self.wrong(NO_ROOM).await };
        let (reply, last) = oneshot::channel();
        self.follow_up(Request::LastSaid { room: Arc::clone(&room), reply });
        self.hand_over().await?;
        match last.await.ok().flatten() {
            Some(number) => self.ask(RequestId::NONE, Ask::Delete { room, number }).await,
            None => {
                let what = format!("nothing that you said lately is in #{room}; /history shows numbers");
                self.wrong_code(Code::NoSuchMessage, &what).await
            }
        }
    }

    /// Shows whom the person ignores, or changes that.
    pub(super) async fn typed_ignore(&mut self, user: Option<&str>, is_ignored: bool) -> Result<(), End> {
        let me = Arc::clone(&self.person().name);
        let ignored = &mut self.person().ignored;
        let said = match user {
            Some(user) => match ignored.set(user, &me, is_ignored) {
                Ok(said) => said,
                Err(why) => return self.wrong(&why).await,
            },
            None => ignored.list(),
        };
        if user.is_some() {
            let ignored = Box::new(ignored.clone());
            self.follow_up(Request::Ignore { ignored });
        }
        if self.paced(RequestId::NONE, 1).await? {
            self.note(&said);
        }
        Ok(())
    }

    /// Forgets the rooms that the person was put out of. A line that was meant for one of them goes nowhere, least of all
    /// into another room: gives whether it was.
    pub(super) async fn was_put_out(&mut self, typed: &Typed<'_>) -> Result<bool, End> {
        if !self.outbox.take_put_out() {
            return Ok(false);
        }
        let before = self.current();
        for room in self.person().rooms.clone() {
            if !self.is_member(&room).await? {
                self.person().left(&room);
            }
        }
        let now = self.current();
        let Some(before) = before.filter(|before| now.as_ref() != Some(before)) else { return Ok(false) };
        let next = now.map_or_else(|| NO_ROOM.to_owned(), |room| format!("you are talking in #{room} now"));
        let is_lost = is_for_current(typed);
        if is_lost {
            let what = format!("you were put out of #{before}, so that line went nowhere; {next}");
            self.wrong_code(Code::NotAMember, &what).await?;
        } else {
            self.note(&format!("you were put out of #{before}; {next}"));
        }
        Ok(is_lost)
    }
}

/// Whether a line is about the room that is the current one.
fn is_for_current(typed: &Typed<'_>) -> bool {
    match typed {
        Typed::Say(body) => !body.is_empty(),
        Typed::Leave(room) | Typed::Users(room) => room.is_none(),
        Typed::Topic(_) | Typed::History(_) | Typed::Act(_) | Typed::DeleteLast | Typed::Order => true,
        _ => false,
    }
}
