//! A file through the server, from one client to one or many, each of them as any program would be.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chat_net::chat_core::{Event, Offer, Recipient};
use chat_net::client::{FileEvent, ReceiveOptions, SendOptions, Transfer};
use chat_net::{Client, Events, Notice, Options};

/// What is sent, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    /// The server.
    pub(super) server: SocketAddr,
    /// The room that everybody is in.
    pub(super) room: &'a str,
    /// The file.
    pub(super) source: &'a Path,
    /// Where the receivers put it; empty again afterwards.
    pub(super) folder: &'a Path,
    /// How many receive it.
    pub(super) receivers: usize,
    /// Bytes in a chunk.
    pub(super) chunk_bytes: u32,
    /// Told apart from all others on the same server.
    pub(super) run: u32,
}

/// Sends the file; gives how long it took from the first acceptance until the last receiver had compared the hash.
pub(super) async fn send(job: Job<'_>) -> Result<Duration> {
    let options = |name: String| Options::named(name).rooms([job.room]);
    let (sender, _unread) = Client::connect(job.server, options(format!("sender{}", job.run))).await?;
    let mut receivers = Vec::new();
    for index in 0..job.receivers {
        receivers.push(Client::connect(job.server, options(format!("receiver{}x{index}", job.run))).await?);
    }
    let to = match &receivers[..] {
        [(one, _)] => Recipient::User(one.user().into()),
        _ => Recipient::Room(job.room.into()),
    };
    let send = SendOptions { chunk_bytes: job.chunk_bytes, ..SendOptions::default() };
    let sending = sender.send_file(to, job.source, send).await?;
    let (mut offers, number) = (Vec::new(), sending.offer().transfer);
    for (client, mut events) in receivers {
        let offer = offered(&mut events, number).await?;
        offers.push((client, events, offer));
    }
    let begun = Instant::now();
    let copies: Vec<_> = offers
        .into_iter()
        .enumerate()
        .map(|(index, (client, events, offer))| {
            let folder = job.folder.join(format!("{}-{index}", job.run));
            tokio::spawn(async move {
                let _events = events;
                receive(&client, &offer, &folder).await
            })
        })
        .collect();
    let mut last = begun;
    for copy in copies {
        last = last.max(copy.await??);
    }
    sender.quit().await;
    Ok(last - begun)
}

async fn offered(events: &mut Events, number: chat_net::chat_core::TransferId) -> Result<Offer> {
    while let Some(notice) = events.next().await {
        if let Notice::Told(told) = notice
            && let Event::Offered(offer) = told.event
            && offer.transfer == number
        {
            return Ok(*offer);
        }
    }
    bail!("the connection ended before the offer came")
}

/// When the file was there and compared.
async fn receive(client: &Client, offer: &Offer, folder: &Path) -> Result<Instant> {
    std::fs::create_dir(folder)?;
    let copy = client.receive_file(offer, folder, ReceiveOptions::default()).await?;
    let done = finished(copy).await;
    let at = Instant::now();
    client.quit().await;
    std::fs::remove_dir_all(folder)?;
    done.context("a receiver")?;
    Ok(at)
}

async fn finished(mut copy: Transfer) -> Result<()> {
    while let Some(event) = copy.next().await {
        match event {
            FileEvent::Finished { .. } => return Ok(()),
            FileEvent::Failed(error) => return Err(error.into()),
            FileEvent::Cancelled { why, .. } | FileEvent::Closed { why } => bail!("it ended: {why}"),
            _ => {}
        }
    }
    bail!("it ended without a word")
}
