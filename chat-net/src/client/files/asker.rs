//! The asks of one transfer: one after the other, without keeping its task from hearing.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use chat_core::{Ask, Code, Refusal};
use tokio::time::sleep;

use super::pauses::Pauses;
use crate::client::error::AskError;
use crate::client::handle::Client;
use crate::codec::Told;

/// The shortest pause before an ask is put again, whatever the server names.
const PAUSE_LEAST: Duration = Duration::from_millis(100);

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

/// Asks; and again, as long as the server refuses it for now: what is told here is told nowhere else.
async fn patiently(client: &Client, ask: &Ask) -> Result<Told, AskError> {
    let mut pauses = Pauses::new();
    loop {
        match client.ask(ask.clone()).await {
            Err(AskError::Refused(refusal)) if comes_again(ask, &refusal) => {
                let pause = pauses.next();
                sleep(refusal.retry_after_ms.map_or(pause, Duration::from_millis).max(PAUSE_LEAST)).await;
            }
            answer => return answer,
        }
    }
}

/// Whether it is asked again. Whoever accepts a file decides that there, unless it only came too fast.
fn comes_again(ask: &Ask, refusal: &Refusal) -> bool {
    let is_accept = matches!(ask, Ask::Accept { .. });
    refusal.kind().is_retryable() && (refusal.code == Code::SlowDown.number() || !is_accept)
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").field("queue", &self.queue).finish_non_exhaustive()
    }
}
