//! A chat among the routes of a web program that was there before: its own page at `/`, the chat's at `/chat`.
//!
//! Run it with `cargo run --bin mount_chat`, then open http://127.0.0.1:8081/chat; Ctrl-C ends it. `mount_chat 127.0.0.1:0` takes
//! any free port.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use chat_net::Server;
use tokio::net::TcpListener;

const OWN_PAGE: &str = "<!doctype html><title>The shop</title><p>We sell tea. <a href=\"/chat\">Ask us.</a>";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8081".to_owned());

    // It listens nowhere itself: whoever comes, comes through the routes below.
    let chat = Server::builder().start_room(Some("shop")).start().await?;
    let routes =
        Router::new().route("/", get(async || Html(OWN_PAGE))).nest("/chat", chat_net::http::router(&chat));

    let listener = TcpListener::bind(address).await?;
    println!("open http://{}/chat", listener.local_addr()?);
    // With the addresses of those who come, so that the limits of one address hold.
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    tokio::select! {
        ended = async { axum::serve(listener, service).await } => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    chat.shutdown(Duration::from_secs(10)).await?;
    println!("ended");
    Ok(())
}
