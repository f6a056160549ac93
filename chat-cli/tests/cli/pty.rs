//! The program in a terminal, and what is on its screen.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::program::command;

const PATIENCE: Duration = Duration::from_secs(20);

/// The program in a terminal of its own.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    keyboard: File,
    /// Kept open, to look at the terminal's modes after the program's end.
    tty: OwnedFd,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
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
        let child = command.env("TERM", "xterm").stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let keyboard = File::from(master);
        let mut reading = keyboard.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(bytes @ 1..) = reading.read(&mut buffer) {
                if sender.send(buffer[..bytes].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(rows, columns, 0);
        Terminal { child, keyboard, tty: tty.into(), output, screen, raw: Vec::new() }
    }

    /// Gives the terminal another size, which the program is told.
    pub(crate) fn resize(&mut self, (rows, columns): (u16, u16)) {
        self.screen.screen_mut().set_size(rows, columns);
        tcsetwinsize(&self.keyboard, winsize(rows, columns)).unwrap();
        self.signal(Signal::WINCH);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&[String]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines: Vec<String> = self.screen.screen().contents().lines().map(str::to_owned).collect();
            if wanted(&lines) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else { panic!("no {what} on {lines:#?}") };
            self.screen.process(&bytes);
            self.raw.extend(bytes);
        }
    }

    /// Waits until the last line on the screen is exactly this.
    pub(crate) fn until_last(&mut self, last: &str) {
        self.until(last, |lines| lines.last().is_some_and(|line| line.trim_end() == last));
    }

    pub(crate) fn until_shown(&mut self, part: &str) {
        self.until(part, |lines| lines.iter().any(|line| line.contains(part)));
    }

    pub(crate) fn is_raw(&self) -> bool {
        !tcgetattr(&self.tty).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    /// Waits for the end; the terminal must be as it was.
    pub(crate) fn code(mut self) -> Option<i32> {
        let code = self.child.wait().unwrap().code();
        assert!(!self.is_raw(), "the terminal was left in raw mode");
        let paste_is_off = |raw: &[u8]| {
            let raw = String::from_utf8_lossy(raw);
            raw.rfind("\x1b[?2004h") < raw.rfind("\x1b[?2004l")
        };
        while !paste_is_off(&self.raw) {
            let bytes = self.output.recv_timeout(PATIENCE);
            self.raw.extend(bytes.expect("bracketed paste was left on"));
        }
        code
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
