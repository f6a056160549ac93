//! The full screen: what is written is the client's own sequences and characters to see, and after every picture the frame
//! stands where it belongs.

use std::collections::BTreeSet;

use super::corpus::corpus;
use super::grammar;
use super::talk::{LINES, hostile};
use crate::frames::{ENTER, LEAVE, check_every_picture};
use crate::program::command;
use crate::pty::Terminal;

/// Holds all that was written against what may be: lines before and after the screen, and pictures on it.
fn check(raw: &[u8], has_signals: bool) {
    let raw = str::from_utf8(raw).expect("what is written is UTF-8");
    let (before, rest) = raw.split_once(ENTER).expect("the screen is entered");
    let (pictures, after) = rest.rsplit_once(LEAVE).expect("and left");
    let drawn = if has_signals { grammar::without_signals(pictures).unwrap() } else { pictures.to_owned() };
    grammar::screen(&drawn).unwrap();
    for lines in [before, after] {
        grammar::plain(&lines.replace("\r\n", "\n"), true).unwrap();
    }
}

fn join(addr: &str, more: &[&str], size: (u16, u16)) -> Terminal {
    Terminal::start(command(&[&["join", addr, "--name", "carol"], more].concat()), size)
}

/// Goes up to the first mark, and gives all lines that were seen on the way.
fn read_all(carol: &mut Terminal) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = carol.lines().into_iter().collect();
    for page in 0..400 {
        // Two pages may look the same: what is typed tells that the next one is there.
        carol.press(if page % 2 == 0 { "\x1b[5~x" } else { "\x1b[5~\x7f" });
        carol.until_last(if page % 2 == 0 { "#lobby> x" } else { "#lobby>" });
        seen.extend(carol.lines());
        if page % 2 == 1 && seen.iter().any(|line| line.contains("bob mark 0 ")) {
            return seen;
        }
    }
    panic!("no end of pages: {:#?}", carol.lines());
}

#[test]
fn nothing_that_others_write_reaches_beyond_its_place_on_the_screen() {
    for (size, more) in [((24, 80), &["--bell", "--notify"][..]), ((30, 120), &["--color", "never"][..])] {
        let addr = hostile();
        let mut carol = join(&addr, more, size);
        carol.until_shown("that was all");
        let seen = read_all(&mut carol);
        for mark in 0..corpus().len() {
            let mark = format!("bob mark {mark} ");
            assert!(seen.iter().any(|line| line.contains(&mark)), "{mark} in {seen:#?}");
        }
        for window in ["\x1b1", "\x1b3", "\x1b2"] {
            let before = carol.lines();
            carol.press(window);
            carol.until("another window", |lines| lines.last() != before.last());
        }
        for line in LINES {
            carol.press(&format!("{line}\r"));
            carol.until_last("#lobby>");
        }
        carol.press("/quit\r");
        carol.until_end();
        check(&carol.raw, more.contains(&"--notify"));
        assert_eq!(carol.has_written("\x1b]777;notify;bob;"), !more.contains(&"never"));
        check_every_picture(&carol.raw, size);
    }
}
