//! `join`: chat in a terminal, from a script, or as a program that speaks JSON.

mod asked;
mod away;
mod early;
mod files;
mod json;
mod line;
mod past;
mod person;
mod plain;
mod render;
mod rooms;
mod secret;
mod session;
mod stdin;
mod talk;
#[cfg(test)]
mod testing;
mod typed;

use std::io::IsTerminal;

use chat_net::client::{Client, ConnectError, Events, Options};

use crate::cli::{ColorWhen, JoinArgs};
use crate::connect::{cannot_connect, connect, name_refused, on_one_thread};
use crate::exit::Exit;
use crate::output;
use crate::settings::JoinSettings;
use crate::signals::Signals;
use crate::tui::FullScreen;

pub(crate) use asked::{SLOW, left_open, not_sent};
pub(crate) use files::{FileSaid, FileTalk, FileTold, FileTurn};
pub(crate) use json::print as print_json;
pub(crate) use line::{Kind, Line, Shown, answer, failed, lines, refusal};
pub(crate) use render::{Palette, colour_number, now};
pub(crate) use secret::{Asking, Given};
pub(crate) use session::{Act, Ahead, Face, Input, Outcome};
pub(crate) use typed::{Known, Step, Typing, help, is_for_current};

/// Joins, and stays until the user leaves or the connection is lost for good.
///
/// # Errors
/// The server cannot be reached, refuses, or is lost; each says how the program ends.
pub(crate) fn run(args: &JoinArgs) -> anyhow::Result<Exit> {
    let has_screen = !args.plain && !args.json && is_interactive();
    let settings = JoinSettings::resolve(args, has_screen)?;
    on_one_thread(join(args, settings, has_screen))?
}

async fn join(args: &JoinArgs, settings: JoinSettings, has_screen: bool) -> anyhow::Result<Exit> {
    let mut signals = Signals::new()?;
    let mut visit = Visit::new(settings);
    if args.json {
        let connected = visit.connect(None, &mut signals).await?;
        let connected = connected.map_err(|error| cannot_connect(&visit.settings.who, &error))?;
        return visit.stay(&mut json::Json::new(), connected, &mut signals).await;
    }
    if has_screen {
        return at_terminal(visit, &mut signals).await;
    }
    let color = visit.settings.color;
    let when = if args.plain && color == ColorWhen::Auto { ColorWhen::Never } else { color };
    let palette = |is_terminal| Palette::new(when, is_terminal, environment);
    let status = palette(std::io::stderr().is_terminal());
    let connected = visit.connect(Some(status), &mut signals).await?;
    let connected = connected.map_err(|error| cannot_connect(&visit.settings.who, &error))?;
    let downloads = visit.settings.downloads.clone();
    let mut plain = plain::Plain::new(palette(std::io::stdout().is_terminal()), status, downloads);
    visit.stay(&mut plain, connected, &mut signals).await
}

/// At a terminal, a refused name is asked for again. The terminal is taken over when there is something to say
/// in it; until then Ctrl-C and line editing are the system's own.
async fn at_terminal(mut visit: Visit, signals: &mut Signals) -> anyhow::Result<Exit> {
    let palette = Palette::new(visit.settings.color, true, environment);
    loop {
        let error = match visit.connect(Some(palette), signals).await? {
            Ok(connected) => {
                let mut screen = FullScreen::open(&connected.0, &visit.settings)?;
                let end = visit.stay(&mut screen, connected, signals).await;
                let farewell = screen.close();
                // A terminal that takes nothing is not to be waited for.
                if !farewell.is_empty() {
                    output::text(&palette.lines(&farewell))?;
                }
                return end;
            }
            Err(error) => error,
        };
        let who = &mut visit.settings.who;
        let Some(why) = name_refused(&error) else { return Err(cannot_connect(who, &error)) };
        output::text(&palette.lines(&[Line::fault(&why)]))?;
        output::text(&palette.prompt("name> "))?;
        let name = tokio::select! {
            name = tokio::task::spawn_blocking(crate::terminal::read_line) => name??,
            _ = signals.next() => None,
        };
        match name {
            Some(name) => {
                (who.name, visit.options.name) = (name.clone(), name);
                // What was typed for the other name is nobody else's business.
                visit.options.password = None;
            }
            None => return Ok(Exit::NameRefused),
        }
    }
}

/// One visit to a server: as whom, and with what it takes to come back.
struct Visit {
    settings: JoinSettings,
    options: Options,
}

impl Visit {
    fn new(settings: JoinSettings) -> Visit {
        let options = Options::named(&settings.who.name);
        let rooms = &settings.rooms;
        let options = if rooms.is_empty() { options } else { options.rooms(rooms.iter().cloned()) };
        Visit { settings, options }
    }

    /// Connects, and says so if that takes a while and somebody is told.
    async fn connect(
        &mut self,
        palette: Option<Palette>,
        signals: &mut Signals,
    ) -> anyhow::Result<Result<(Client, Events), ConnectError>> {
        let note = Line::note(&format!("connecting to {}", self.settings.who.addr));
        let tell = || {
            if let Some(palette) = palette {
                output::status(&palette.line(&note));
            }
        };
        connect(&self.settings.who, &mut self.options, signals, tell).await
    }

    /// Talks to the end.
    async fn stay(
        self,
        face: &mut impl Face,
        connected: (Client, Events),
        signals: &mut Signals,
    ) -> anyhow::Result<Exit> {
        let (client, mut events) = connected;
        session::run(&self.settings.who, face, &client, &mut events, signals).await
    }
}

/// Whether there is a person at both ends, and a terminal that can move its cursor.
fn is_interactive() -> bool {
    let dumb = environment("TERM").is_none_or(|term| term == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !dumb
}

pub(crate) fn environment(key: &str) -> Option<String> {
    std::env::var(key).ok()
}
