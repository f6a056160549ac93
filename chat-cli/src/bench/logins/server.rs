//! The server: one with accounts, on which nobody has to wait after a wrong password, so that the work is really done.

use anyhow::{Context, Result};
use chat_net::auth::{self, Accounts};
use chat_net::chat_core::AccountAct;
use chat_net::{Limits, Server};

use super::{ACCOUNTS, RIGHT, account};

/// Makes the accounts, listens, says where, and serves until it is killed.
pub(crate) fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let builder = Server::builder().listen("127.0.0.1:0").accounts(Accounts::Optional);
        // One connection tries two thousand passwords, 20 ms each, and never comes in.
        let limits = Limits { login_ms: 600_000, ..Limits::default().trusting() };
        let mut server = builder.limits(limits).start().await?;
        // One hash for all: it is the same work to verify.
        let password = auth::hash(&RIGHT.into())?;
        for number in 0..ACCOUNTS {
            let act = AccountAct::Register { name: account(number).into(), password: Some(password.clone()) };
            server.account(act).await.context("no account was made")?;
        }
        println!(r#"{{"listening":"{}"}}"#, server.local_addrs()[0]);
        let ended = server.failed().await;
        Err(ended.into())
    })
}
