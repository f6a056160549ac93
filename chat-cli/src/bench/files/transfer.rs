//! Files through the server, from one client to one or many, each of them as any program would be.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chat_net::Client;
use chat_net::chat_core::{Offer, Recipient};
use chat_net::client::{FileEvent, ReceiveOptions, SendOptions, Transfer};

use super::member::Member;
use crate::bench::run::ROOM;

/// Who sends file after file, and who receives them. They stay connected, so that nobody joins or leaves in between.
pub(super) struct Circle {
    sender: Member,
    receivers: Vec<Member>,
    /// The files so far: what is received of each has a folder of its own.
    files: u32,
}

impl Circle {
    /// Connects all of them.
    pub(super) fn connect(server: SocketAddr, receivers: usize) -> Result<Circle> {
        let receivers = (0..receivers).map(|index| Member::connect(server, ROOM, format!("receiver{index}")));
        Ok(Circle {
            receivers: receivers.collect::<Result<_>>()?,
            sender: Member::connect(server, ROOM, "sender".to_owned())?,
            files: 0,
        })
    }

    /// Sends the file to all; gives how long it took from the first acceptance until the last receiver had compared the
    /// hash. What arrived in `folder` is removed again.
    pub(super) fn send(&mut self, source: &Path, chunk_bytes: u32, folder: &Path) -> Result<Duration> {
        self.files += 1;
        let (to, source) = (self.recipient(), source.to_owned());
        let options = SendOptions { chunk_bytes, ..SendOptions::default() };
        let sending = self
            .sender
            .start(|client| async move { client.send_file(to, source, options).await })?
            .recv()
            .context("the sender ended")??;
        let number = sending.offer().transfer;
        let offers =
            self.receivers.iter().map(|receiver| receiver.offered(number)).collect::<Result<Vec<_>>>()?;
        let begun = Instant::now();
        let mut copies = Vec::new();
        for (index, (receiver, offer)) in self.receivers.iter().zip(offers).enumerate() {
            let place = folder.join(format!("{}-{index}", self.files));
            copies.push(receiver.start(|client| receive(client, offer, place))?);
        }
        let mut last = begun;
        for copy in copies {
            last = last.max(copy.recv().context("a receiver ended")?.context("a receiver")?);
        }
        Ok(last - begun)
    }

    fn recipient(&self) -> Recipient {
        match &self.receivers[..] {
            [one] => Recipient::User(one.name().into()),
            _ => Recipient::Room(ROOM.into()),
        }
    }
}

/// When the file was there and compared.
async fn receive(client: Client, offer: Offer, folder: PathBuf) -> Result<Instant> {
    std::fs::create_dir(&folder)?;
    let copy = client.receive_file(&offer, &folder, ReceiveOptions::default()).await?;
    finished(copy).await?;
    let at = Instant::now();
    std::fs::remove_dir_all(folder)?;
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
