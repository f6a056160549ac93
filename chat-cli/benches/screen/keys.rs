//! From a key to what it does on the screen, while a thousand messages a second come in.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::crowd::Crowd;
use crate::process::{processor_time, resident_mib};
use crate::program::Server;
use crate::pty::Terminal;
use crate::report::{Report, Times};

const PER_SECOND: u32 = 1_000;

/// As large as a window on half of a screen.
const SIZE: (u16, u16) = (50, 120);

/// More is not typed into one line.
const LINE: usize = 30;

pub(crate) fn measure(secs: u32, report: &mut Report) {
    let server = Server::start(&["--trusted"]);
    let crowd = Crowd::in_lobby(&server.addr);
    let mut alice = Typist::at(Terminal::join(&server.addr, "alice", SIZE), "> ");
    let mut echo = Command::new("sh");
    // What any program has to do at least: read the key, write it.
    echo.args(["-c", "stty raw -echo; printf 'ready\\r\\n> '; exec cat"]);
    let mut floor = Typist::at(Terminal::start(echo, SIZE), "> ");
    let talk = crowd.talk(PER_SECOND * secs, PER_SECOND);
    let pid = alice.terminal.child.id();
    let (began, taken) = (Instant::now(), processor_time(pid));
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    while began.elapsed() < Duration::from_secs(u64::from(secs)) {
        // Keys come at any time between two pictures.
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        std::thread::sleep(Duration::from_millis(20 + (random >> 33) % 120));
        alice.press();
        floor.press();
    }
    let share = (processor_time(pid) - taken).as_secs_f64() / began.elapsed().as_secs_f64();
    talk.end();
    let last = format!("message {} of", PER_SECOND * secs - 1);
    alice.terminal.until_shown(&last);
    println!("{PER_SECOND} messages a second for {secs} s, {} keys", alice.times.count());
    report.times("  key to screen", &alice.times);
    report.times("  floor: sh and cat in a terminal", &floor.times);
    report.aim("  key to screen, p99", alice.times.at(0.99), "ms", 50.0);
    report.aim("  processor time of one core", share * 100.0, "%", 30.0);
    report.say("  memory", &format!("{:>9.2} MiB", resident_mib(pid)));
}

/// Somebody who types letters, and takes the time until they are seen.
struct Typist {
    terminal: Terminal,
    prompt: &'static str,
    typed: String,
    times: Times,
}

impl Typist {
    fn at(mut terminal: Terminal, prompt: &'static str) -> Typist {
        terminal.until(prompt, |lines| lines.iter().any(|line| line.contains(prompt)));
        Typist { terminal, prompt, typed: String::new(), times: Times::default() }
    }

    fn press(&mut self) {
        self.terminal.until("what was written in between", |_| true);
        if self.typed.len() == LINE {
            self.clear();
            self.typed.clear();
        }
        let letter = char::from(b'a' + (self.times.count() % 26) as u8);
        self.typed.push(letter);
        let wanted = format!("{}{}", self.prompt, self.typed);
        let pressed = Instant::now();
        self.terminal.press(letter.encode_utf8(&mut [0; 4]));
        let seen = self.terminal.until(&wanted, |lines| lines.iter().any(|line| line.contains(&wanted)));
        self.times.push(seen.saturating_duration_since(pressed));
    }

    /// Takes away what is typed: a line editor takes the order, `cat` writes it, and a terminal does it.
    fn clear(&mut self) {
        let is_echo = self.terminal.lines().iter().any(|line| line == "ready");
        self.terminal.press(if is_echo { "\r\x1b[K> " } else { "\x15" });
        let is_gone = |line: &String| !line.contains(&self.typed);
        self.terminal.until("an empty line", |lines| lines.iter().all(is_gone));
    }
}
