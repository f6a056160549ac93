//! A chat server inside another program, with a bot in the same process: it greets whoever comes and answers
//! `!ping`. The bot is an ordinary user with the same `Client` as over a network, but needs no socket.
//!
//! Run it with `cargo run --bin embed_server`, then talk to it with `nc 127.0.0.1 8080`; Ctrl-C ends it.
//! `embed_server 127.0.0.1:0 --once` takes any free port, and ends when the last guest has gone.

use std::error::Error;
use std::time::Duration;

use chat_net::chat_core::{Event, UserName};
use chat_net::client::AskError;
use chat_net::{Client, Events, Notice, Options, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (flags, addresses): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|it| it.starts_with("--"));
    let address = addresses.first().map_or("127.0.0.1:8080", String::as_str);
    let once = flags.iter().any(|flag| flag == "--once");

    // The server runs on this program's runtime, beside whatever else it does.
    let mut server = Server::builder().listen(address).start().await?;
    let (bot, mut events) = server.join(Options::named("greeter").rooms(["lobby"])).await?;
    println!("listening on {}", server.local_addrs()[0]);

    tokio::select! {
        ended = greet(&bot, &mut events, once) => ended?,
        why = server.failed() => return Err(why.into()),
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    bot.quit().await;
    server.shutdown(Duration::from_secs(10)).await?;
    println!("ended");
    Ok(())
}

/// Listens to the room until the link ends or, if it is to be `once`, until the last guest has gone.
async fn greet(bot: &Client, events: &mut Events, once: bool) -> Result<(), AskError> {
    let is_me = |user: &UserName| user.as_str() == bot.user();
    let mut guests = 0;
    while let Some(notice) = events.next().await {
        let Notice::Told(told) = notice else { continue };
        match told.event {
            Event::Joined { place, user } if !is_me(&user) => {
                guests += 1;
                bot.say(place.room.as_str(), format!("Welcome, {user}! Say !ping and I answer.")).await?;
            }
            Event::Said { place, from, body } if !is_me(&from) && body.as_str() == "!ping" => {
                bot.say(place.room.as_str(), format!("{from}: pong")).await?;
            }
            Event::Left { .. } => {
                guests -= 1;
                if once && guests == 0 {
                    return Ok(());
                }
            }
            _ => {}
        }
    }
    Ok(())
}
