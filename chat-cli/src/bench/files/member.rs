//! A member of the room with a thread of its own, as the program of a person has.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chat_net::chat_core::{Event, Offer, TransferId};
use chat_net::{Client, Events, Notice, Options};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// How long what others must do first is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connected client.
pub(super) struct Member {
    client: Client,
    offers: Receiver<Offer>,
    thread: Thread,
}

impl Member {
    /// Joins `room` as `name`.
    pub(super) fn connect(server: SocketAddr, room: &str, name: String) -> Result<Member> {
        let thread = Thread::start()?;
        let (options, (told, offers)) = (Options::named(name).rooms([room]), mpsc::channel());
        let connect = async move {
            let (client, events) = Client::connect(server, options).await?;
            tokio::spawn(pass_on(events, told));
            anyhow::Ok(client)
        };
        let client = thread.run(connect)?.recv().context("a client ended")??;
        Ok(Member { client, offers, thread })
    }

    pub(super) fn name(&self) -> &str {
        self.client.user()
    }

    /// Starts work with the client on its thread; gives where the outcome will be.
    pub(super) fn start<T, F>(&self, work: impl FnOnce(Client) -> F) -> Result<Receiver<T>>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.thread.run(work(self.client.clone()))
    }

    /// Waits until that transfer is offered.
    pub(super) fn offered(&self, transfer: TransferId) -> Result<Offer> {
        loop {
            let offer = self.offers.recv_timeout(PATIENCE).context("a receiver was offered nothing")?;
            if offer.transfer == transfer {
                return Ok(offer);
            }
        }
    }
}

/// Takes all that happens, so that nothing waits for it, and keeps the offers.
async fn pass_on(mut events: Events, told: mpsc::Sender<Offer>) {
    while let Some(notice) = events.next().await {
        if let Notice::Told(happened) = notice
            && let Event::Offered(offer) = happened.event
            && told.send(*offer).is_err()
        {
            return;
        }
    }
}

/// A runtime on a thread of its own; ends with the value, and its tasks with it.
struct Thread {
    handle: Handle,
    over: Option<oneshot::Sender<()>>,
    joined: Option<JoinHandle<()>>,
}

impl Thread {
    fn start() -> Result<Thread> {
        let runtime = Builder::new_current_thread().enable_all().build().context("cannot start a client")?;
        let handle = runtime.handle().clone();
        let (over, until) = oneshot::channel();
        let run = move || {
            // Either way it is over.
            let _ = runtime.block_on(until);
            runtime.shutdown_background();
        };
        let joined = std::thread::Builder::new().name("member".to_owned()).spawn(run)?;
        Ok(Thread { handle, over: Some(over), joined: Some(joined) })
    }

    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<Receiver<T>> {
        if self.over.as_ref().is_none_or(oneshot::Sender::is_closed) {
            bail!("the thread of a client has ended");
        }
        let (done, outcome) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Nobody may wait for it any more.
            let _ = done.send(work.await);
        });
        Ok(outcome)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.over.take();
        if let Some(joined) = self.joined.take() {
            // What panicked there was told where its outcome was waited for.
            let _ = joined.join();
        }
    }
}
