//! What `join` and `send` are to do: where, as whom, into which rooms.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::file::{FileJoin, FileSettings};
use super::screen::ScreenSettings;
use super::{DEFAULT_ADDR, DEFAULT_ROOM, downloads};
use crate::cli::{ColorWhen, JoinArgs, LoginArgs, SendArgs, TrustArgs, WhoArgs};
use crate::exit::{self, Exit};
use crate::login::{How, Login, Said};
use chat_net::chat_core::{MAX_NAME_BYTES, RoomName, UserName};
use chat_net::tls::Fingerprint;

/// Which server, under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// The server's address, as written but for `tls://`.
    pub(crate) addr: String,
    /// The name; still to be judged by the server.
    pub(crate) name: String,
    /// Whether TLS is spoken.
    pub(crate) tls: bool,
    /// How it comes in.
    pub(crate) login: Login,
    /// The certificate that the server must have; none: what was remembered, or the system, says which are trusted.
    pub(crate) pin: Option<Fingerprint>,
    /// Whether passwords may go without TLS, wherever the server is.
    pub(crate) plaintext: bool,
}

/// Everything `join` needs to know.
#[derive(Clone, Debug)]
pub(crate) struct JoinSettings {
    /// Where and as whom.
    pub(crate) who: Who,
    /// The rooms to begin in; none: the server's choice.
    pub(crate) rooms: Vec<String>,
    /// When to use colours.
    pub(crate) color: ColorWhen,
    /// Where accepted files go.
    pub(crate) downloads: PathBuf,
    /// What the full screen does.
    pub(crate) screen: ScreenSettings,
}

/// Everything `send` needs to know.
#[derive(Clone, Debug)]
pub(crate) struct SendSettings {
    /// Where and as whom.
    pub(crate) who: Who,
    /// To whom.
    pub(crate) target: Target,
    /// What, if it was given as arguments.
    pub(crate) text: Option<String>,
}

/// To whom something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Everyone in a room.
    Room(String),
    /// One user.
    User(String),
}

/// Looks a variable of the environment up.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's own environment; what is empty is as good as missing.
pub(super) fn environment(key: &str) -> Option<String> {
    std::env::var(key).ok().filter(|value| !value.is_empty())
}

impl JoinSettings {
    /// Merges what was typed (or in the environment) with the file it names; what the full screen does only where there is one.
    ///
    /// # Errors
    /// Says what is wrong: [`Exit::Config`] in the file, [`Exit::Usage`] elsewhere.
    pub(crate) fn resolve(args: &JoinArgs, has_screen: bool) -> anyhow::Result<JoinSettings> {
        let file = FileSettings::own(&args.who.file, &super::data::environment)?.join;
        let typed = Typed::of(args.who.addr.clone(), &args.who);
        let who = who(typed, &file, &environment)?;
        let screen = match has_screen {
            true => ScreenSettings::merge(&args.screen, &file, &super::data::environment)?,
            false => ScreenSettings::default(),
        };
        let rooms = if args.room.is_empty() { file.rooms } else { args.room.clone() };
        let rooms = rooms.iter().map(|room| room_name(room).map(String::from)).collect::<Result<_, _>>()?;
        let downloads = args.downloads.clone().or(file.downloads);
        let downloads = downloads.unwrap_or_else(|| downloads::default_folder(&super::data::environment));
        let color = args.color.or(file.color).unwrap_or_default();
        Ok(JoinSettings { who, rooms, color, downloads, screen })
    }
}

impl SendSettings {
    /// Merges what was typed with the environment and the file it names.
    ///
    /// # Errors
    /// As [`JoinSettings::resolve`].
    pub(crate) fn resolve(args: &SendArgs) -> anyhow::Result<SendSettings> {
        let file = FileSettings::own(&args.file, &super::data::environment)?.join;
        SendSettings::merge(args, &file, &environment)
    }

    fn merge(args: &SendArgs, file: &FileJoin, env: Env<'_>) -> anyhow::Result<SendSettings> {
        let (addr, words) = address_first(args.addr.as_ref(), &args.words, env);
        let name = args.name.clone();
        let who = who(Typed { addr, name, login: &args.login, trust: &args.trust }, file, env)?;
        let first_room = |list: String| list.split(',').next().map(str::to_owned);
        let target = match (&args.to, &args.room) {
            (Some(user), _) => Target::User(user.clone()),
            (None, Some(room)) => Target::Room(room_name(room)?.into()),
            (None, None) => {
                let room = env("CHAT_ROOM").and_then(first_room).or_else(|| file.rooms.first().cloned());
                Target::Room(room_name(&room.unwrap_or_else(|| DEFAULT_ROOM.into()))?.into())
            }
        };
        Ok(SendSettings { who, target, text: (!words.is_empty()).then(|| words.join(" ")) })
    }
}

/// The server's address, if it is typed or in the environment, and the other arguments: without a flag, a first one that
/// looks like an address is that.
pub(super) fn address_first<'a, T: AsRef<OsStr>>(
    flag: Option<&String>,
    args: &'a [T],
    env: Env<'_>,
) -> (Option<String>, &'a [T]) {
    let first = args.first().and_then(|first| first.as_ref().to_str());
    match first.filter(|first| flag.is_none() && looks_like_an_address(first)) {
        Some(first) => (Some(first.to_owned()), &args[1..]),
        None => (flag.cloned().or_else(|| env("CHAT_ADDR")), args),
    }
}

/// What was typed of who and where.
#[derive(Clone, Debug)]
pub(super) struct Typed<'a> {
    pub(super) addr: Option<String>,
    pub(super) name: Option<String>,
    pub(super) login: &'a LoginArgs,
    pub(super) trust: &'a TrustArgs,
}

impl<'a> Typed<'a> {
    pub(super) fn of(addr: Option<String>, who: &'a WhoArgs) -> Typed<'a> {
        Typed { addr, name: who.name.clone(), login: &who.login, trust: &who.trust }
    }
}

/// How to come in, and as whom if that was said with it. A `file` of another server is none here.
fn login(typed: &LoginArgs, file: &FileJoin, env: Env<'_>) -> (Login, Option<String>) {
    let (how, name) = match (&typed.login, &typed.register) {
        (Some(name), _) => (How::LogIn, Some(name)),
        (None, Some(name)) => (How::Register, Some(name)),
        (None, None) if file.login == Some(true) => (How::LogIn, None),
        (None, None) => (How::AsAsked, None),
    };
    let said = |variable: &str, typed: &Option<String>, file: &Option<String>| {
        let secret = env(variable).map(Into::into).filter(|_| typed.is_none());
        Said { command: typed.clone().or_else(|| file.clone()).filter(|_| secret.is_none()), secret }
    };
    let password = said("CHAT_PASSWORD", &typed.password_command, &file.password_command);
    let server_password =
        said("CHAT_SERVER_PASSWORD", &typed.server_password_command, &file.server_password_command);
    (Login { how, password, server_password }, name.filter(|name| !name.is_empty()).cloned())
}

/// Which server, under which name, of what was typed, the file, the environment and the defaults.
///
/// # Errors
/// Ends with [`Exit::Usage`] if the address is none, or if there is no name.
pub(super) fn who(typed: Typed<'_>, file: &FileJoin, env: Env<'_>) -> anyhow::Result<Who> {
    let Typed { addr, name, login: typed_login, trust } = typed;
    // A certificate and passwords that the file names are for the server that it names, however that is said.
    let bare = |addr: &str| addr.strip_prefix(TLS).unwrap_or(addr).to_owned();
    let is_the_files = addr.is_none() || addr.as_deref().map(bare) == file.addr.as_deref().map(bare);
    let pin = match (trust.tls_pin, &file.tls_pin) {
        (Some(typed), _) => Some(typed),
        (None, Some(written)) if is_the_files => {
            let wrong = |why| exit::because(Exit::Config, format!("tls_pin: \"{written}\": {why}"));
            Some(written.parse().map_err(wrong)?)
        }
        _ => None,
    };
    let addr = addr.or_else(|| file.addr.clone()).unwrap_or_else(|| DEFAULT_ADDR.into());
    let (addr, is_secure) = match addr.strip_prefix(TLS) {
        Some(addr) => (addr.to_owned(), true),
        None => (addr, false),
    };
    if !looks_like_an_address(&addr) {
        let hint = match typed_login.login.is_some() || typed_login.register.is_some() {
            true => "; a name is written --login=NAME, or --name NAME --login",
            false => "",
        };
        return Err(exit::because(
            Exit::Usage,
            format!("\"{addr}\" is no address, write HOST:PORT or {TLS}HOST:PORT{hint}"),
        ));
    }
    let nothing = FileJoin::default();
    let (login, named) = login(typed_login, if is_the_files { file } else { &nothing }, env);
    let of_system =
        || env("USER").or_else(|| env("LOGNAME")).filter(|l| UserName::new(l, MAX_NAME_BYTES).is_ok());
    let name = named.or(name).or_else(|| file.name.clone()).or_else(of_system);
    let name = name.ok_or_else(|| exit::because(Exit::Usage, "say with --name under which name to join"))?;
    let tls = trust.tls || is_secure || pin.is_some();
    Ok(Who { addr, name, login, tls, pin, plaintext: trust.plaintext })
}

/// The room's name without `#`, as the server knows it.
///
/// # Errors
/// Ends with [`Exit::Usage`] if no room can have that name.
pub(crate) fn room_name(written: &str) -> anyhow::Result<RoomName> {
    RoomName::new(written, MAX_NAME_BYTES)
        .map_err(|why| exit::because(Exit::Usage, format!("room \"{written}\": {why}")))
}

/// Before an address: TLS is spoken there.
const TLS: &str = "tls://";

/// Whether it has the form HOST:PORT, perhaps behind `tls://`.
fn looks_like_an_address(text: &str) -> bool {
    let text = text.strip_prefix(TLS).unwrap_or(text);
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let plain = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == ':' || c == '/');
    (bracketed || plain) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(args: &SendArgs, env: Env<'_>) -> SendSettings {
        SendSettings::merge(args, &FileJoin::default(), env).unwrap()
    }

    fn words(words: &[&str]) -> SendArgs {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        SendArgs { name: Some("al".into()), words, ..SendArgs::default() }
    }

    #[test]
    fn a_first_word_that_is_an_address_is_the_server() {
        let nothing = |_: &str| None;
        let settings = send(&words(&["localhost:99", "hi", "there"]), &nothing);
        assert_eq!(
            (settings.who.addr.as_str(), settings.text.as_deref()),
            ("localhost:99", Some("hi there"))
        );
        let settings = send(&words(&["lunch at 12:30"]), &nothing);
        assert_eq!(
            (settings.who.addr.as_str(), settings.text.as_deref()),
            (DEFAULT_ADDR, Some("lunch at 12:30"))
        );
        let given = SendArgs { addr: Some("[::1]:7".into()), ..words(&["a:1"]) };
        assert_eq!(send(&given, &nothing).text.as_deref(), Some("a:1"));
        assert_eq!(send(&words(&["h:1"]), &nothing).text, None);
    }

    #[test]
    fn what_is_typed_beats_the_environment_which_beats_the_file() {
        let env = |key: &str| match key {
            "CHAT_ADDR" => Some("env:1".to_owned()),
            "CHAT_ROOM" => Some("#one,two".to_owned()),
            _ => None,
        };
        let file =
            FileJoin { addr: Some("file:1".into()), rooms: vec!["three".into()], ..FileJoin::default() };
        let merged = SendSettings::merge(&words(&["hi"]), &file, &env).unwrap();
        assert_eq!((merged.who.addr.as_str(), merged.target), ("env:1", Target::Room("one".into())));
        let typed = SendArgs { room: Some("four".into()), ..words(&["typed:1", "hi"]) };
        let merged = SendSettings::merge(&typed, &file, &env).unwrap();
        assert_eq!((merged.who.addr.as_str(), merged.target), ("typed:1", Target::Room("four".into())));
        let merged = SendSettings::merge(&words(&["hi"]), &file, &|_| None).unwrap();
        assert_eq!((merged.who.addr.as_str(), merged.target), ("file:1", Target::Room("three".into())));
    }

    #[test]
    fn an_address_a_switch_or_a_pin_asks_for_tls() {
        let nothing = |_: &str| None;
        let pin = Fingerprint::of(b"certificate");
        let who = |args: &SendArgs, file: &FileJoin| {
            let who = SendSettings::merge(args, file, &nothing).unwrap().who;
            (who.addr, who.tls, who.pin)
        };
        let bare = FileJoin::default();
        assert_eq!(who(&words(&["hi"]), &bare), (DEFAULT_ADDR.into(), false, None));
        assert_eq!(who(&words(&["tls://h:1", "hi"]), &bare), ("h:1".into(), true, None));
        let typed = |tls, tls_pin| SendArgs {
            trust: TrustArgs { tls, tls_pin, plaintext: false },
            ..words(&["h:1", "hi"])
        };
        assert_eq!(who(&typed(true, None), &bare), ("h:1".into(), true, None));
        assert_eq!(who(&typed(false, Some(pin)), &bare), ("h:1".into(), true, Some(pin)));
        let (addr, tls_pin) = (Some("tls://file:1".into()), Some(pin.to_string()));
        let file = FileJoin { addr, tls_pin, ..FileJoin::default() };
        assert_eq!(who(&words(&["hi"]), &file), ("file:1".into(), true, Some(pin)));
        assert_eq!(who(&words(&["h:1", "hi"]), &file), ("h:1".into(), false, None), "it is another server");
        let wrong = FileJoin { tls_pin: Some("sha1:00".into()), ..FileJoin::default() };
        let refused = SendSettings::merge(&words(&["hi"]), &wrong, &nothing).unwrap_err();
        assert_eq!(exit::of(&refused), Exit::Config);
    }

    #[test]
    fn a_password_is_what_was_typed_of_it_or_the_environment_or_the_file() {
        let file =
            FileJoin { login: Some(true), password_command: Some("file".into()), ..FileJoin::default() };
        let of = |login: LoginArgs, env: Env<'_>| {
            let args = SendArgs { login, ..words(&["hi"]) };
            let who = SendSettings::merge(&args, &file, env).unwrap().who;
            (who.name, who.login.how, who.login.password)
        };
        let command = |command: &str| Said { secret: None, command: Some(command.into()) };
        let env = |key: &str| (key == "CHAT_PASSWORD").then(|| "correct horse".to_owned());
        let nothing = LoginArgs::default;
        assert_eq!(of(nothing(), &|_| None), ("al".into(), How::LogIn, command("file")));
        let secret = Said { secret: Some("correct horse".into()), command: None };
        assert_eq!(of(nothing(), &env).2, secret);
        let typed = LoginArgs { password_command: Some("typed".into()), ..nothing() };
        assert_eq!(of(typed, &env).2, command("typed"));
        let typed = LoginArgs { register: Some("bo".into()), ..nothing() };
        assert_eq!(of(typed, &env), ("bo".into(), How::Register, secret));
    }

    #[test]
    fn a_password_that_the_file_names_goes_to_no_other_server() {
        let of = |addr: Option<&str>, words: &SendArgs| {
            let file = FileJoin {
                addr: addr.map(str::to_owned),
                login: Some(true),
                password_command: Some("account".into()),
                server_password_command: Some("server".into()),
                ..FileJoin::default()
            };
            SendSettings::merge(words, &file, &|_| None).unwrap().who.login
        };
        let command = |command: &str| Said { secret: None, command: Some(command.into()) };
        let all = Login { how: How::LogIn, password: command("account"), server_password: command("server") };
        assert_eq!(of(Some("tls://file:1"), &words(&["hi"])), all);
        assert_eq!(of(Some("tls://file:1"), &words(&["file:1", "hi"])), all);
        assert_eq!(of(None, &words(&["hi"])), all, "the file is about the default server");
        for (addr, words) in [(Some("file:1"), words(&["other:1", "hi"])), (None, words(&["other:1", "hi"]))]
        {
            assert_eq!(of(addr, &words), Login::default());
        }
    }

    #[test]
    fn the_login_name_is_taken_if_it_can_be_a_name() {
        let login = |name: &'static str| move |key: &str| (key == "LOGNAME").then(|| name.to_owned());
        let nobody = SendArgs { words: vec!["hi".into()], ..SendArgs::default() };
        assert_eq!(send(&nobody, &login("carol")).who.name, "carol");
        let refused =
            SendSettings::merge(&nobody, &FileJoin::default(), &login("DOMAIN\\carol")).unwrap_err();
        assert_eq!(exit::of(&refused), Exit::Usage);
    }
}
