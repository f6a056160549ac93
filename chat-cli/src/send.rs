//! `send`: one message, then out. Silent; the exit code says whether it was accepted.

use std::io::Read;

use anyhow::Context;
use chat_net::chat_core::{Ask, Code};
use chat_net::client::{AskError, Options};
use chat_net::codec::FromServer;

use crate::cli::SendArgs;
use crate::connect::{cannot_connect, connect, goodbye, on_one_thread};
use crate::exit::{self, Exit};
use crate::join;
use crate::settings::{SendSettings, Target};
use crate::signals::Signals;

/// The longest text that is read from standard input; more is refused here.
const TEXT_BYTES: u64 = 64 * 1024;

/// Sends one message.
///
/// # Errors
/// It was not accepted, or nobody knows; each says how the program ends.
pub(crate) fn run(args: &SendArgs) -> anyhow::Result<Exit> {
    let settings = SendSettings::resolve(args)?;
    let text = match &settings.text {
        Some(text) => text.clone(),
        None => standard_input()?,
    };
    // Any server would say so, but only behind a visit that the others see.
    if text.trim().is_empty() {
        let code = Code::Empty;
        return Err(exit::because(Exit::Failed, format!("{}: {}", code.name(), code.sentence())));
    }
    on_one_thread(send(&settings, text, args.json))?
}

async fn send(settings: &SendSettings, text: String, json: bool) -> anyhow::Result<Exit> {
    let (rooms, ask) = match &settings.target {
        Target::Room(room) => {
            (vec![room.clone()], Ask::Say { room: room.as_str().into(), body: text.into() })
        }
        Target::User(user) => (Vec::new(), Ask::Whisper { to: user.as_str().into(), body: text.into() }),
    };
    let mut options = Options::named(&settings.who.name).rooms(rooms).reconnect(false);
    let mut signals = Signals::new()?;
    let connected = connect(&settings.who, &mut options, &mut signals, || {}).await?;
    let (client, mut events) = connected.map_err(|error| cannot_connect(&settings.who, &error))?;
    // What is said there meanwhile is nobody's here, but must not pile up.
    let listen = async { while events.next().await.is_some() {} };
    let answer = tokio::select! {
        answer = client.ask(ask) => Ok(answer),
        () = listen => Ok(Err(AskError::Closed)),
        signal = signals.next() => Err(signal),
    };
    // Without a goodbye the server would keep the name for a return.
    goodbye(client.quit(), &mut signals).await;
    let answer = answer.map_err(|signal| exit::because(signal, "ended before there was an answer"))?;
    let told = answer.map_err(|error| match error {
        AskError::Refused(refusal) => {
            exit::because(Exit::Failed, format!("{}: {}", refusal.reason, refusal.message))
        }
        error => exit::because(Exit::Failed, format!("nobody knows whether it was taken: {error}")),
    })?;
    if json {
        join::print_json(&FromServer::Told(told))?;
    }
    Ok(Exit::Done)
}

/// All of standard input, but for its last newline.
fn standard_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().take(TEXT_BYTES + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 > TEXT_BYTES {
        return Err(exit::because(Exit::Failed, "too_long: standard input has more than any server takes"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| exit::because(Exit::Failed, "bad_text: standard input is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
