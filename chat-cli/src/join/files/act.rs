//! What a line about files asks for, with what is known of them.

use std::path::{Path, PathBuf};

use chat_net::chat_core::{Ask, Code, Offer, Query, TransferId};

use super::book::Book;
use super::run::{Errand, Start, Steer};
use super::typed::FileLine;
use crate::files::{at_home, name, other_end, plain, written};
use crate::join::session::Act;

/// Offers that are listed for somebody who does not say which.
const LISTED: usize = 5;

/// What is wrong with a line.
type Refused = (Code, String);

/// What `line` asks for; files that are accepted go into `downloads` if it does not say where to.
pub(crate) fn act(line: FileLine<'_>, book: &Book, downloads: &Path) -> Result<Act, Refused> {
    match line {
        FileLine::Send { to, path } => {
            Ok(Act::Errand(Errand::Start(Start::Send { to, path: written(path) })))
        }
        FileLine::Accept { transfer: Some(transfer), path } => match book.may_take(transfer) {
            Some(offer) => accept(offer, path, downloads),
            None => Err(unknown(transfer, book, "no file of that number can be accepted")),
        },
        FileLine::Accept { transfer: None, path } => {
            let offers: Vec<&Offer> = book.offers().collect();
            match offers[..] {
                [] => Err((Code::NoSuchTransfer, "no file is offered to you".to_owned())),
                [offer] => accept(offer, path, downloads),
                _ => Err((Code::BadAsk, which(&offers))),
            }
        }
        FileLine::Decline(transfer) if book.offer(transfer).is_some() => {
            Ok(Act::Ask(Ask::Decline { transfer }))
        }
        FileLine::Decline(transfer) => {
            Err(unknown(transfer, book, "no file of that number is offered to you"))
        }
        FileLine::Cancel(transfer) => match (book.running(transfer), book.offer(transfer)) {
            (Some((serial, _)), _) => Ok(Act::Errand(Errand::Steer(serial, Steer::Cancel))),
            (None, Some(_)) => Ok(Act::Ask(Ask::Decline { transfer })),
            (None, None) => Err(unknown(transfer, book, "no file of that number is on its way")),
        },
        FileLine::Pause(transfer) => steer(transfer, book, Steer::Pause),
        FileLine::Resume(transfer) => steer(transfer, book, Steer::Resume),
        FileLine::List => Ok(Act::Query(Query::Transfers {})),
        FileLine::Usage(how) => Err((Code::BadAsk, how.to_owned())),
    }
}

/// Asks which of these is meant.
fn which(offers: &[&Offer]) -> String {
    let one = |offer: &&Offer| format!("{} is {} {}", offer.transfer, name(offer), other_end(offer, false));
    let list: Vec<String> = offers.iter().take(LISTED).map(one).collect();
    let more = if offers.len() > LISTED { ", and more that /transfers shows" } else { "" };
    format!("type /accept N, which of these: {}{more}", list.join(", "))
}

fn steer(transfer: TransferId, book: &Book, how: Steer) -> Result<Act, Refused> {
    match book.running(transfer) {
        Some((serial, false)) => Ok(Act::Errand(Errand::Steer(serial, how))),
        Some((_, true)) => {
            let why = "only whoever receives a file can pause it; /cancel calls it off";
            Err((Code::BadAsk, why.to_owned()))
        }
        None => Err(unknown(transfer, book, "no file of that number is coming here")),
    }
}

fn unknown(transfer: TransferId, book: &Book, why: &str) -> Refused {
    let on_its_way = if book.running(transfer).is_some() { ", it is on its way" } else { "" };
    (Code::NoSuchTransfer, format!("{why}{on_its_way}; /transfers shows those that are still known"))
}

fn accept(offer: &Offer, path: Option<&str>, downloads: &Path) -> Result<Act, Refused> {
    let (folder, name) = place(path, downloads).map_err(|why| (Code::BadFile, why))?;
    let offer = Box::new(offer.clone());
    Ok(Act::Errand(Errand::Start(Start::Receive { offer, folder, name })))
}

/// The folder that is meant, and the name in it if the offer's is not.
fn place(path: Option<&str>, downloads: &Path) -> Result<(PathBuf, Option<String>), String> {
    let Some(path) = path else {
        let folder = at_home(downloads);
        let failed = |error| format!("the folder {} cannot be made: {}", folder.display(), plain(&error));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        return Ok((folder, None));
    };
    let is_folder = path.ends_with(['/', std::path::MAIN_SEPARATOR]);
    let path = written(path);
    if path.is_dir() {
        return Ok((path, None));
    }
    let parent =
        path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    match (parent, path.file_name()) {
        (Some(folder), Some(name)) if folder.is_dir() && !is_folder => {
            Ok((folder.to_owned(), Some(name.to_string_lossy().into_owned())))
        }
        (Some(folder), _) if !is_folder => Err(format!("there is no folder {}", folder.display())),
        _ => Err(format!("there is no folder {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::typed::parse;
    use super::*;
    use crate::files::testing::offer;
    use chat_net::chat_core::{Event, RequestId, Timestamp};
    use chat_net::codec::Told;

    /// Bob, to whom alice offers file 3, and who sends file 4 (as 1) and receives file 5 (as 2).
    fn bob() -> Book {
        let mut book = Book::default();
        book.welcomed("bob", false, std::time::Duration::ZERO);
        let event = Event::Offered(Box::new(offer(3, "alice", "bob", "photo.jpg", 10)));
        assert!(
            book.told(&Told { re: RequestId::NONE, past: false, at: Timestamp(0), event }, Timestamp(0))
                .is_some()
        );
        book.started(1, offer(4, "bob", "alice", "a", 10), None);
        book.started(2, offer(5, "alice", "bob", "b", 10), None);
        book
    }

    fn step(line: &str) -> Result<Act, Refused> {
        act(parse(line).unwrap(), &bob(), Path::new("."))
    }

    #[test]
    fn what_is_on_its_way_is_steered_and_what_is_offered_is_answered() {
        assert_eq!(step("/cancel 4"), Ok(Act::Errand(Errand::Steer(1, Steer::Cancel))));
        assert_eq!(step("/pause 5"), Ok(Act::Errand(Errand::Steer(2, Steer::Pause))));
        assert_eq!(step("/resume 5"), Ok(Act::Errand(Errand::Steer(2, Steer::Resume))));
        assert_eq!(step("/decline 3"), Ok(Act::Ask(Ask::Decline { transfer: TransferId(3) })));
        assert_eq!(step("/cancel 3"), Ok(Act::Ask(Ask::Decline { transfer: TransferId(3) })));
        for line in ["/pause 4", "/accept 5", "/accept 6", "/decline 5", "/cancel 6", "/resume 3"] {
            assert!(step(line).is_err(), "{line}: {:?}", step(line));
        }
    }

    #[test]
    fn the_only_offer_needs_no_number() {
        let accept = |book: &Book| act(parse("/accept").unwrap(), book, Path::new("."));
        let mut book = bob();
        assert!(matches!(accept(&book), Ok(Act::Errand(Errand::Start(Start::Receive { .. })))));
        let event = Event::Offered(Box::new(offer(6, "carol", "#dev", "b", 10)));
        book.told(&Told { re: RequestId::NONE, past: false, at: Timestamp(0), event }, Timestamp(0));
        let which =
            "type /accept N, which of these: 3 is \"photo.jpg\" from alice, 6 is \"b\" from carol in #dev";
        assert_eq!(accept(&book), Err((Code::BadAsk, which.into())));
        assert!(matches!(accept(&Book::default()), Err((Code::NoSuchTransfer, _))));
    }

    #[test]
    fn a_file_goes_into_a_folder_or_gets_another_name() {
        let folder = std::env::temp_dir().join(format!("chat-place-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let at = |path: &str| place(Some(&format!("{}/{path}", folder.display())), Path::new("."));
        assert_eq!(at(""), Ok((folder.join(""), None)));
        assert_eq!(at("a b.jpg"), Ok((folder.clone(), Some("a b.jpg".into()))));
        assert!(at("x/").is_err() && at("x/y").is_err());
        assert_eq!(place(Some("a.jpg"), Path::new("/")), Ok((".".into(), Some("a.jpg".into()))));
        assert_eq!(place(None, &folder.join("new/er")), Ok((folder.join("new/er"), None)));
        assert!(folder.join("new/er").is_dir());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
