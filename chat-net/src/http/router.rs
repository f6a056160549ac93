//! The routes: the page, the WebSocket, and whether the server is well.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Extension, OriginalUri, Path, Request};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::{any, get};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::upgrade::{self, Accepted, Refused};
use super::{origin, page};
use crate::admission::{Admission, Admitted};
use crate::codec::Form;
use crate::conn::{self, Shared, Whence};
use crate::lock::lock;
use crate::server::ServerHandle;
use crate::stats::Health;

/// The chat's routes, to be merged into the routes of an axum program, or nested below a path: `/` is the page, and its files lie
/// beside it; `/ws` is the WebSocket, `/healthz` says whether the server is well, `/door` what it takes to come in.
///
/// A WebSocket that comes this way is a connection of the server as any other: its limits hold, and
/// [`ServerHandle::shutdown`] waits for it. Serve the program with
/// `into_make_service_with_connect_info::<SocketAddr>()`: then the limits of one address hold, and pages of sites that let
/// their name stand for this machine are kept out.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let chat = chat_net::Server::builder().start().await?;
/// let routes = axum::Router::new()
///     .route("/", axum::routing::get(async || "my own page"))
///     .nest("/chat", chat_net::http::router(&chat));
/// # drop(routes);
/// # Ok(chat.shutdown(std::time::Duration::from_secs(1)).await?)
/// # }
/// ```
pub fn router(server: &ServerHandle) -> Router {
    let (shared, admission, connections) = server.parts();
    let way = Way::Mounted { admission, connections };
    routes().layer(Extension(Host { shared, whence: Whence::default(), way }))
}

/// The same for a port of the server's own; the server comes with each request.
pub(crate) fn all_routes() -> Router {
    routes().fallback(nothing)
}

fn routes() -> Router {
    Router::new()
        .route("/", get(front))
        .route("/healthz", get(health))
        .route("/door", get(door))
        .route("/ws", any(websocket))
        .route("/{file}", get(file))
}

/// What answers where there is nothing.
async fn nothing() -> Response<Body> {
    sentence(StatusCode::NOT_FOUND, "there is nothing here; open / for the page")
}

/// Whose WebSocket it becomes.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) shared: Arc<Shared>,
    pub(super) whence: Whence,
    pub(super) way: Way,
}

/// How an upgraded connection goes on.
#[derive(Clone)]
pub(super) enum Way {
    /// In the task that has it: see [`converse`](super::converse).
    Door(Arc<Upgrade>),
    /// In a task of its own.
    Mounted { admission: Arc<Admission>, connections: TaskTracker },
}

/// An upgrade that was agreed on.
#[derive(Default)]
pub(super) struct Upgrade(Mutex<Option<(OnUpgrade, Form)>>);

impl Upgrade {
    fn put(&self, upgrade: OnUpgrade, form: Form) {
        *lock(&self.0) = Some((upgrade, form));
    }

    pub(super) fn take(&self) -> Option<(OnUpgrade, Form)> {
        lock(&self.0).take()
    }
}

async fn front(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response<Body> {
    // Mounted below a path, which comes without a slash: the page finds its files only beside itself.
    if !uri.path().ends_with('/')
        && let Ok(to) = HeaderValue::from_str(&format!("./{}/index.html", last_segment(uri.path())))
    {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
        response.headers_mut().insert(header::LOCATION, to);
        return response;
    }
    show("", &headers).await
}

/// What a relative reference replaces.
fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response<Body> {
    show(&name, &headers).await
}

async fn show(name: &str, headers: &HeaderMap) -> Response<Body> {
    match page::file(name) {
        Some(file) => file.response(headers),
        None => nothing().await,
    }
}

/// 200 while the server takes what is said, 503 when it ends or its store has failed.
async fn health(Extension(host): Extension<Host>) -> Response<Body> {
    let health = Health::of(&host.shared.ending, &host.shared.counters);
    let mut response = Response::new(Body::from(format!("{{\"status\":\"{}\"}}\n", health.name())));
    *response.status_mut() = status(health);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// How a health is answered to those who look at the status only.
pub(crate) fn status(health: Health) -> StatusCode {
    match health {
        Health::Serving => StatusCode::OK,
        Health::Ending | Health::Failed => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// What it takes to come in, so that a page can ask for it at once: whoever says hello finds out all the same.
async fn door(Extension(host): Extension<Host>) -> Response<Body> {
    let policy = &host.shared.policy;
    let json = format!(
        "{{\"accounts\":\"{}\",\"register\":{},\"password\":{}}}\n",
        policy.accounts().name(),
        policy.offers_registration(),
        policy.has_password()
    );
    let mut response = Response::new(Body::from(json));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn websocket(Extension(host): Extension<Host>, mut request: Request) -> Response<Body> {
    match enter(&host, &mut request) {
        Ok(Accepted { accept, subprotocol, .. }) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            let headers = response.headers_mut();
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
            headers.extend(subprotocol.map(|name| (header::SEC_WEBSOCKET_PROTOCOL, name)));
            response
        }
        Err(Refused { status, sentence: why }) => {
            let mut response = sentence(status, why);
            if status == StatusCode::UPGRADE_REQUIRED {
                let headers = response.headers_mut();
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            response
        }
    }
}

/// Looks at the handshake, and sees to it that the connection goes on as a WebSocket.
fn enter(host: &Host, request: &mut Request) -> Result<Accepted, Refused> {
    let accepted = upgrade::accept(request.method(), request.version(), request.headers())?;
    let refused = |status, sentence| Err(Refused { status, sentence });
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    // Who comes from a loopback address came to one.
    let is_loopback = host.whence.is_loopback || peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    let whence = Whence { is_loopback, ..host.whence };
    if !origin::may_connect(request.headers(), &host.shared.origins, whence) {
        return refused(
            StatusCode::FORBIDDEN,
            "pages of this origin may not connect; whoever runs the server can list it (--origin)",
        );
    }
    if host.shared.ending.is_cancelled() {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "the server is ending, come back later");
    }
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "this server cannot go on with another protocol");
    };
    match &host.way {
        Way::Door(slot) => slot.put(upgrade, accepted.form),
        Way::Mounted { admission, connections } => match admission.admit(peer) {
            Ok(admitted) => {
                connections.spawn(go_on(Arc::clone(&host.shared), upgrade, accepted.form, admitted));
            }
            Err(code) => return refused(StatusCode::SERVICE_UNAVAILABLE, code.sentence()),
        },
    }
    Ok(accepted)
}

/// A connection that another HTTP server gives up.
async fn go_on(shared: Arc<Shared>, upgrade: OnUpgrade, form: Form, admitted: Admitted) {
    let patience = Duration::from_millis(shared.limits.login_ms);
    let upgraded = tokio::select! {
        upgraded = timeout(patience, upgrade) => upgraded,
        () = shared.ending.cancelled() => return,
    };
    if let Ok(Ok(upgraded)) = upgraded {
        let halves = conn::io::other(Box::new(TokioIo::new(upgraded)));
        conn::speak(shared, halves, form, &[], admitted).await;
    }
}

fn sentence(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
