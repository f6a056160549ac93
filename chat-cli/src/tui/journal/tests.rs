//! Logs in real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use chat_net::chat_core::{Epoch, Event, GapReason, Number, Place, TransferId};

use super::*;
use crate::files::testing::offer;
use crate::files::{Standing, State};
use crate::join::{FileSaid, FileTurn, Line};
use crate::tui::clean::Clean;
use crate::tui::model::tests::{NOW, at, body, joined, left, muted, of, said, user, welcome, whisper};
use crate::tui::model::{Kind, Model};
use crate::tui::zone::tests::berlin;

/// A folder of its own for each, removed with the test.
struct Home(PathBuf);

impl Home {
    fn new() -> Home {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("chat-cli-journal-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Home(path)
    }

    fn logs(&self) -> PathBuf {
        self.0.join("a/logs")
    }

    fn server(&self) -> PathBuf {
        self.logs().join("host_1")
    }

    fn open(&self) -> (Journal, Troubles) {
        open(self.logs(), "host:1")
    }

    /// What a file says once the log has ended.
    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.server().join(file)).unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn row(text: &str) -> Row {
    Row::new(NOW, Kind::Said, Clean::new(text)).by(user("bob"))
}

/// Logs that row, and waits until it is written, or until nothing is written any more.
fn log(home: &Home, text: &str) -> Option<String> {
    let (mut journal, mut troubles) = home.open();
    journal.record(&of("lobby"), &row(text)).unwrap();
    drop(journal);
    troubles.0.try_recv().ok()
}

#[test]
fn each_window_has_a_file_and_each_row_a_line() {
    let home = Home::new();
    let mut model = Model::default();
    model.zone = berlin();
    model.log_to(home.open().0);
    model.notice(&welcome("alice", false, &[]), NOW);
    model.enter("Lobby", 0, &["alice", "bob"]);
    model.hear(joined("Lobby", 2, "carol"));
    model.hear(left("Lobby", 3, "carol"));
    model.hear(said("Lobby", 4, "bob", "one\n\u{200b}two"));
    model.hear(whisper("bob", "alice", "psst"));
    model.hear(whisper("alice", "Bob", "what?"));
    let place = at("Lobby", 5);
    model.hear(Event::Deleted { place, by: user("bob"), target: Number(4), from: user("bob") });
    model.hear(muted(6, NOW.plus_ms(3_600_000)));
    model.lines(&of("Lobby"), NOW, &[Line::note("users in #lobby (2): alice bob")]);
    drop(model);
    let indent = " ".repeat("2025-11-21T14:05:09Z ".len());
    assert_eq!(
        home.read("#lobby.log"),
        format!(
            "2025-11-21T14:06:09Z * alice joined\n2025-11-21T14:07:09Z * carol joined\n\
             2025-11-21T14:08:09Z * carol left\n2025-11-21T14:09:09Z <bob> one\n\
             {indent}<U+200B>two\n2025-11-21T14:10:09Z * bob deleted message 4\n\
             2025-11-21T14:11:09Z * carol muted bob until 15:05:09\n"
        )
    );
    assert_eq!(
        home.read("@bob.log"),
        "2025-11-21T14:05:09Z <bob> psst\n2025-11-21T14:05:09Z <alice> what?\n"
    );
    assert_eq!(home.read("server.log"), "2025-11-21T14:05:09Z - connected as alice\n");
    let files = fs::read_dir(home.server()).unwrap().count();
    assert_eq!(files, 3);
}

#[test]
fn the_end_of_a_file_is_logged_where_it_was_offered_and_nothing_before_it() {
    let home = Home::new();
    let mut model = Model::in_lobby(0);
    model.log_to(home.open().0);
    let offer = offer(7, "bob", "#lobby", "x", 1);
    model.hear(Event::Offered(Box::new(offer.clone())));
    model.files_are(vec![Standing { offer, is_mine: false, state: State::Offered }]);
    let said = |turn, line| FileSaid { turn, shown: Line::note(line).into() };
    model.windows.go_to(0);
    model.file_said(NOW, said(FileTurn::GoesOn(TransferId(7)), "7: it is on its way"), &[]);
    model.file_said(NOW, said(FileTurn::Ended(TransferId(7)), "7: it is here"), &[]);
    drop(model);
    let text: Vec<_> = home.read("#lobby.log").lines().map(|line| line[21..].to_owned()).collect();
    assert_eq!(text, ["* bob offers \"x\" (1 B), file 7", "- 7: it is here"]);
}

#[test]
fn what_was_missed_is_logged_in_order_and_older_pages_are_not() {
    let home = Home::new();
    let mut model = Model::in_lobby(7);
    model.log_to(home.open().0);
    model.hear_past(said("lobby", 7, "bob", "before"));
    model.hear(said("lobby", 9, "bob", "nine"));
    model.lose();
    model.notice(&welcome("alice", true, &[("lobby", 11)]), NOW);
    let page = (1..=7).map(|number| said("lobby", number, "bob", "old")).collect();
    model.answer("lobby", chat_net::chat_core::Anchor::Before(Number(8)), page, false, true);
    model.hear_past(said("lobby", 9, "bob", "nine"));
    model.hear_past(said("lobby", 10, "bob", "ten"));
    model.hear_past(said("lobby", 11, "bob", "eleven"));
    model.hear(said("lobby", 12, "bob", "twelve"));
    drop(model);
    let text: Vec<_> = home.read("#lobby.log").lines().map(|line| line[21..].to_owned()).collect();
    assert_eq!(text, ["<bob> nine", "<bob> ten", "<bob> eleven", "<bob> twelve"]);
}

#[test]
fn a_room_under_new_numbers_tells_nothing_twice() {
    let home = Home::new();
    let mut model = Model::in_lobby(0);
    model.log_to(home.open().0);
    model.hear(said("lobby", 2, "bob", "two"));
    model.hear(said("lobby", 3, "bob", "three"));
    model.lose();
    model.notice(&welcome("alice", false, &[]), NOW);
    let anew = |number| Place { epoch: Epoch(2), ..at("lobby", number) };
    let again = |number, text| Event::Said { place: anew(number), from: user("bob"), body: body(text) };
    let gap = Event::Gap { place: anew(4), first_available: Number(1), why: GapReason::NewEpoch };
    model.hear(gap);
    model.hear_past(again(2, "two"));
    model.hear_past(again(3, "three"));
    model.hear_past(again(4, "four"));
    drop(model);
    let text = home.read("#lobby.log");
    let said: Vec<_> =
        text.lines().filter_map(|line| line.split_once("<bob> ")).map(|(_, said)| said).collect();
    assert_eq!(said, ["two", "three", "four"], "{text}");
    assert!(text.contains("Z ! "), "the gap is told: {text}");
}

#[cfg(unix)]
mod permissions {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn nobody_else_reads_a_log() {
        let home = Home::new();
        assert_eq!(log(&home, "one"), None);
        let (folder, file) = (home.server(), home.server().join("#lobby.log"));
        assert_eq!((mode(&home.logs()), mode(&folder), mode(&file)), (0o700, 0o700, 0o600));
        set(&home.logs(), 0o755);
        set(&folder, 0o777);
        set(&file, 0o666);
        assert_eq!(log(&home, "two"), None);
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        assert_eq!(mode(&home.logs()), 0o755, "a folder that was there may be for other things, too");
        assert_eq!(home.read("#lobby.log").lines().count(), 2);
    }

    #[test]
    fn a_link_leads_nowhere() {
        let home = Home::new();
        let elsewhere = home.0.join("elsewhere");
        fs::create_dir_all(home.server()).unwrap();
        fs::write(&elsewhere, "mine\n").unwrap();
        symlink(&elsewhere, home.server().join("#lobby.log")).unwrap();
        let why = log(&home, "one").unwrap();
        assert!(why.contains("nothing is logged any more: ") && why.contains("#lobby.log: "), "{why}");
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine\n");
        fs::remove_dir_all(home.server()).unwrap();
        fs::create_dir(home.0.join("folder")).unwrap();
        symlink(home.0.join("folder"), home.server()).unwrap();
        let why = log(&home, "one").unwrap();
        assert!(why.contains("host_1: "), "{why}");
        assert_eq!(fs::read_dir(home.0.join("folder")).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let home = Home::new();
        fs::create_dir_all(home.server().join("#lobby.log")).unwrap();
        assert!(log(&home, "one").is_some());
        fs::remove_dir(home.server().join("#lobby.log")).unwrap();
        let pipe = home.server().join("#lobby.log");
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, fifo, 0o600.into(), 0).unwrap();
        assert!(log(&home, "one").unwrap().contains("it is no file"));
    }

    #[test]
    fn of_two_programs_one_logs() {
        let home = Home::new();
        let (mut first, _troubles) = home.open();
        first.record(&of("lobby"), &row("first")).unwrap();
        // Written means that the folder is taken.
        while fs::read_dir(home.server()).is_ok_and(|files| files.count() == 0) || !home.server().exists() {
            std::thread::yield_now();
        }
        let why = log(&home, "second").unwrap();
        assert!(why.starts_with("nothing is logged here: another chat-cli logs to "), "{why}");
        drop(first);
        assert_eq!(log(&home, "third"), None);
        assert_eq!(home.read("#lobby.log").matches("<bob>").count(), 2);
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_is_told_once_and_the_chat_goes_on() {
    let home = Home::new();
    let mut model = Model::in_lobby(0);
    let (journal, mut troubles) = home.open();
    model.log_to(journal);
    model.hear(said("lobby", 2, "bob", "two"));
    while !home.server().join("#lobby.log").exists() {
        tokio::task::yield_now().await;
    }
    fs::remove_dir_all(home.server()).unwrap();
    model.hear(said("lobby", 3, "bob", "three"));
    let why = troubles.next().await;
    model.log_ended(NOW, &why);
    model.hear(said("lobby", 4, "bob", "four"));
    assert_eq!(model.shown(&of("lobby")).len(), 4);
    let told = model.shown(&Of::Server);
    assert!(told.last().unwrap().contains("- nothing is logged any more: "), "{told:?}");
    assert!(!home.server().exists());
}

#[test]
fn half_a_line_of_a_full_disk_gets_an_end() {
    let home = Home::new();
    assert_eq!(log(&home, "one"), None);
    let file = home.server().join("#lobby.log");
    fs::write(&file, "2025-11-21T14:05:09Z <bob> on").unwrap();
    assert_eq!(log(&home, "two"), None);
    assert_eq!(home.read("#lobby.log"), "2025-11-21T14:05:09Z <bob> on\n2025-11-21T14:05:09Z <bob> two\n");
}

#[test]
fn what_a_slow_disk_cannot_take_is_left_out_and_told() {
    let (journal, entries) = Journal::with_queue(2);
    let mut model = Model::in_lobby(0);
    model.log_to(journal);
    for number in 2..=9 {
        model.hear(said("lobby", number, "bob", "hi"));
    }
    let complaints =
        |model: &Model| model.shown(&Of::Server).iter().filter(|row| row.contains("too slow")).count();
    assert_eq!(complaints(&model), 1);
    assert_eq!(entries.try_iter().map(|entry| entry.left_out).collect::<Vec<_>>(), [0, 0]);
    model.hear(said("lobby", 10, "bob", "hi"));
    model.hear(said("lobby", 11, "bob", "hi"));
    assert_eq!(entries.try_iter().map(|entry| entry.left_out).collect::<Vec<_>>(), [6, 0]);
    let long = "x".repeat(1 << 20);
    let (journal, entries) = Journal::with_queue(64);
    model.log_to(journal);
    for number in 12..=52 {
        model.hear(said("lobby", number, "bob", &long));
    }
    assert_eq!(complaints(&model), 2);
    let kept = entries.try_iter().map(|entry| entry.text.len()).sum::<usize>();
    assert!((1..=QUEUE_BYTES).contains(&kept), "{kept}");
}

#[test]
fn a_slow_disk_is_complained_of_again_only_after_a_quiet_minute() {
    let (mut journal, _entries) = Journal::with_queue(1);
    let now = Instant::now();
    let told = [0, 59, 118, 177, 237, 238].map(|at| journal.loses(now + Duration::from_secs(at)).is_err());
    assert_eq!(told, [true, false, false, false, true, false]);
}

#[test]
fn rows_that_were_left_out_at_the_end_are_told_when_the_log_closes() {
    let home = Home::new();
    let (mut journal, entries) = Journal::with_queue(1);
    let writer = journal.writer(home.logs(), "host_1".to_owned());
    for (at, text) in ["kept", "lost", "lost"].into_iter().enumerate() {
        assert_eq!(journal.record(&of("lobby"), &row(text)).is_err(), at == 1);
    }
    drop(journal);
    writer.write(&entries).unwrap();
    let text = home.read("#lobby.log");
    assert!(text.contains("<bob> kept\n") && text.contains("! 2 rows are missing before this"), "{text}");
}
