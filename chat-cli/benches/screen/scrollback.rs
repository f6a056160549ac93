//! What many lines take.

use crate::crowd::Crowd;
use crate::process::resident_mib;
use crate::program::Server;
use crate::pty::Terminal;
use crate::report::Report;

/// As many as a client on a busy machine keeps up with.
const PER_SECOND: u32 = 5_000;

pub(crate) fn measure(lines: u32, report: &mut Report) {
    let server = Server::start(&["--trusted"]);
    let crowd = Crowd::in_lobby(&server.addr);
    let mut alice = Terminal::join(&server.addr, "alice", (50, 120));
    alice.until_last("#lobby>");
    let pid = alice.child.id();
    let before = resident_mib(pid);
    crowd.talk(lines, PER_SECOND).end();
    alice.until_shown(&format!("message {} of", lines - 1));
    let after = resident_mib(pid);
    // Alt-Home goes to the oldest that is here.
    alice.press("\x1b[1;3H");
    let number = |line: &String| line.split_once("message ")?.1.split_once(" of")?.0.parse().ok();
    alice.until("the oldest lines", |seen| {
        seen.iter().filter_map(number).any(|number: u32| number < lines / 100)
    });
    println!("{lines} lines, and the oldest can be gone back to");
    report.say("  memory before", &format!("{before:>9.2} MiB"));
    report.aim("  memory", after, "MiB", 100.0);
}
