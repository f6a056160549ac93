//! Telnet's option bytes (RFC 854, RFC 855), taken out of what a person's client sends. None is answered: a
//! telnet client that hears nothing stays in its line mode. The one option that is used hides a password as it is typed.

const IAC: u8 = 255;
const DONT: u8 = 254;
const WILL: u8 = 251;
/// What the server says to have the next line not shown: it will echo, and does not (RFC 857).
pub const HIDE: [u8; 3] = [IAC, WILL, ECHO];
/// And to have lines shown again, behind the end of the one that was not.
pub const SHOW: [u8; 5] = [IAC, WONT, ECHO, b'\r', b'\n'];

const WONT: u8 = 252;
const ECHO: u8 = 1;
const SB: u8 = 250;
const SE: u8 = 240;

/// Where in a command the stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Data,
    /// Behind IAC.
    Command,
    /// Behind IAC and WILL, WONT, DO or DONT.
    Option,
    /// Between IAC SB and IAC SE.
    Sub,
    /// Behind an IAC in there.
    SubCommand,
}

/// Takes telnet's commands out of a stream, wherever it was cut.
#[derive(Clone, Debug, Default)]
pub struct Telnet {
    state: State,
    is_spoken: bool,
}

impl Telnet {
    /// Whether a command has come: `nc` sends none, and would show those that it is sent.
    #[must_use]
    pub fn is_spoken(&self) -> bool {
        self.is_spoken
    }

    /// Removes every command from `bytes`, which follow those of the last call. IAC IAC becomes the one byte
    /// 0xFF, which is never part of UTF-8 text.
    pub fn strip(&mut self, bytes: &mut Vec<u8>) {
        if self.state == State::Data && memchr::memchr(IAC, bytes).is_none() {
            return;
        }
        self.is_spoken = true;
        bytes.retain(|byte| self.is_data(*byte));
    }

    fn is_data(&mut self, byte: u8) -> bool {
        let (state, keep) = match (self.state, byte) {
            (State::Data, IAC) => (State::Command, false),
            (State::Data, _) => (State::Data, true),
            (State::Command, IAC) => (State::Data, true),
            (State::Command, SB) => (State::Sub, false),
            (State::Command, WILL..=DONT) => (State::Option, false),
            (State::Command | State::Option, _) => (State::Data, false),
            (State::Sub, IAC) => (State::SubCommand, false),
            (State::SubCommand, SE) => (State::Data, false),
            (State::Sub | State::SubCommand, _) => (State::Sub, false),
        };
        self.state = state;
        keep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_out_wherever_the_stream_is_cut() {
        let stream = b"\xff\xfd\x03\xff\xfb\x18al\xff\xf1ice\xff\xfa\x18\x00xterm\xff\xff\xff\xf0\r\n\xff\xffx\xff\xfe\x01";
        for size in 1..=stream.len() {
            let (mut telnet, mut text) = (Telnet::default(), Vec::new());
            for piece in stream.chunks(size) {
                let mut piece = piece.to_vec();
                telnet.strip(&mut piece);
                text.extend(piece);
            }
            assert_eq!(text, b"alice\r\n\xffx", "pieces of {size}");
        }
    }
}
