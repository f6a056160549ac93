//! Sessions of accounts: revoked, lost, and a password that is changed.

use crate::peer::*;
use chat_core::{Code, Event};
use chat_net::client::{AskError, Client, Events, Notice, Options};
use chat_net::codec::{FromClient, FromServer};

#[tokio::test(start_paused = true)]
async fn a_revoked_session_is_logged_in_anew_by_whoever_has_the_password() {
    let (mut server, dial) = server();
    let client = tokio::spawn(Client::dial(dial, Options::named("bot").password("correct horse")));
    let mut peer = server.greeted().await;
    assert!(matches!(peer.next().await, Some(FromClient::Login { .. })));
    peer.welcome(false, &[]).await;
    let (_client, mut events) = client.await.unwrap().unwrap();
    assert!(matches!(events.next().await, Some(Notice::Connected(_))));
    peer.close(Code::SessionRevoked, None).await;
    assert_eq!(disconnected(&mut events).await.0.code(), Some(Code::SessionRevoked.number()));
    let mut peer = server.greeted().await;
    assert!(matches!(peer.next().await, Some(FromClient::Hello(hello)) if hello.resume.is_some()));
    peer.tell(NONE, false, Event::Refused(refusal(Code::LoginRequired))).await;
    assert!(matches!(peer.next().await, Some(FromClient::Login { .. })));
    peer.welcome(false, &[]).await;
    assert!(matches!(events.next().await, Some(Notice::Connected(_))));
    peer.close(Code::LoggedOut, None).await;
    assert_eq!(ended(&mut events).await.code(), Some(Code::LoggedOut.number()));
}

/// In as an account, and cut off.
async fn cut_off_account() -> (Server, Client, Events) {
    let (mut server, dial) = server();
    let client = tokio::spawn(Client::dial(dial, Options::named("bot").password("correct horse")));
    let mut peer = server.greeted().await;
    assert!(matches!(peer.next().await, Some(FromClient::Login { .. })));
    peer.welcome(false, &[]).await;
    let (client, mut events) = client.await.unwrap().unwrap();
    assert!(matches!(events.next().await, Some(Notice::Connected(_))));
    drop(peer);
    disconnected(&mut events).await;
    (server, client, events)
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_session_is_lost_comes_back_as_no_guest() {
    for is_known in [true, false] {
        let (mut server, _client, mut events) = cut_off_account().await;
        let (mut peer, hello) = server.accept().await;
        assert!(hello.resume.is_some());
        peer.welcome(false, &[]).await;
        assert_eq!(peer.next().await, Some(FromClient::Bye));
        peer.close(Code::Left, None).await;
        let mut peer = server.greeted().await;
        assert!(matches!(peer.next().await, Some(FromClient::Login { .. })));
        if is_known {
            peer.welcome(false, &[]).await;
            assert!(matches!(events.next().await, Some(Notice::Connected(_))));
        } else {
            peer.tell(NONE, false, Event::Refused(refusal(Code::BadLogin))).await;
            assert_eq!(ended(&mut events).await.code(), Some(Code::BadLogin.number()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_session_of_a_guest_is_over() {
    let (_server, mut peer, _client, mut events) = connected(1).await;
    peer.close(Code::SessionRevoked, None).await;
    assert_eq!(ended(&mut events).await.code(), Some(Code::SessionRevoked.number()));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_password_is_not_made_twice_over_a_break() {
    let (mut server, mut peer, client, mut events) = connected(1).await;
    let change = tokio::spawn({
        let client = client.clone();
        async move { client.change_password("old password", "new password").await }
    });
    assert!(matches!(peer.next().await, Some(FromClient::Password { .. })));
    drop(peer);
    assert_eq!(change.await.unwrap(), Err(AskError::Unanswered));
    disconnected(&mut events).await;
    // What is wanted while away goes out when the link is back.
    let change = tokio::spawn(async move { client.log_out_everywhere().await });
    let (mut peer, _) = server.accept().await;
    peer.welcome(true, &[("lobby", since(1, 1))]).await;
    let Some(FromClient::LogOutEverywhere { id }) = peer.next().await else { panic!("no order") };
    peer.send(FromServer::Done { re: id }).await;
    assert_eq!(change.await.unwrap(), Ok(()));
}
