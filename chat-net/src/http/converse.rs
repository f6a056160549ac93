//! HTTP on one connection of the server's own port, until it ends or becomes a WebSocket.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::time::timeout;

use super::router::{Host, Upgrade, Way};
use crate::codec::Form;
use crate::conn::io::Halves;
use crate::conn::whole::Whole;
use crate::conn::{FAREWELL, Shared};

/// Most bytes in the request line and headers; over it: 431.
const HEADER_BYTES: usize = 16 * 1024;

/// How long a connection may go on with HTTP. A browser opens another when it needs one.
const LIFE: Duration = Duration::from_secs(60);

/// Serves requests. Gives the connection back when it has become a WebSocket, with what
/// came behind the handshake.
pub(crate) async fn converse(shared: &Arc<Shared>, connection: Whole) -> Option<(Halves, Form, Vec<u8>)> {
    let upgrade = Arc::new(Upgrade::default());
    let host = Host {
        shared: Arc::clone(shared),
        is_loopback: connection.is_to_loopback(),
        way: Way::Door(Arc::clone(&upgrade)),
    };
    let routes = TowerToHyperService::new(shared.routes.clone());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(host.clone());
        routes.call(request)
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(shared.limits.login_ms))
        .max_header_size(HEADER_BYTES)
        .max_buf_size(2 * HEADER_BYTES);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(connection), service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = until_it_is_enough(shared) => {
            connection.as_mut().graceful_shutdown();
            // Whoever does not take its last answer is not waited for.
            timeout(FAREWELL, connection.as_mut()).await.ok()?
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "HTTP ended");
    }
    let (upgraded, form) = upgrade.take()?;
    let parts = upgraded.await.ok()?.downcast::<TokioIo<Whole>>().ok()?;
    let (unread, halves) = parts.io.into_inner().into_halves();
    Some((halves, form, [&parts.read_buf[..], &unread].concat()))
}

async fn until_it_is_enough(shared: &Shared) {
    // Either way it is.
    let _ = timeout(LIFE, shared.ending.cancelled()).await;
}
