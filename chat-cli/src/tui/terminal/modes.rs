//! The modes that the terminal is in while the screen is drawn on it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal;
use tokio::sync::Notify;

/// The other screen (1049), on which text is not wrapped (7), and the wheel is no key (1007); Alt and Meta send an escape
/// before the key (1039, 1036), where xterm would make Alt-3 another character; those three are kept as they were. Pastes are
/// marked (2004), and it is told whether somebody looks (1004). The numbers are those of xterm's control sequences.
const ENTER: &str = concat!(
    "\x1b[?1049h\x1b[?7l\x1b[?1007s\x1b[?1007l\x1b[?1036s\x1b[?1036h\x1b[?1039s\x1b[?1039h",
    "\x1b[?2004h\x1b[?1004h"
);

/// Buttons and the wheel are told (1000), wherever that is (1006).
const MOUSE: &str = "\x1b[?1000h\x1b[?1006h";
const NO_MOUSE: &str = "\x1b[?1006l\x1b[?1000l";

/// All of that undone, with what a picture may have left: colours, and the cursor hidden (25), the picture held back (2026).
const LEAVE: &str =
    "\x1b[?2026l\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?1039r\x1b[?1036r\x1b[?1007r\x1b[?7h\x1b[?25h\x1b[?1049l";

/// Whether they are entered: left twice, they would put the cursor back over what a panic has said in between.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Told when a panic was, in whatever thread: the screen is the shell's then, and nothing more is to be drawn.
static LOST: Notify = Notify::const_new();

/// Whether they are entered, so that one may draw.
pub(super) fn are_entered() -> bool {
    ENTERED.load(Ordering::Relaxed)
}

/// Waits until they were left for good. Cancel safe.
pub(super) async fn lost() -> io::Error {
    LOST.notified().await;
    failed()
}

/// Why nothing is drawn when they are not.
pub(super) fn failed() -> io::Error {
    io::Error::other("a part of the program has failed")
}

/// Raw mode, and [`ENTER`]; the terminal is as before when this is dropped, or when a panic is told.
#[derive(Debug)]
pub(super) struct Modes {
    has_mouse: bool,
}

impl Modes {
    /// Enters them.
    ///
    /// # Errors
    /// There is no terminal.
    pub(super) fn enter(has_mouse: bool) -> io::Result<Modes> {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_lost = leave(has_mouse);
            tell(panic);
            if is_lost {
                LOST.notify_one();
            }
        }));
        let modes = Modes { has_mouse };
        modes.enter_again()?;
        Ok(modes)
    }

    /// Enters them after they were left.
    ///
    /// # Errors
    /// There is no terminal.
    pub(super) fn enter_again(&self) -> io::Result<()> {
        ENTERED.store(true, Ordering::Relaxed);
        terminal::enable_raw_mode()?;
        // Where terminals must be told first that there will be such sequences, this does it.
        #[cfg(windows)]
        crossterm::ansi_support::supports_ansi();
        write(ENTER)?;
        write(if self.has_mouse { MOUSE } else { "" })
    }

    /// What is to be written to leave them.
    pub(super) fn leaving(&self) -> String {
        leaving(self.has_mouse)
    }

    /// Leaves the one that is left without a word to the terminal.
    pub(super) fn leave_raw(&self) {
        // The terminal may be gone.
        let _ = terminal::disable_raw_mode();
    }

    /// The others are left, or cannot be, as the terminal takes nothing.
    pub(super) fn abandon(&self) {
        ENTERED.store(false, Ordering::Relaxed);
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        leave(self.has_mouse);
    }
}

/// Whether they were entered.
fn leave(has_mouse: bool) -> bool {
    if !ENTERED.swap(false, Ordering::Relaxed) {
        return false;
    }
    // Whatever fails here, the other should be tried; and the terminal may be gone. First what needs no room in it.
    let _ = terminal::disable_raw_mode();
    make_room();
    let _ = write(&leaving(has_mouse));
    true
}

/// Drops what the terminal was given and has not taken.
pub(super) fn forget_unread() {
    #[cfg(unix)]
    {
        // It may be gone.
        let _ = rustix::termios::tcflush(io::stdout(), rustix::termios::QueueSelector::OFlush);
    }
}

/// Drops what the terminal does not take, so that a fault can be told and the program end. What is being written then needs
/// room several times if it is long.
#[cfg(unix)]
fn make_room() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    const SOON: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
    const ROUNDS: usize = 40;
    let out = io::stdout();
    for _ in 0..ROUNDS {
        match poll(&mut [PollFd::new(&out, PollFlags::OUT)], Some(&SOON)) {
            Ok(0) => forget_unread(),
            // A signal came: that says nothing of the room.
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}

#[cfg(not(unix))]
fn make_room() {}

fn leaving(has_mouse: bool) -> String {
    format!("{}{LEAVE}", if has_mouse { NO_MOUSE } else { "" })
}

fn write(sequences: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(sequences.as_bytes())?;
    out.flush()
}
