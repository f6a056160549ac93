//! `join`: chat in a terminal, from a script, or as a program that speaks JSON.

mod files;
mod json;
mod line;
mod line_editor;
mod lines;
mod past;
mod person;
mod plain;
mod render;
mod screen;
mod session;
mod talk;

use std::io::IsTerminal;

use chat_net::client::{Client, ConnectError, Events, Options};

use crate::cli::{ColorWhen, JoinArgs};
use crate::connect::{cannot_connect, connect, name_refused, on_one_thread};
use crate::exit::Exit;
use crate::output;
use crate::settings::JoinSettings;
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
    on_one_thread(join(args, settings))?
}

async fn join(args: &JoinArgs, settings: JoinSettings) -> anyhow::Result<Exit> {
    let mut signals = Signals::new()?;
    if args.json {
        let (client, mut events) = connect_once(&settings, &mut signals).await?;
        return session::run(&settings.who, &mut json::Json::new(), &client, &mut events, &mut signals).await;
    }
    if !args.plain && is_interactive() {
        return at_terminal(settings, &mut signals).await;
    }
    let when =
        if args.plain && settings.color == ColorWhen::Auto { ColorWhen::Never } else { settings.color };
    let palette = |is_terminal| Palette::new(when, is_terminal, environment);
    let status = palette(std::io::stderr().is_terminal());
    let connected = patiently(&settings, status, &mut signals).await?;
    let (client, mut events) = connected.map_err(|error| cannot_connect(&settings.who, &error))?;
    let mut plain = plain::Plain::new(palette(std::io::stdout().is_terminal()), status, settings.downloads);
    session::run(&settings.who, &mut plain, &client, &mut events, &mut signals).await
}

/// At a terminal, a refused name is asked for again. The terminal is taken over when there is something to say
/// in it; until then Ctrl-C and line editing are the system's own.
async fn at_terminal(mut settings: JoinSettings, signals: &mut Signals) -> anyhow::Result<Exit> {
    let palette = Palette::new(settings.color, true, environment);
    loop {
        let error = match patiently(&settings, palette, signals).await? {
            Ok((client, mut events)) => {
                let mut screen = Screen::new(palette, settings.downloads)?;
                return session::run(&settings.who, &mut screen, &client, &mut events, signals).await;
            }
            Err(error) => error,
        };
        let Some(why) = name_refused(&error) else { return Err(cannot_connect(&settings.who, &error)) };
        output::text(&palette.lines(&format!("! {why}\n")))?;
        output::text(&palette.prompt("name> "))?;
        let name = tokio::select! {
            name = tokio::task::spawn_blocking(crate::terminal::read_line) => name??,
            _ = signals.next() => None,
        };
        match name {
            Some(name) => settings.who.name = name,
            None => return Ok(Exit::NameRefused),
        }
    }
}

/// Connects, and says so if that takes a while.
async fn patiently(
    settings: &JoinSettings,
    palette: Palette,
    signals: &mut Signals,
) -> anyhow::Result<Result<(Client, Events), ConnectError>> {
    let note = talk::note(&format!("connecting to {}", settings.who.addr));
    let tell = || output::status(palette.lines(&note).trim_end());
    connect(&settings.who, options(settings), signals, tell).await
}

/// Connects for a program, which cannot be asked for another name.
async fn connect_once(settings: &JoinSettings, signals: &mut Signals) -> anyhow::Result<(Client, Events)> {
    let connected = connect(&settings.who, options(settings), signals, || {}).await?;
    connected.map_err(|error| cannot_connect(&settings.who, &error))
}

fn options(settings: &JoinSettings) -> Options {
    let options = Options::named(&settings.who.name);
    if settings.rooms.is_empty() { options } else { options.rooms(settings.rooms.iter().cloned()) }
}

/// Whether there is a person at both ends, and a terminal that can move its cursor.
fn is_interactive() -> bool {
    let dumb = environment("TERM").is_none_or(|term| term == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !dumb
}

fn environment(key: &str) -> Option<String> {
    std::env::var(key).ok()
}
