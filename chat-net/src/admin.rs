//! A listener for operators: whether the server is well, and what it does.
//!
//! | path | answer |
//! |---|---|
//! | `/healthz` | 200 with a small JSON object; 503 with the same while the server ends, or when its store has failed |
//! | `/metrics` | everything of [`metrics`], as OpenMetrics text |
//!
//! Other paths are 404, other methods than GET and HEAD 405. Nobody is asked who they are: it belongs on loopback,
//! or on a network of operators. It is apart from the server's own port, so that what opens that to the world does
//! not open this.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::http;
use crate::listen;
use crate::metrics::{self, Registry};
use crate::server::StartError;
use crate::stats::Observer;

/// So many connections at once; more wait to be accepted.
const CONNECTIONS: usize = 32;

/// How long the head of a request may take, and how long a connection, answer included. There is one request on
/// each.
const HEAD: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);

/// How large the head of a request may be.
const HEAD_BYTES: usize = 16 * 1024;

/// A running listener for operators. It ends when it is dropped: keep it until the server has ended, and it tells
/// meanwhile that the server is ending.
#[derive(Debug)]
pub struct Admin {
    addresses: Vec<SocketAddr>,
    /// Aborted with it.
    _tasks: JoinSet<()>,
}

impl Admin {
    /// Listens on each address, `HOST:PORT`; port 0 takes any free one. Runs on the current tokio runtime.
    ///
    /// # Errors
    /// The first address that cannot be listened on. Then nothing was started.
    pub async fn start(addresses: &[String], server: &Observer) -> Result<Admin, StartError> {
        let listeners = listen::on_each(addresses, TcpListener::bind).await?;
        let addresses = listen::addresses(&listeners);
        let mut tasks = JoinSet::new();
        for listener in listeners {
            tasks.spawn(accept(listener, router(server.clone())));
        }
        Ok(Admin { addresses, _tasks: tasks })
    }

    /// The addresses listened on, in the order they were given, with real ports.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

/// The same paths, for an HTTP server that is there already.
pub fn router(server: Observer) -> Router {
    let mut registry = Registry::default();
    metrics::register(server.clone(), &mut registry);
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(exposed))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is /healthz and /metrics\n") })
        .with_state(Arc::new((server, registry)))
}

type Shared = State<Arc<(Observer, Registry)>>;

async fn healthz(State(shared): Shared) -> Response {
    let (health, stats) = (shared.0.health(), shared.0.stats());
    let status = http::status(health);
    let said = serde_json::json!({
        "status": health.name(),
        "version": stats.version,
        "uptime_s": stats.uptime.as_secs(),
        "connections": stats.open(),
    });
    let head = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, head, format!("{said}\n")).into_response()
}

async fn exposed(State(shared): Shared) -> Response {
    let head = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    (head, metrics::text(&shared.1)).into_response()
}

async fn accept(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= CONNECTIONS {
            connections.join_next().await;
        }
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, router.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept operators, pausing");
                tokio::time::sleep(listen::PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Whoever is slower than that, or breaks off, has had their chance.
    let _ = timeout(WHOLE, connection).await;
}
