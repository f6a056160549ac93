//! The beginning of a link: it is opened, and the server says welcome.

use std::time::Duration;

use chat_core::Event;
use tokio::time::timeout;

use crate::client::error::ConnectError;
use crate::client::link::{self, Dial, Link};
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

/// Opens a link and says hello.
pub(super) async fn greet(
    dial: &mut Dial,
    hello: Hello,
    limit: Duration,
) -> Result<(Link, Box<Welcome>), ConnectError> {
    let greeting = async {
        let mut link = dial().await?;
        link.outgoing
            .push(&FromClient::Hello(hello))
            .map_err(|error| ConnectError::Refused(link::refusal(error)))?;
        link.outgoing.drain(|| None).await?;
        loop {
            match link.incoming.next(false).await? {
                FromServer::Welcome(welcome) => return Ok((link, welcome)),
                FromServer::Closing(closing) => return Err(ConnectError::Closed(closing)),
                FromServer::Told(Told { event: Event::Refused(refusal), .. }) => {
                    return Err(ConnectError::Refused(refusal));
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
    timeout(limit, greeting).await.unwrap_or(Err(ConnectError::Timeout))
}
