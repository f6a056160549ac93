//! A place to drop files at, inside another program: its own chat server, and a user `drop` in the same process that
//! takes every file it is offered into a folder. No file is ever overwritten, and each is whole when it is there.
//!
//! Run it with `cargo run --bin file_drop -- incoming`, then drop something:
//! `chat-cli send-file --name alice --to drop photo.jpg`. Ctrl-C ends it.
//! `file_drop DIR 127.0.0.1:0 --once` takes any free port, and ends when the first file is there.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chat_net::chat_core::{Event, Offer};
use chat_net::client::{FileEvent, ReceiveOptions};
use chat_net::{Client, Events, Notice, Options, Server};
use tokio::task::JoinSet;

/// Larger files are not taken.
const MOST_BYTES: u64 = 10 << 30;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let Some(folder) = args.next().filter(|arg| !arg.starts_with('-')).map(PathBuf::from) else {
        eprintln!("usage: file_drop DIR [ADDRESS [--once]]");
        std::process::exit(2);
    };
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".into());
    let once = args.next().is_some_and(|flag| flag == "--once");
    std::fs::create_dir_all(&folder)?;

    let mut server = Server::builder().listen(address).start().await?;
    let (bot, mut events) = server.join(Options::named("drop")).await?;
    println!("listening on {}", server.local_addrs()[0]);
    tokio::select! {
        () = take(&bot, &mut events, &folder, once) => {}
        why = server.failed() => return Err(why.into()),
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    bot.quit().await;
    server.shutdown(Duration::from_secs(10)).await?;
    Ok(())
}

/// Takes what is offered, several files at a time, until the client ends or, if it is to be `once`, until one is there.
async fn take(bot: &Client, events: &mut Events, folder: &Path, once: bool) {
    let mut files = JoinSet::new();
    loop {
        tokio::select! {
            Some(notice) = events.next() => {
                if let Notice::Told(told) = notice
                    && let Event::Offered(offer) = told.event
                {
                    files.spawn(receive(bot.clone(), *offer, folder.to_owned()));
                }
            }
            Some(Ok(is_there)) = files.join_next() => if once && is_there { return },
            else => return,
        }
    }
}

/// Receives one file; whether it is there.
async fn receive(bot: Client, offer: Offer, folder: PathBuf) -> bool {
    if offer.size > MOST_BYTES {
        // Its sender may be gone by now: nothing to stop for.
        let _ = bot.decline_file(offer.transfer).await;
        return false;
    }
    match bot.receive_file(&offer, folder, ReceiveOptions::default()).await {
        Err(error) => eprintln!("{:?} from {}: {error}", offer.name.as_str(), offer.from),
        Ok(mut transfer) => {
            while let Some(event) = transfer.next().await {
                if let FileEvent::Finished { path: Some(path), .. } = event {
                    println!("{} dropped {}", offer.from, path.display());
                    return true;
                }
            }
        }
    }
    false
}
