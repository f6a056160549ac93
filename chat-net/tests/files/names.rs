//! Hostile file names through the whole of a transfer: each is refused, or the file is received under a harmless one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bytes::BytesMut;
use chat_net::chat_core::{Code, Event, FileName, RequestId, Timestamp};
use chat_net::client::{FileError, Notice, ReceiveOptions, SendOptions, Why, disk_name};
use chat_net::codec::{FromServer, Told, bincode, frame};

use crate::folder::Folder;
use crate::peer::{LONG, connected, last, offer, path_of};
use crate::town::{Town, to};

/// One name a line, with the escapes of Rust and `\*{N}`: what stands before comes so often in all. A line that begins with
/// `# ` tells what follows.
const NAMES: &str = include_str!("names.txt");

fn names() -> Vec<String> {
    NAMES.lines().filter(|line| !line.starts_with("# ")).map(unescaped).collect()
}

fn unescaped(line: &str) -> String {
    let mut name = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            name.push(c);
            continue;
        }
        let escape = rest.chars().next().unwrap_or_else(|| panic!("half an escape in {line}"));
        rest = &rest[1..];
        match escape {
            'n' => name.push('\n'),
            'r' => name.push('\r'),
            't' => name.push('\t'),
            '\\' => name.push('\\'),
            'u' | '*' => {
                let (inner, after) =
                    rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).expect(line);
                rest = after;
                match escape {
                    'u' if inner.is_empty() => {}
                    'u' => {
                        name.push(u32::from_str_radix(inner, 16).ok().and_then(char::from_u32).expect(line));
                    }
                    _ => {
                        let last = name.chars().last().expect(line).to_string();
                        name.push_str(&last.repeat(inner.parse::<usize>().expect(line) - 1));
                    }
                }
            }
            _ => panic!("no such escape: {line}"),
        }
    }
    name
}

/// What is somewhere: the target of a link, the bytes of a file, or just that it is there.
#[derive(Debug, PartialEq, Eq)]
enum There {
    Link(PathBuf),
    File(Vec<u8>),
    Other,
}

/// Everything under a folder.
fn all_under(folder: &Path, found: &mut BTreeMap<PathBuf, There>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        let there = if kind.is_symlink() {
            There::Link(fs::read_link(&path).unwrap())
        } else if kind.is_file() {
            There::File(fs::read(&path).unwrap())
        } else {
            There::Other
        };
        if kind.is_dir() {
            all_under(&path, found);
        }
        found.insert(path, there);
    }
}

/// What is there before: beside the folder for downloads, and in it.
fn furnish(around: &Folder) -> PathBuf {
    let target = around.at("deep/downloads");
    fs::create_dir_all(&target).unwrap();
    fs::create_dir(around.at("deep/outside")).unwrap();
    for precious in
        ["secret", "deep/secret", "deep/outside/secret", "deep/x", "x", "deep/downloads/precious.txt"]
    {
        around.put(precious, format!("precious {precious}").as_bytes());
    }
    fs::create_dir(target.join("folder")).unwrap();
    for name in ["folder/inside", "half.bin.part", "half.bin.part.json", "file", "x.part.json~", "part"] {
        fs::write(target.join(name), format!("precious {name}")).unwrap();
    }
    fs::create_dir(target.join("planted.bin")).unwrap();
    fs::create_dir(target.join("planted (1).bin.part")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("../outside/secret", target.join("link")).unwrap();
        symlink("../../x", target.join("link.txt")).unwrap();
        symlink("../outside/new", target.join("dangling")).unwrap();
        symlink("../outside/new", target.join("x.part")).unwrap();
        symlink("../outside", target.join("planted.bin.part")).unwrap();
        symlink("../outside/secret", target.join("x (1).part.json")).unwrap();
        let mode = 0o600.into();
        rustix::fs::mknodat(rustix::fs::CWD, target.join("pipe"), rustix::fs::FileType::Fifo, mode, 0)
            .unwrap();
    }
    target
}

/// The rules of names on a disk, written anew.
fn assert_harmless(name: &str) {
    assert!((1..=255).contains(&name.len()), "{name:?}");
    assert!(!name.starts_with(['.', '-', ' ']) && !name.ends_with(['.', ' ']), "{name:?}");
    let is_bad = |c: char| {
        matches!(c,
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'
            | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fffe}' | '\u{e0000}'..='\u{e007f}')
    };
    assert!(!name.contains(is_bad), "{name:?}");
    let stem = name.split('.').next().unwrap().trim_end().to_ascii_uppercase();
    let is_device = |stem: &str| {
        let number = |device| {
            stem.strip_prefix(device).is_some_and(|rest| {
                rest.chars().count() == 1 && !rest.contains(|c: char| c.is_alphabetic() || c == '_')
            })
        };
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&stem)
            || number("COM")
            || number("LPT")
    };
    assert!(!is_device(&stem), "{name:?}");
    let lower = name.to_lowercase();
    assert!(![".part", ".part.json", ".part.json~"].iter().any(|end| lower.ends_with(end)), "{name:?}");
}

/// Only new files are there: these, with what they are to hold, for this user alone.
fn assert_only_new(
    around: &Folder,
    before: &BTreeMap<PathBuf, There>,
    received: &BTreeMap<PathBuf, String>,
    target: &Path,
) {
    let mut after = BTreeMap::new();
    all_under(around.path(), &mut after);
    for (path, there) in before {
        assert_eq!(after.remove(path).as_ref(), Some(there), "{path:?}");
    }
    let new: BTreeSet<_> = after.keys().collect();
    assert_eq!(new, received.keys().collect(), "what is new, and what was received");
    for (path, there) in &after {
        assert_eq!(*there, There::File(received[path].clone().into()), "{path:?}");
        assert_eq!(path.parent(), Some(target));
        assert_harmless(path.file_name().unwrap().to_str().unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let about = fs::symlink_metadata(path).unwrap();
            assert_eq!((about.mode() & 0o7777, about.nlink()), (0o600, 1), "{path:?}");
        }
    }
}

#[test]
fn the_names_are_many_and_all_different() {
    let names = names();
    assert!(names.len() >= 400, "{}", names.len());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let refused = names.iter().filter(|name| FileName::new(name).is_err()).count();
    assert!(refused >= 100 && names.len() - refused >= 200, "{refused} are refused when they are offered");
}

/// A hostile sender offers every name. What the server refuses is tried at the disk all the same: as the name that the
/// receiver says.
#[tokio::test]
async fn whatever_a_file_is_called_nothing_else_is_touched() {
    let town = Town::new();
    let (eve, mut bob) = (town.person("eve").await, town.person("bob").await);
    let (source, around) = (Folder::new(), Folder::new());
    let target = furnish(&around);
    let absolute = [around.at("deep/outside/new"), around.at("deep/secret")]
        .map(|path| path.to_str().unwrap().to_owned());
    let mut before = BTreeMap::new();
    all_under(around.path(), &mut before);
    let mut received = BTreeMap::new();
    for (number, name) in names().into_iter().chain(absolute).enumerate() {
        let text = format!("file {number}");
        let path = source.put("source", text.as_bytes());
        let mut named = ReceiveOptions::default();
        let options = |name: &str| SendOptions { name: Some(name.into()), ..SendOptions::default() };
        let mut sending = match eve.client.send_file(to("bob"), &path, options(&name)).await {
            Ok(sending) => sending,
            Err(error) => {
                assert_eq!(error.code(), Some(Code::BadFile.number()), "{name:?}: {error}");
                assert!(FileName::new(&name).is_err(), "{name:?}");
                named.name = Some(name.clone());
                eve.client.send_file(to("bob"), &path, options("harmless")).await.unwrap()
            }
        };
        let offer = bob.offered().await;
        let transfer = bob.client.receive_file(&offer, &target, named).await;
        let end = last(&mut transfer.unwrap_or_else(|error| panic!("{name:?}: {error}"))).await;
        let path = path_of(&end);
        assert!(
            received.insert(path.clone(), text).is_none(),
            "{name:?} took the place of another: {path:?}"
        );
        last(&mut sending).await;
        let stem = disk_name(&name);
        let stem = stem.split('.').next().unwrap();
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with(stem), "{name:?} became {path:?}");
    }
    assert_only_new(&around, &before, &received, &target);
}

/// The frame of an offer of a file of that name, whatever that is.
fn offer_of(name: &[u8]) -> BytesMut {
    let placeholder = "The name comes here.";
    let offer =
        Box::new(chat_net::chat_core::Offer { name: FileName::new(placeholder).unwrap(), ..offer(1, 4096) });
    let told = Told { re: RequestId::NONE, past: false, at: Timestamp(7), event: Event::Offered(offer) };
    let mut payload = BytesMut::new();
    bincode::encode_server(&FromServer::Told(told), &mut payload);
    let at = payload.windows(placeholder.len()).position(|bytes| bytes == placeholder.as_bytes()).unwrap();
    assert_eq!(usize::from(payload[at - 1]), placeholder.len(), "its length stands before it");
    let length = u16::try_from(name.len()).unwrap().to_le_bytes();
    // As the codec writes a length: one byte, or a mark and two.
    let length = if name.len() < 251 { length[..1].to_vec() } else { vec![251, length[0], length[1]] };
    let behind = payload[at + placeholder.len()..].to_vec();
    payload.truncate(at - 1);
    [&length[..], name, &behind].iter().for_each(|part| payload.extend_from_slice(part));
    let mut bytes = BytesMut::new();
    frame::put(&mut bytes, frame::MAX_CHUNK_PAYLOAD, |out| out.extend_from_slice(&payload)).unwrap();
    bytes
}

#[tokio::test]
async fn an_offer_of_a_harmless_name_is_made_as_a_server_makes_it() {
    let (_server, mut peer, _client, mut events) = connected("bob").await;
    for name in ["x", &"x".repeat(255)] {
        peer.raw(&offer_of(name.as_bytes())).await;
        loop {
            match tokio::time::timeout(LONG, events.next()).await.unwrap().unwrap() {
                Notice::Told(Told { event: Event::Offered(offer), .. }) => {
                    assert_eq!(offer.name.as_str(), name);
                    break;
                }
                Notice::Connected(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A server has no right to offer what it must refuse: the link ends, and nothing is asked or written.
#[tokio::test]
async fn a_hostile_server_that_offers_such_names_loses_its_client() {
    let not_text: [&[u8]; 5] = [b"\xff", b"x\xc0\xafy", b"\xed\xa0\x80", b"x\xf4\x90\x80\x80", b"x\xe2\x82"];
    let refused = names().into_iter().filter(|name| FileName::new(name).is_err()).map(String::into_bytes);
    for name in refused.chain(not_text.map(Vec::from)) {
        let (_server, mut peer, client, mut events) = connected("bob").await;
        peer.raw(&offer_of(&name)).await;
        let why = loop {
            match tokio::time::timeout(LONG, events.next()).await.unwrap().unwrap() {
                Notice::Ended { why } => break why,
                Notice::Connected(_) => {}
                other => panic!("{:?}: {other:?}", String::from_utf8_lossy(&name)),
            }
        };
        assert!(matches!(why, Why::Protocol(_)), "{why}");
        let folder = Folder::new();
        let after = client.receive_file(&offer(1, 4096), folder.path(), ReceiveOptions::default()).await;
        assert!(matches!(after, Err(FileError::Ended)), "{after:?}");
        assert!(folder.names().is_empty());
    }
}
