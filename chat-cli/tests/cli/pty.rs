//! The program in a terminal, and what is on its screen.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

use crate::glass::Glass;
use crate::program::command;

const PATIENCE: Duration = Duration::from_secs(20);

/// The program in a terminal of its own.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    keyboard: File,
    /// Kept open, to look at the terminal's modes after the program's end.
    tty: OwnedFd,
    /// What was written, and when it came.
    output: Receiver<(Instant, Vec<u8>)>,
    glass: Glass,
    pub(crate) raw: Vec<u8>,
}

impl Terminal {
    pub(crate) fn join(addr: &str, name: &str, size: (u16, u16)) -> Terminal {
        Terminal::start(command(&["join", addr, "--name", name]), size)
    }

    pub(crate) fn start(mut command: Command, (rows, columns): (u16, u16)) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let path = path.to_str().unwrap();
        let tty = File::options().read(true).write(true).open(path).unwrap();
        tcsetwinsize(&master, winsize(rows, columns)).unwrap();
        let end = || Stdio::from(tty.try_clone().unwrap());
        if command.get_envs().all(|(key, _)| key != "TERM") {
            command.env("TERM", "xterm");
        }
        // A job of its own, as a shell would make it: what stops all of it does not stop the tests.
        command.process_group(0);
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let keyboard = File::from(master);
        let mut reading = keyboard.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(bytes @ 1..) = reading.read(&mut buffer) {
                if sender.send((Instant::now(), buffer[..bytes].to_vec())).is_err() {
                    return;
                }
            }
        });
        let glass = Glass::new((rows, columns));
        Terminal { child, keyboard, tty: tty.into(), output, glass, raw: Vec::new() }
    }

    /// Gives the terminal another size, which the program is told.
    pub(crate) fn resize(&mut self, (rows, columns): (u16, u16)) {
        self.glass.resize((rows, columns));
        tcsetwinsize(&self.keyboard, winsize(rows, columns)).unwrap();
        self.signal(Signal::WINCH);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as wanted; when what made it so was written.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&[String]) -> bool) -> Instant {
        let deadline = Instant::now() + PATIENCE;
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.take(&bytes);
        }
        let mut at = Instant::now();
        loop {
            let lines = self.lines();
            if wanted(&lines) {
                return at;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((came, bytes)) = self.output.recv_timeout(left) else { panic!("no {what} on {lines:#?}") };
            at = came;
            self.take(&bytes);
        }
    }

    /// What is on the screen, as far as it was looked at.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.glass.screen()
    }

    /// Its lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.screen().contents().lines().map(str::to_owned).collect()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.glass.write(bytes);
        self.raw.extend(bytes);
    }

    /// Waits until the last line on the screen is exactly this; when it was written.
    pub(crate) fn until_last(&mut self, last: &str) -> Instant {
        self.until(last, |lines| lines.last().is_some_and(|line| typed(line) == last))
    }

    pub(crate) fn until_shown(&mut self, part: &str) {
        self.until(part, |lines| lines.iter().any(|line| line.contains(part)));
    }

    /// Presses a key that answers an offer until that is shown: before the offer was seen for a while, it answers nothing.
    pub(crate) fn answer(&mut self, key: &str, shown: &str) {
        const TOO_SOON: &str = "press the key again";
        let has = |lines: &[String], what: &str| lines.iter().any(|line| line.contains(what));
        loop {
            self.press(key);
            self.until(shown, |lines| has(lines, TOO_SOON) || has(lines, shown));
            if !has(&self.lines(), TOO_SOON) {
                return;
            }
            // Any other key takes the words away.
            self.press("x\x7f");
            self.until("another try", |lines| !has(lines, TOO_SOON));
        }
    }

    /// Waits until that was written, seen or not.
    pub(crate) fn until_written(&mut self, bytes: &str) {
        while !self.has_written(bytes) {
            let more = self.output.recv_timeout(PATIENCE);
            let (_, more) = more.unwrap_or_else(|why| panic!("no {bytes:?} ({why}) on {:#?}", self.lines()));
            self.take(&more);
        }
    }

    /// Whether that was written, as far as it was looked at.
    pub(crate) fn has_written(&self, bytes: &str) -> bool {
        self.raw.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    }

    /// Waits for the end, and for all that was written before it.
    pub(crate) fn until_end(&mut self) {
        self.child.wait().unwrap();
        // What is written here comes behind all that the program wrote.
        let end = b"\x1b[end";
        rustix::io::write(&self.tty, end).unwrap();
        while !self.raw.ends_with(end) {
            let (_, bytes) = self.output.recv_timeout(PATIENCE).expect("the end is there");
            self.take(&bytes);
        }
        self.raw.truncate(self.raw.len() - end.len());
    }

    /// The terminal does not show by itself what is typed: it would do so in the middle of what is being written.
    pub(crate) fn hush(&self) {
        let mut modes = tcgetattr(&self.tty).unwrap();
        modes.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&self.tty, OptionalActions::Now, &modes).unwrap();
    }

    pub(crate) fn is_raw(&self) -> bool {
        !tcgetattr(&self.tty).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    /// Somebody else writes on the screen.
    pub(crate) fn scribble(&self) {
        rustix::io::write(&self.tty, b"\x1b[3;3Hscribbled").unwrap();
    }

    /// Waits for the end; the terminal must be as it was.
    pub(crate) fn code(mut self) -> Option<i32> {
        self.until_end();
        assert!(!self.is_raw(), "the terminal was left in raw mode");
        let raw = String::from_utf8_lossy(&self.raw);
        let on_and_off = [("1049", ["h", "l"]), ("1004", ["h", "l"]), ("2004", ["h", "l"])];
        let kept_and_back = ["1007", "1036", "1039"].map(|mode| (mode, ["s", "r"]));
        for (mode, [begin, end]) in on_and_off.into_iter().chain(kept_and_back) {
            let last = |how: &str| raw.rfind(&format!("\x1b[?{mode}{how}"));
            assert!(last(begin).is_some() && last(begin) < last(end), "mode {mode} was not given back");
        }
        let last = |mode: &str| raw.rfind(&format!("\x1b[?{mode}"));
        assert!(last("7l") < last("7h") && last("25l") < last("25h"), "no wrapping, or no cursor");
        self.child.wait().unwrap().code()
    }
}

/// A prompt and what is typed behind it, without the hint that stands there while nothing is.
fn typed(line: &str) -> &str {
    match line.trim_end().strip_suffix("F1 helps").and_then(|line| line.split_once("> ")) {
        Some((prompt, _)) => &line[..=prompt.len()],
        None => line.trim_end(),
    }
}

fn winsize(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Ended already, or not: there is nothing to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
