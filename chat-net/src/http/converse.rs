//! HTTP on one connection of the server's own port, until it ends or becomes a WebSocket.

use std::io::Cursor;
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
use super::stream::Stream;
use crate::codec::Form;
use crate::conn::io::Halves;
use crate::conn::{FAREWELL, Shared};

/// Most bytes in the request line and headers; over it: 431.
const HEADER_BYTES: usize = 16 * 1024;

/// How long a connection may go on with HTTP. A browser opens another when it needs one.
const LIFE: Duration = Duration::from_secs(60);

/// Serves requests, of which `first` has the first bytes. Gives the connection back when it has become a WebSocket, with what
/// came behind the handshake.
pub(crate) async fn converse(
    shared: &Arc<Shared>,
    (source, drain, socket): Halves,
    first: Vec<u8>,
) -> Option<(Halves, Form, Vec<u8>)> {
    let local = socket.as_ref().and_then(|socket| socket.local_addr().ok());
    let upgrade = Arc::new(Upgrade::default());
    let host = Host {
        shared: Arc::clone(shared),
        is_loopback: local.is_some_and(|local| local.ip().to_canonical().is_loopback()),
        way: Way::Door(Arc::clone(&upgrade)),
    };
    let routes = TowerToHyperService::new(shared.routes.clone());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(host.clone());
        routes.call(request)
    });
    let io = TokioIo::new(Stream { first: Cursor::new(first), source, drain, socket });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(shared.limits.login_ms))
        .max_header_size(HEADER_BYTES)
        .max_buf_size(2 * HEADER_BYTES);
    let mut connection = pin!(builder.serve_connection(io, service).with_upgrades());
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
    let parts = upgraded.await.ok()?.downcast::<TokioIo<Stream>>().ok()?;
    let Stream { first, source, drain, socket } = parts.io.into_inner();
    let at = usize::try_from(first.position()).unwrap_or(usize::MAX);
    let mut rest = parts.read_buf.to_vec();
    rest.extend_from_slice(first.get_ref().get(at..).unwrap_or_default());
    Some(((source, drain, socket), form, rest))
}

async fn until_it_is_enough(shared: &Shared) {
    // Either way it is.
    let _ = timeout(LIFE, shared.ending.cancelled()).await;
}
