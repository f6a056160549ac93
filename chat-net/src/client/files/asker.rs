//! The asks of one transfer: one after the other, without keeping its task from hearing.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use chat_core::{Ask, Code};
use tokio::time::sleep;

use crate::client::error::AskError;
use crate::client::handle::Client;
use crate::codec::Told;

/// So often an ask is put again that came too fast.
const PATIENCE: usize = 30;

type Asking = Pin<Box<dyn Future<Output = (Ask, Result<Told, AskError>)> + Send>>;

/// See the module.
pub(super) struct Asker {
    client: Client,
    queue: VecDeque<Ask>,
    current: Option<Asking>,
}

impl Asker {
    pub(super) fn new(client: Client) -> Asker {
        Asker { client, queue: VecDeque::new(), current: None }
    }

    /// Asks that, after what is asked already.
    pub(super) fn ask(&mut self, ask: Ask) {
        self.queue.push_back(ask);
        self.advance();
    }

    fn advance(&mut self) {
        if self.current.is_none()
            && let Some(ask) = self.queue.pop_front()
        {
            let client = self.client.clone();
            self.current = Some(Box::pin(async move {
                let answer = patiently(&client, &ask).await;
                (ask, answer)
            }));
        }
    }

    /// Whether something has no answer yet.
    pub(super) fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// The next answer, with what was asked; waits for ever if nothing was. Cancel safe.
    pub(super) async fn answered(&mut self) -> (Ask, Result<Told, AskError>) {
        let Some(current) = &mut self.current else { return pending().await };
        let answered = current.await;
        self.current = None;
        self.advance();
        answered
    }
}

/// Asks; and again, if the user of this client asks so much that the server has enough of it.
async fn patiently(client: &Client, ask: &Ask) -> Result<Told, AskError> {
    for _ in 0..PATIENCE {
        match client.ask(ask.clone()).await {
            Err(AskError::Refused(refusal)) if refusal.code == Code::SlowDown.number() => {
                sleep(Duration::from_millis(refusal.retry_after_ms.unwrap_or(1000))).await;
            }
            answer => return answer,
        }
    }
    client.ask(ask.clone()).await
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").field("queue", &self.queue).finish_non_exhaustive()
    }
}
