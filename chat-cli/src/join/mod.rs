//! `join`: chat in a terminal, from a script, or as a program that speaks JSON.

mod json;
mod line;
mod line_editor;
mod lines;
mod person;
mod plain;
mod render;
mod screen;
mod session;
mod stops;
mod talk;

use std::io::IsTerminal;
use std::pin::pin;

use chat_net::chat_core::Code;
use chat_net::client::{Client, ConnectError, Events, Options};

use crate::cli::{ColorWhen, JoinArgs};
use crate::exit::{self, Exit};
use crate::output;
use crate::settings::{JoinSettings, Who};
use crate::signals::Signals;

use render::Palette;
use screen::Screen;

pub(crate) use json::print as print_json;

/// Joins, and stays until the user leaves or the connection is lost for good.
///
/// # Errors
/// The server cannot be reached, refuses, or is lost; each says how the program ends.
pub(crate) fn run(args: &JoinArgs) -> anyhow::Result<Exit> {
    let settings = JoinSettings::resolve(args)?;
    // One thread is enough for one connection, and keeps the order of what is shown.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let end = runtime.block_on(join(args, settings));
    // The thread that reads the keyboard cannot be asked to end.
    runtime.shutdown_background();
    end
}

async fn join(args: &JoinArgs, settings: JoinSettings) -> anyhow::Result<Exit> {
    let mut signals = Signals::new()?;
    if args.json {
        let (client, mut events) = connect_once(&settings, &mut signals).await?;
        return session::run(&mut json::Json::new(), &client, &mut events, &mut signals).await;
    }
    if !args.plain && is_interactive() {
        return at_terminal(settings, &mut signals).await;
    }
    let when =
        if args.plain && settings.color == ColorWhen::Auto { ColorWhen::Never } else { settings.color };
    let palette = |is_terminal| Palette::new(when, is_terminal, environment);
    let (client, mut events) = connect_once(&settings, &mut signals).await?;
    let mut plain =
        plain::Plain::new(palette(std::io::stdout().is_terminal()), palette(std::io::stderr().is_terminal()));
    session::run(&mut plain, &client, &mut events, &mut signals).await
}

/// At a terminal, a refused name is asked for again. The terminal is taken over when there is something to say
/// in it; until then Ctrl-C and line editing are the system's own.
async fn at_terminal(mut settings: JoinSettings, signals: &mut Signals) -> anyhow::Result<Exit> {
    let palette = Palette::new(settings.color, true, environment);
    loop {
        let error = match connect(&settings, signals).await? {
            Ok((client, mut events)) => {
                let mut screen = Screen::new(palette)?;
                return session::run(&mut screen, &client, &mut events, signals).await;
            }
            Err(error) => error,
        };
        let Some(why) = name_refused(&error) else { return Err(unreachable_server(&settings.who, &error)) };
        output::text(&palette.lines(&format!("! {why}\n")))?;
        output::text(&palette.prompt("name> "))?;
        let name = tokio::select! {
            name = tokio::task::spawn_blocking(read_line) => name??,
            _ = signals.next() => None,
        };
        match name {
            Some(name) => settings.who.name = name,
            None => return Ok(Exit::NameRefused),
        }
    }
}

/// A line from the keyboard; `None` at its end.
fn read_line() -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let bytes = std::io::stdin().read_line(&mut line)?;
    Ok((bytes > 0).then(|| line.trim().to_owned()))
}

/// Connects for somebody who cannot be asked for another name.
async fn connect_once(settings: &JoinSettings, signals: &mut Signals) -> anyhow::Result<(Client, Events)> {
    connect(settings, signals).await?.map_err(|error| cannot_connect(&settings.who, &error))
}

async fn connect(
    settings: &JoinSettings,
    signals: &mut Signals,
) -> anyhow::Result<Result<(Client, Events), ConnectError>> {
    let mut options = Options::named(&settings.who.name);
    if !settings.rooms.is_empty() {
        options = options.rooms(settings.rooms.iter().cloned());
    }
    let mut connecting = pin!(Client::connect(&settings.who.addr, options));
    let signal = tokio::select! {
        connected = &mut connecting => return Ok(connected),
        signal = signals.next() => signal,
    };
    // The server may have let this user in already: without a goodbye it would wait for a return.
    let leave = async {
        if let Ok((client, _)) = connecting.await {
            client.quit().await;
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(session::GOODBYE, leave) => {}
        _ = signals.next() => {}
    }
    Err(exit::because(signal, "ended before there was a connection"))
}

/// The complaint about a connection that could not be made.
pub(crate) fn cannot_connect(who: &Who, error: &ConnectError) -> anyhow::Error {
    match name_refused(error) {
        Some(why) => exit::because(Exit::NameRefused, why),
        None => unreachable_server(who, error),
    }
}

fn unreachable_server(who: &Who, error: &ConnectError) -> anyhow::Error {
    exit::because(Exit::Failed, format!("cannot join {}: {error}", who.addr))
}

/// Why the name was refused, if that is what happened.
fn name_refused(error: &ConnectError) -> Option<String> {
    let code = Code::from_number(error.code()?)?;
    matches!(code, Code::BadName | Code::NameTaken | Code::NameReserved).then(|| error.to_string())
}

/// Whether there is a person at both ends, and a terminal that can move its cursor.
fn is_interactive() -> bool {
    let dumb = environment("TERM").is_none_or(|term| term == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !dumb
}

fn environment(key: &str) -> Option<String> {
    std::env::var(key).ok()
}
