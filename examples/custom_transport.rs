//! The engine over something that is not TCP: a Unix socket, so that the rights of a file say who may come.
//! Whatever can be read and written will do: a serial line, a tunnel, the two ends of a pipe.
//!
//! `cargo run --bin custom_transport` lets two programs talk over such a socket, and ends.
//! `cargo run --bin custom_transport -- ./chat.sock` serves it to `nc -U ./chat.sock` until Ctrl-C.

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use chat_net::Server;
    use tokio::net::UnixListener;

    let given = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    let of_this_run = || std::env::temp_dir().join(format!("chat-{}.sock", std::process::id()));
    let path = given.clone().unwrap_or_else(of_this_run);

    // The server listens nowhere: every connection is handed to it.
    let server = Server::builder().start().await?;
    let listener = UnixListener::bind(&path)?;
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await?;
            // A full server says no; the stream is dropped, and the peer sees its end.
            if let Err(code) = server.serve_connection(stream) {
                eprintln!("refused: {code:?}");
            }
        }
    };
    let ended = tokio::select! {
        failed = accept => failed,
        interrupted = tokio::signal::ctrl_c(), if given.is_some() => Ok(interrupted?),
        talked = talk(&path), if given.is_none() => Ok(talked?),
    };
    std::fs::remove_file(&path)?;
    server.shutdown(std::time::Duration::from_secs(10)).await?;
    ended
}

/// Two programs meet over the socket; each comes back over it by itself if its link breaks.
#[cfg(unix)]
async fn talk(path: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    use chat_net::chat_core::{Event, printable};
    use chat_net::client::{Client, Link, Notice, Options};

    let dialer = || {
        let path = path.to_owned();
        move || {
            let path = path.clone();
            async move { Ok(Link::over(tokio::net::UnixStream::connect(path).await?)) }
        }
    };
    let (alice, mut events) = Client::dial(dialer(), Options::named("alice")).await?;
    let (bob, _) = Client::dial(dialer(), Options::named("bob")).await?;
    let receipt = bob.say("lobby", "no port was opened for this").await?;
    println!("bob's message is number {} of #{}", receipt.place.number, receipt.place.room);
    while let Some(notice) = events.next().await {
        if let Notice::Told(told) = notice
            && let Event::Said { place, from, body } = told.event
        {
            println!("alice reads #{} <{from}> {}", place.room, printable(body.as_str()));
            break;
        }
    }
    tokio::join!(bob.quit(), alice.quit());
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    eprintln!("this example needs Unix sockets");
}
