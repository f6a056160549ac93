//! What the floor answers: the very bytes that the server sent in the run before.

use super::case::{Case, Work};
use super::crowd::Crowd;
use super::dialect::Form;
use super::floor::to_hex;
use super::typical::users;

/// The server's bytes, to be sent again by the floor.
#[derive(Clone, Debug)]
pub(super) struct Canned {
    welcome: Vec<u8>,
    message: Vec<u8>,
}

impl Canned {
    /// These bytes, whole messages each.
    pub(super) fn new(welcome: Vec<u8>, message: Vec<u8>) -> Canned {
        Canned { welcome, message }
    }

    /// What this crowd was sent, as it would be over bare TCP.
    pub(super) fn of(crowd: &Crowd) -> Canned {
        let form = crowd.form();
        let message =
            if crowd.sample().is_empty() { b"\n".to_vec() } else { form.plain_bytes(crowd.sample()) };
        Canned { welcome: form.plain_bytes(crowd.welcome()), message }
    }

    /// About what a server would send, where there is none.
    pub(super) fn typical(case: &Case) -> Canned {
        let size = case.work.room_size();
        let welcome = case.form.typical_welcome(users(size / 2 + 1));
        let message = match case.work {
            Work::Query { .. } => case.form.typical_users(users(size)),
            _ => case.form.typical_said(),
        };
        Canned { welcome, message }
    }

    /// How the floor is started.
    pub(super) fn floor_arguments(&self, case: &Case) -> Vec<String> {
        let room = match case.work {
            Work::FanOut { .. } | Work::Latency { .. } => 0,
            Work::Rooms { members, .. } => members,
            Work::Idle { .. } | Work::Query { .. } => 1,
            // Of these, only pages are measured beside the bare loop.
            Work::Accept { .. }
            | Work::KeptFanOut { .. }
            | Work::Start { .. }
            | Work::Page { .. }
            | Work::Memory { .. }
            | Work::Files { .. }
            | Work::FileTalk { .. }
            | Work::LoginTalk { .. }
            | Work::LoginTimes { .. } => 1,
        };
        let mut arguments: Vec<String> = ["bench", "floor"].map(str::to_owned).to_vec();
        let form: Form = case.form.plain();
        for (flag, value) in [
            ("--framing", form.framing().name().to_owned()),
            ("--preface", form.preface_len().to_string()),
            ("--hellos", form.hellos().to_string()),
            ("--room", room.to_string()),
            ("--welcome", to_hex(&self.welcome)),
            ("--message", to_hex(&self.message)),
        ] {
            arguments.extend([flag.to_owned(), value]);
        }
        if form.hears_itself() || matches!(case.work, Work::Query { .. } | Work::Page { .. }) {
            arguments.push("--own".to_owned());
        }
        arguments
    }
}
