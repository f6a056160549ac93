//! What stands in the download folder under the names that a file is to have: it is neither followed nor touched.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use chat_net::client::FileEvent;

use crate::folder::{Folder, bytes};
use crate::peer::{last, path_of};
use crate::town::{Town, to, until};

const NAMES: [&str; 4] = ["x.bin", "x.bin.part", "x.bin.part.json", "x.bin.part.json~"];

const PLANTS: [&str; 7] =
    ["a file", "a folder", "a link", "a dangling link", "a link to a folder", "a hard link", "a pipe"];

fn plant(what: &str, at: &Path, outside: &Folder) {
    match what {
        "a file" => fs::write(at, "precious").unwrap(),
        "a folder" => fs::create_dir(at).unwrap(),
        "a link" => symlink(outside.at("secret"), at).unwrap(),
        "a dangling link" => symlink(outside.at("new"), at).unwrap(),
        "a link to a folder" => symlink(outside.path(), at).unwrap(),
        "a hard link" => fs::hard_link(outside.at("secret"), at).unwrap(),
        _ => {
            let pipe = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, at, pipe, 0o600.into(), 0).unwrap();
        }
    }
}

/// What can be told of it without following it.
fn seen(path: &Path) -> (u64, u64, u32, u64, i64, i64) {
    let about = fs::symlink_metadata(path).unwrap();
    (about.ino(), about.size(), about.mode(), about.nlink(), about.mtime(), about.mtime_nsec())
}

#[tokio::test]
async fn what_was_there_before_stays_as_it_is() {
    let town = Town::new();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    let (source, file) = (Folder::new(), bytes(200_000, 1));
    let path = source.put("x.bin", &file);
    for name in NAMES {
        for what in PLANTS {
            let (target, outside) = (Folder::new(), Folder::new());
            outside.put("secret", b"precious");
            let planted = target.at(name);
            plant(what, &planted, &outside);
            let before = seen(&planted);
            let mut sending = ann.send(to("bob"), &path).await;
            let mut receiving = bob.receive(target.path()).await;
            let got = path_of(&last(&mut receiving).await);
            assert!(matches!(last(&mut sending).await, FileEvent::Finished { .. }), "{what} as {name}");
            let expected = if name == "x.bin.part.json~" {
                &["x.bin", "x (1).bin"][..]
            } else {
                &["x (1).bin", "x.bin"]
            };
            assert!(expected.iter().any(|name| got == target.at(name)), "{what} as {name}: {got:?}");
            assert!(fs::read(&got).unwrap() == file, "{what} as {name}");
            assert_eq!(fs::symlink_metadata(&got).unwrap().mode() & 0o7777, 0o600, "{what} as {name}");
            assert!(fs::symlink_metadata(&got).unwrap().is_file(), "{what} as {name}");
            assert_eq!(seen(&planted), before, "{what} as {name}");
            assert_eq!(outside.names(), ["secret"], "{what} as {name}");
            assert_eq!(fs::read(outside.at("secret")).unwrap(), b"precious", "{what} as {name}");
            assert_eq!(target.names().len(), 2, "{what} as {name}: {:?}", target.names());
        }
    }
}

/// A name is free when it begins, and taken when it is whole; its part is in nobody's way.
#[tokio::test]
async fn what_comes_while_it_is_received_stays_as_it_is() {
    let town = Town::new();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    let (source, file) = (Folder::new(), bytes(2_000_000, 1));
    let path = source.put("x.bin", &file);
    for what in PLANTS {
        let (target, outside) = (Folder::new(), Folder::new());
        outside.put("secret", b"precious");
        ann.wire.up.hold_at(ann.wire.up.bytes() + 500_000);
        let mut sending = ann.send(to("bob"), &path).await;
        let mut receiving = bob.receive(target.path()).await;
        let has_some = |event: &FileEvent| matches!(event, FileEvent::Progress { .. });
        until(&mut receiving, has_some).await;
        plant(what, &target.at("x.bin"), &outside);
        plant(what, &target.at("x.bin.part.json~"), &outside);
        let before = [seen(&target.at("x.bin")), seen(&target.at("x.bin.part.json~"))];
        ann.wire.up.open();
        assert_eq!(path_of(&last(&mut receiving).await), target.at("x (1).bin"), "{what}");
        last(&mut sending).await;
        assert!(fs::read(target.at("x (1).bin")).unwrap() == file, "{what}");
        assert_eq!([seen(&target.at("x.bin")), seen(&target.at("x.bin.part.json~"))], before, "{what}");
        assert_eq!(
            (outside.names(), fs::read(outside.at("secret")).unwrap()),
            (vec!["secret".into()], b"precious".to_vec())
        );
        assert_eq!(target.names(), ["x (1).bin", "x.bin", "x.bin.part.json~"], "{what}");
    }
}

/// The part itself is put in another's place: it takes no name, and the other is not touched.
#[tokio::test]
async fn a_part_that_is_replaced_is_given_up() {
    for what in PLANTS {
        let town = Town::new();
        let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
        let (source, target, outside) = (Folder::new(), Folder::new(), Folder::new());
        outside.put("secret", b"precious");
        ann.wire.up.hold_at(500_000);
        let mut sending = ann.send(to("bob"), &source.put("x.bin", &bytes(2_000_000, 1))).await;
        let mut receiving = bob.receive(target.path()).await;
        until(&mut receiving, |event| matches!(event, FileEvent::Progress { .. })).await;
        let part = target.at("x.bin.part");
        fs::remove_file(&part).unwrap();
        plant(what, &part, &outside);
        let before = seen(&part);
        ann.wire.up.open();
        let end = last(&mut receiving).await;
        assert!(matches!(end, FileEvent::Failed(_)), "{what}: {end:?}");
        let end = last(&mut sending).await;
        assert!(matches!(end, FileEvent::Cancelled { .. }), "{what}: {end:?}");
        assert_eq!(seen(&part), before, "{what}");
        assert_eq!(
            (outside.names(), fs::read(outside.at("secret")).unwrap()),
            (vec!["secret".into()], b"precious".to_vec())
        );
        assert!(!target.names().contains(&"x.bin".to_owned()), "{what}");
    }
}
