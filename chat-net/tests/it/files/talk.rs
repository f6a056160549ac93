//! Talk goes before the bytes of files, over a socket that takes no more.

use chat_net::codec::{Form, FromServer};
use tokio::net::TcpSocket;

use super::{Download, Upload, user};
use crate::peer::{Peer, fast, server, show};

const CHUNK: u64 = 65_536;

#[tokio::test]
async fn a_message_waits_for_what_is_in_the_kernel_and_one_chunk() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    // The less bob's own kernel takes, the more of what stands before the message is the server's.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.local_addrs()[0]).await.unwrap();
    let mut bob = Peer::over(stream, Form::Bincode).await;
    bob.enter("bob").await;
    let offer = alice.offers(1, user("bob"), 100 * CHUNK, 0).await;
    bob.accepts(1, offer.transfer, 0).await;
    let mut upload = Upload::new(alice, offer.clone(), CHUNK);
    let credit = upload.peer.credit().await;
    upload.take(&FromServer::Credit(credit));
    while upload.step().await {}
    assert!(upload.sent >= 10 * CHUNK, "{} bytes wait for bob", upload.sent);
    upload.peer.say(2, "lobby", "hello").await;
    upload.peer.is_told("re=2 said").await;
    let mut download = Download::new(bob, offer, 0);
    loop {
        match download.peer.next().await.unwrap() {
            FromServer::Chunk(chunk) => download.check(&chunk),
            other if show(&other).ends_with("hello") => break,
            _ => {}
        }
    }
    // What the kernels of both ends took, which is up to four times what was asked for, and the chunk that is begun.
    let most = 4 * 65_536 + CHUNK;
    assert!(download.has <= most, "{} bytes stood before it", download.has);
}
