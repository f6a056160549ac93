//! The beginning of a link: it is opened, and the server says welcome.

use chat_core::{Code, Event};
use tokio::time::timeout;

use crate::client::error::ConnectError;
use crate::client::link::{self, Dial, Link};
use crate::client::options::Options;
use crate::codec::{FromClient, FromServer, Hello, Told, Welcome};

/// The positions, or the rooms, in a hello take at most about this much: a server takes 4 KiB before it knows the name.
pub(super) const POSITION_BYTES: usize = 3 * 1024;

/// How many of these rooms fit into a hello.
pub(super) fn fitting(rooms: &[String]) -> usize {
    let mut bytes = 0;
    let fits = |room: &&String| {
        bytes += room.len() + 3;
        bytes <= POSITION_BYTES
    };
    rooms.iter().take_while(fits).count()
}

/// Opens a link and says hello, or logs in: where there is a session to go on with, its secret is tried first. Whoever has a
/// password comes in by that or not at all.
pub(super) async fn greet(
    dial: &mut Dial,
    hello: Hello,
    options: &Options,
) -> Result<(Link, Box<Welcome>), ConnectError> {
    let greeting = async {
        let mut link = open(dial, options).await?;
        let mut second = None;
        let first = match login(&hello, options) {
            Some(login) if hello.resume.is_none() => login,
            login => {
                second = login;
                FromClient::Hello(hello)
            }
        };
        say(&mut link, &first)?;
        link.outgoing.drain(|| None).await?;
        loop {
            match link.incoming.next(false).await? {
                FromServer::Welcome(welcome) => match second.take().filter(|_| !welcome.resumed) {
                    None => return Ok((link, welcome)),
                    // The server knows neither the session nor an account of that name. This is a guest, who may do less
                    // and is owed nothing.
                    Some(login) => {
                        leave(link).await?;
                        link = open(dial, options).await?;
                        say(&mut link, &login)?;
                        link.outgoing.drain(|| None).await?;
                    }
                },
                FromServer::Closing(closing) => return Err(ConnectError::Closed(closing)),
                FromServer::Told(Told { event: Event::Refused(refusal), .. }) => {
                    let is_over = [Code::LoginRequired, Code::TokenRevoked];
                    let is_over = is_over.iter().any(|code| code.number() == refusal.code);
                    match second.take().filter(|_| is_over) {
                        // The session is over; the account is not.
                        Some(login) => {
                            say(&mut link, &login)?;
                            link.outgoing.drain(|| None).await?;
                        }
                        None => return Err(ConnectError::Refused(refusal)),
                    }
                }
                FromServer::Ping { nonce } => {
                    // Small enough for any limit.
                    let _ = link.outgoing.push(&FromClient::Pong { nonce });
                    link.outgoing.drain(|| None).await?;
                }
                FromServer::Told(_)
                | FromServer::Answered { .. }
                | FromServer::Pong { .. }
                | FromServer::Chunk(_)
                | FromServer::Credit(_)
                | FromServer::Stop { .. }
                | FromServer::Done { .. } => {}
            }
        }
    };
    timeout(options.connect_timeout, greeting).await.unwrap_or(Err(ConnectError::Timeout))
}

/// A link, to a server that is told its own password.
async fn open(dial: &mut Dial, options: &Options) -> Result<Link, ConnectError> {
    let mut link = dial().await?;
    if let Some(password) = options.server_password.clone() {
        say(&mut link, &FromClient::Unlock { password })?;
    }
    Ok(link)
}

/// Leaves, and waits until the server has taken it: the name is free then.
async fn leave(mut link: Link) -> Result<(), ConnectError> {
    say(&mut link, &FromClient::Bye)?;
    link.outgoing.drain(|| None).await?;
    loop {
        match link.incoming.next(false).await {
            Ok(FromServer::Closing(_)) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
    }
}

/// How it comes without a session to go on with, if it has an account.
fn login(hello: &Hello, options: &Options) -> Option<FromClient> {
    let password = options.password.clone()?;
    let hello = Hello { name: hello.name.clone(), rooms: hello.rooms.clone(), ..Hello::default() };
    Some(match options.register {
        true => FromClient::Register { hello, password },
        false => FromClient::Login { hello, password },
    })
}

fn say(link: &mut Link, frame: &FromClient) -> Result<(), ConnectError> {
    link.outgoing.push(frame).map_err(|error| ConnectError::Refused(link::refusal(error)))
}
