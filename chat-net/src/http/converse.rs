//! HTTP on one connection of the server's own port, until it ends or becomes a WebSocket.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::time::{Instant, sleep, timeout};

use super::router::{Host, Upgrade, Way};
use crate::codec::Form;
use crate::conn::io::Halves;
use crate::conn::whole::Whole;
use crate::conn::{FAREWELL, Shared, Whence};
use crate::flood::{Bucket, Pace};
use crate::limits::Limits;
use crate::lock::lock;

/// Most bytes in the request line and headers; over it: 431.
const HEADER_BYTES: usize = 16 * 1024;

/// How long a connection may go on with HTTP. A browser opens another when it needs one.
const LIFE: Duration = Duration::from_secs(60);

/// Serves requests. Gives the connection back when it has become a WebSocket, with what
/// came behind the handshake.
pub(crate) async fn converse(
    shared: &Arc<Shared>,
    connection: Whole,
    whence: Whence,
) -> Option<(Halves, Form, Vec<u8>)> {
    let upgrade = Arc::new(Upgrade::default());
    let host = Host { shared: Arc::clone(shared), whence, way: Way::Door(Arc::clone(&upgrade)) };
    let routes = TowerToHyperService::new(shared.routes.clone());
    let pace = Pacer::of(&shared.limits);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(host.clone());
        let (wait, answer) = (pace.wait(), routes.call(request));
        async move {
            // The next request is not read meanwhile.
            if let Some(wait) = wait {
                sleep(wait).await;
            }
            answer.await
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(shared.limits.login_ms))
        .max_header_size(HEADER_BYTES)
        .max_buf_size(2 * HEADER_BYTES);
    // In a block of its own: an upgrade that did not come about is gone with the connection, and not waited for below.
    {
        let mut serving = pin!(builder.serve_connection(TokioIo::new(connection), service).with_upgrades());
        let ended = tokio::select! {
            ended = serving.as_mut() => ended,
            // Either way it was long enough.
            _ = timeout(LIFE, shared.ending.cancelled()) => {
                serving.as_mut().graceful_shutdown();
                // Whoever does not take its last answer is not waited for.
                timeout(FAREWELL, serving).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "HTTP ended");
        }
    }
    let (upgraded, form) = upgrade.take()?;
    let parts = upgraded.await.ok()?.downcast::<TokioIo<Whole>>().ok()?;
    let (unread, halves) = parts.io.into_inner().into_halves();
    Some((halves, form, [&parts.read_buf[..], &unread].concat()))
}

/// So many requests count as much as one ask: a page has many files.
const REQUESTS_AN_ASK: u32 = 10;

/// How fast one connection may request.
struct Pacer(Option<Mutex<Bucket>>);

impl Pacer {
    fn of(limits: &Limits) -> Pacer {
        Pacer(Bucket::of(limits).map(Mutex::new))
    }

    /// How long the next request waits for its answer, if it has to: a wait of no time is one for the timer's next tick.
    fn wait(&self) -> Option<Duration> {
        match lock(self.0.as_ref()?).take(Instant::now(), REQUESTS_AN_ASK) {
            Pace::Go => None,
            Pace::Wait(wait) | Pace::Refuse(wait) => Some(wait),
        }
    }
}
