//! What a terminal shows of the bytes that are written to it.

use unicode_width::UnicodeWidthChar;

/// The screen of a terminal, which can be told not to wrap: vt100 does not know that by itself.
pub(crate) struct Glass {
    parser: vt100::Parser,
    wraps: bool,
    /// The beginning of a character or a sequence, of which the rest is yet to come.
    rest: Vec<u8>,
}

impl Glass {
    pub(crate) fn new((rows, columns): (u16, u16)) -> Glass {
        Glass { parser: vt100::Parser::new(rows, columns, 0), wraps: true, rest: Vec::new() }
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    pub(crate) fn resize(&mut self, (rows, columns): (u16, u16)) {
        self.parser.screen_mut().set_size(rows, columns);
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let mut all = std::mem::take(&mut self.rest);
        all.extend(bytes);
        let whole = match str::from_utf8(&all) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&all[..error.valid_up_to()]).unwrap(),
        };
        let mut text = whole;
        while let Some(c) = text.chars().next() {
            let length = if c == '\x1b' { sequence(text) } else { Some(c.len_utf8()) };
            let Some(length) = length else { break };
            let (part, behind) = text.split_at(length);
            self.part(c, part);
            text = behind;
        }
        self.rest = all[whole.len() - text.len()..].to_vec();
    }

    fn part(&mut self, c: char, part: &str) {
        match part {
            "\x1b[?7l" => self.wraps = false,
            "\x1b[?7h" => self.wraps = true,
            part => {
                let (_, columns) = self.screen().size();
                let (_, column) = self.screen().cursor_position();
                let width = c.width().unwrap_or(0) as u16;
                if self.wraps || column + width <= columns {
                    self.parser.process(part.as_bytes());
                }
            }
        }
    }
}

/// How long the sequence is that `text` begins with, if all of it is there: one with a bracket ends in a letter or a sign, one
/// with another bracket in a bell, any other behind its second character.
fn sequence(text: &str) -> Option<usize> {
    match text.as_bytes().get(1)? {
        b'[' => text[2..].find(|c: char| matches!(c, '@'..='~')).map(|end| end + 3),
        b']' => text.find('\x07').map(|end| end + 1),
        _ => Some(1 + text[1..].chars().next()?.len_utf8()),
    }
}

#[test]
fn what_is_too_wide_is_cut_off_once_it_is_wanted() {
    let mut glass = Glass::new((2, 4));
    for byte in "\x1b[?7labc漢字de\x1b[?7h\r\n1234漢".as_bytes() {
        glass.write(&[*byte]);
    }
    let rows: Vec<String> = glass.screen().rows(0, 4).collect();
    assert_eq!(rows, ["1234", "漢"]);
}
