//! `serve` with a data folder: what was said is there again, and a folder that cannot be used is refused in a sentence.

use std::fs;
use std::path::Path;

use crate::program::{Folder, Program, Server};

/// A server on this folder.
fn serve(folder: &Folder) -> Server {
    Server::start(&["--data", folder.as_str()])
}

/// How a server on this folder ends that cannot start, and its one complaint.
fn refused(folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let folder = folder.to_str().unwrap();
    let program = Program::start(&[&["serve", "--listen", "127.0.0.1:0", "--data", folder], more].concat());
    let (status, out, err) = program.wait();
    assert_eq!(out, Vec::<String>::new());
    assert_eq!(err.len(), 1, "{err:?}");
    (status.code(), err.concat())
}

#[cfg(unix)]
mod unix {
    use super::*;
    use crate::program::command;
    use rustix::process::Signal;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    #[test]
    fn the_talk_is_there_when_the_server_is_served_again() {
        let folder = Folder::new();
        // In order, and not in order.
        for (round, signal) in [Signal::TERM, Signal::KILL, Signal::INT].into_iter().enumerate() {
            let server = serve(&folder);
            // A killed server's people keep their names for a while.
            let mut alice = server.person(&format!("alice{round}"));
            let mut join =
                Program::start(&["join", &server.addr, "--name", &format!("carol{round}"), "--plain"]);
            for earlier in 0..round {
                alice.type_line("/history 50");
                alice.until(&format!("#lobby <alice{earlier}> from alice, round {earlier}"));
                join.out.until(&format!("#lobby <alice{earlier}> from alice, round {earlier}"));
                join.out.until(&format!("from carol, round {earlier}"));
            }
            alice.type_line(&format!("from alice, round {round}"));
            join.out.until(&format!("from alice, round {round}"));
            join.type_line(&format!("from carol, round {round}"));
            alice.until(&format!("from carol, round {round}"));
            server.program.signal(signal);
            server.program.wait();
        }
    }

    #[test]
    fn the_folder_is_for_its_owner_alone() {
        let folder = Folder::new();
        let server = serve(&folder);
        server.person("alice");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }

    #[test]
    fn where_history_is_kept_comes_after_where_it_listens() {
        let folder = Folder::new();
        let args = |keep: &'static [&str]| [&["serve", "--listen", "127.0.0.1:0"], keep].concat();
        let out = |more: &[&str]| {
            let program = Program::start(more);
            let mut server = Server { program, addr: String::new() };
            server.program.out.until("listening");
            server.program.out.until("")
        };
        let kept = [&args(&[])[..], &["--data", folder.as_str()]].concat();
        assert_eq!(out(&kept), format!("history in {} (fsync)", folder.as_str()));
        let kept = [&kept[..], &["--json", "--durability", "os"]].concat();
        assert_eq!(out(&kept), format!("{{\"data\":\"{}\",\"durability\":\"os\"}}", folder.as_str()));
        assert_eq!(out(&args(&["--memory"])), "history in memory, gone when the server ends");
        assert_eq!(out(&args(&["--memory", "--json"])), "{\"data\":null,\"durability\":\"memory\"}");
    }

    #[test]
    fn what_was_made_by_something_else_or_by_a_newer_version_is_refused_and_not_touched() {
        let (foreign, newer, file) = (Folder::new(), Folder::new(), Folder::new());
        fs::create_dir_all(foreign.path()).unwrap();
        fs::write(foreign.path().join("chat.db"), "the minutes of the meeting\n".repeat(1000)).unwrap();
        let server = serve(&newer);
        server.program.signal(Signal::TERM);
        assert_eq!(server.program.code(), Some(0));
        // `user_version`, in the header of the file (https://sqlite.org/fileformat.html).
        let database = newer.path().join("chat.db");
        let mut bytes = fs::read(&database).unwrap();
        bytes[60..64].copy_from_slice(&4711_u32.to_be_bytes());
        fs::write(&database, bytes).unwrap();
        for (folder, says) in [(&foreign, "another folder"), (&newer, "newer")] {
            let before = fs::read(folder.path().join("chat.db")).unwrap();
            let (code, why) = refused(folder.path(), &["--migrate", "--new-epoch"]);
            assert!(code == Some(78) && why.contains(says), "{code:?} {why}");
            assert!(before == fs::read(folder.path().join("chat.db")).unwrap(), "{why}");
        }
        fs::write(file.path(), "a file").unwrap();
        let (code, why) = refused(file.path(), &[]);
        assert!(code == Some(78) && why.contains(file.as_str()), "{code:?} {why}");
        fs::remove_file(file.path()).unwrap();
    }

    /// The program as a user who may do nothing; `None` where tests cannot become somebody else.
    fn nobody(args: &[&str]) -> Option<Program> {
        if !rustix::process::geteuid().is_root() {
            return Some(Program::start(args));
        }
        let as_nobody = |args: &[&str]| {
            let program = command(args);
            let mut setpriv = Command::new("setpriv");
            setpriv.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
            setpriv.arg(program.get_program()).args(program.get_args()).env_clear();
            setpriv
        };
        let possible = as_nobody(&["--version"]).output().is_ok_and(|output| output.status.success());
        possible.then(|| Program::spawn(as_nobody(args)))
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let folder = Folder::new();
        fs::create_dir_all(folder.path()).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o000)).unwrap();
        for args in [
            &["serve", "--listen", "127.0.0.1:0", "--data", folder.as_str()][..],
            &["history", "--data", folder.as_str()],
        ] {
            let Some(program) = nobody(args) else { return };
            let (status, out, err) = program.wait();
            assert_eq!((status.code(), out), (Some(77), Vec::new()), "{args:?} {err:?}");
            assert!(
                err.len() == 1 && err[0].contains(folder.as_str()) && err[0].contains("permission"),
                "{err:?}"
            );
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn a_store_that_fails_ends_the_server_with_74() {
        let folder = Folder::new();
        // Writes beyond this size fail, as on a broken disk: the limit is one of the shell's, in blocks of 512 bytes.
        let limit = "trap '' XFSZ; ulimit -f 2000; exec \"$@\"";
        let program =
            command(&["serve", "--listen", "127.0.0.1:0", "--json", "--trusted", "--data", folder.as_str()]);
        let mut shell = Command::new("sh");
        shell.args(["-c", limit, "sh"]).arg(program.get_program()).args(program.get_args());
        shell.args(["--limit", "storage_reserve=64KiB"]);
        let mut server = Program::spawn(shell);
        let line = server.out.until("listening");
        let mut server = Server { program: server, addr: line.split('"').nth(3).unwrap().to_owned() };
        let mut alice = server.person("alice");
        let long = "x".repeat(4000);
        // The server may be gone before all is written.
        while alice.try_type_line(&long) {}
        server.program.err.until("look at its files and the disk");
        server.program.ends_with(74);
        // What was accepted is there; without the limit the server goes on.
        serve(&folder).person("bob");
    }
}

#[test]
fn a_folder_in_use_is_refused_with_the_process_that_has_it() {
    let folder = Folder::new();
    let server = serve(&folder);
    let (code, why) = refused(folder.path(), &[]);
    assert_eq!(code, Some(75), "{why}");
    assert!(why.contains(&format!("process {}", server.program.id())) && why.contains("stop"), "{why}");
    // The one that has it goes on.
    server.person("alice");
}
