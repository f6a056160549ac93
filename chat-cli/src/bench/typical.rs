//! About what a server would send, for a floor that runs alone.

use std::sync::Arc;

use bytes::BytesMut;
use chat_net::chat_core::{
    Answer, Body, Epoch, Event, Number, Place, RequestId, RoomName, Timestamp, UserName,
};
use chat_net::codec::{self, FromServer, Told};

use super::dialect::{BODY, Form};

/// Of the length they have these years.
const AT: u64 = 1_763_733_909_123;

impl Form {
    /// The end of the answer to a hello, with these in the room.
    pub(super) fn typical_welcome(self, users: Vec<UserName>) -> Vec<u8> {
        let total = users.len() as u64;
        self.told(Event::Members { place: place(total), fresh: true, total, users })
    }

    /// What the others are told when one says something.
    pub(super) fn typical_said(self) -> Vec<u8> {
        let body = Body::new(&Arc::from(BODY), BODY.len()).expect("it is plain text");
        self.told(Event::Said { place: place(1000), from: user(0), body })
    }

    /// The answer to who is in the room.
    pub(super) fn typical_users(self, users: Vec<UserName>) -> Vec<u8> {
        let total = users.len() as u64;
        let answer = Answer::Users { room: Some(room()), total, users, more: false };
        self.server(&FromServer::Answered { re: RequestId(1), answer })
    }

    fn told(self, event: Event) -> Vec<u8> {
        let told = Told { re: RequestId::NONE, past: false, at: Timestamp(AT), event };
        self.server(&FromServer::Told(told))
    }

    fn server(self, frame: &FromServer) -> Vec<u8> {
        let form = match self {
            Form::Text => codec::Form::Text,
            Form::Binary | Form::WebBinary => codec::Form::Bincode,
            Form::Json | Form::WebJson => codec::Form::JsonLines,
        };
        let mut out = BytesMut::new();
        form.encode(frame, false, &mut out);
        out.to_vec()
    }
}

/// The names that a bench gives, the first so many.
pub(super) fn users(count: usize) -> Vec<UserName> {
    let mut users: Vec<UserName> = (0..count).map(user).collect();
    users.sort();
    users
}

fn user(index: usize) -> UserName {
    UserName::new(&format!("user{index}"), 32).expect("letters and digits are a name")
}

fn room() -> RoomName {
    RoomName::new("bench0", 64).expect("letters and digits are a name")
}

fn place(number: u64) -> Place {
    Place { room: room(), epoch: Epoch(AT), number: Number(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::dialect::Mark;

    #[test]
    fn what_a_server_sends_is_known_by_a_few_of_its_bytes() {
        for form in [Form::Text, Form::Binary, Form::Json] {
            let mark = |bytes: &[u8]| {
                let (message, used) = form.framing().first(bytes).unwrap();
                assert_eq!(used, bytes.len(), "one message");
                form.mark(message)
            };
            assert_eq!(mark(&form.typical_said()), Mark::Said, "{form:?}");
            assert_eq!(mark(&form.typical_users(users(9))), Mark::Answered, "{form:?}");
            assert_eq!(mark(&form.typical_welcome(users(3))), form.end_of_welcome(), "{form:?}");
        }
    }

    #[test]
    fn pings_refusals_and_ends_are_told_apart() {
        use chat_net::chat_core::Refusal;
        use chat_net::codec::Closing;

        let refusal = Refusal { code: 112, reason: "r".into(), message: "m".into(), retry_after_ms: None };
        let closing =
            Closing { code: 500, reason: "r".into(), message: "m".into(), reconnect_after_ms: None };
        for form in [Form::Binary, Form::Json] {
            let mark = |bytes: &[u8]| form.mark(form.framing().first(bytes).unwrap().0);
            assert_eq!(mark(&form.server(&FromServer::Ping { nonce: 7 })), Mark::Ping);
            assert_eq!(mark(&form.told(Event::Refused(refusal.clone()))), Mark::Refused);
            assert_eq!(mark(&form.server(&FromServer::Closing(closing.clone()))), Mark::Closing);
            assert_eq!(mark(&form.told(Event::Replaced {})), Mark::Other);
            // Its last byte is that of a message's end.
            let caught_up = Event::CaughtUp { place: place(u64::from(BODY.as_bytes()[63])) };
            assert_eq!(mark(&form.told(caught_up)), Mark::Other, "{form:?}");
        }
        assert_eq!(Form::Text.mark(b"! name_taken: choose another"), Mark::Refused);
    }
}
