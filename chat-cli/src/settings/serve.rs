//! What `serve` is to do.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use super::data::{self, environment};
use super::file::FileSettings;
use super::{AllLimits, DEFAULT_ADDR, DEFAULT_ROOM};
use crate::cli::{
    AccountsHow, CertificateArgs, DataArgs, Durability, LogFormat, Makers, Registration, ServeArgs, TlsHow,
};
use crate::exit::{self, Exit};
use crate::{logs, secrets};
use chat_net::chat_core::UserName;
use chat_net::codec::Secret;

/// Where the certificate comes from with which everything is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// It is made, and kept where history is.
    SelfSigned,
    /// From files.
    Files {
        /// Its file, with those behind it that lead to a root.
        certificate: PathBuf,
        /// That of its key.
        key: PathBuf,
    },
}

/// Everything `serve` needs to know.
#[derive(Clone, Debug)]
pub(crate) struct ServeSettings {
    /// Where to listen, as written.
    pub(crate) listen: Vec<String>,
    /// Where to listen for operators, as written; nowhere if empty.
    pub(crate) admin: String,
    /// Whose pages may connect, besides the server's own.
    pub(crate) origins: Vec<String>,
    /// Whether others than loopback may listen without encryption.
    pub(crate) plaintext: bool,
    /// The certificate; none: nothing is encrypted.
    pub(crate) certificate: Option<Certificate>,
    /// Whether floods and connections per address are not limited.
    pub(crate) trusted: bool,
    /// Whether there are accounts.
    pub(crate) accounts: AccountsHow,
    /// Who makes them.
    pub(crate) registration: Registration,
    /// Where the server's own password is, if a file was named.
    pub(crate) password_file: Option<PathBuf>,
    /// Who may make rooms.
    pub(crate) room_makers: Makers,
    /// The room everyone starts in; none if empty.
    pub(crate) start_room: String,
    /// Names nobody may take, besides the engine's own.
    pub(crate) reserved_names: Vec<String>,
    /// The folder that history is kept in, if one was named.
    data: Option<PathBuf>,
    /// When something accepted is safe.
    pub(crate) durability: Durability,
    /// Whether to bring an older folder up to date.
    pub(crate) migrate: bool,
    /// Whether to number every room under a new epoch.
    pub(crate) new_epoch: bool,
    /// Whether the index of words is made anew.
    pub(crate) reindex: bool,
    /// Every limit.
    pub(crate) limits: AllLimits,
    /// Which logs to write.
    pub(crate) log: String,
    /// How.
    pub(crate) log_format: LogFormat,
    /// Whether addresses are printed as JSON.
    pub(crate) json: bool,
}

impl ServeSettings {
    /// Merges what was typed (or in the environment) with the file it names.
    ///
    /// # Errors
    /// Ends with [`Exit::Config`] and says what is wrong, with file and line where a file is wrong.
    pub(crate) fn resolve(args: &ServeArgs) -> anyhow::Result<ServeSettings> {
        ServeSettings::merge(args, FileSettings::read(args.file.config.as_deref())?)
    }

    /// Checks the file at `path` as [`ServeSettings::resolve`] does, with nothing typed.
    ///
    /// # Errors
    /// As [`ServeSettings::resolve`].
    pub(crate) fn check_file(path: &Path) -> anyhow::Result<()> {
        let file = FileSettings::read(Some(path))?;
        ServeSettings::merge(&ServeArgs::default(), file)
            .and_then(|settings| settings.addresses().and(settings.admin_addresses()).map(drop))
            .map_err(|error| exit::because(exit::of(&error), format!("{}: {error}", path.display())))
    }

    fn merge(args: &ServeArgs, file: FileSettings) -> anyhow::Result<ServeSettings> {
        let wrong = |why: String| exit::because(Exit::Config, why);
        let mut limits = file.all_limits;
        for pair in &args.limit {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| wrong(format!("--limit {pair}: should be KEY=VALUE")))?;
            limits.set(key.trim(), value).map_err(|why| wrong(format!("--limit {pair}: {why}")))?;
        }
        limits.check().map_err(wrong)?;
        for name in &file.reserved_names {
            let name = UserName::new(name, limits.core.name_bytes)
                .map_err(|why| wrong(format!("reserved_names: \"{name}\": {why}")))?;
            limits.core.reserved_names.push(name);
        }
        let start_room = args.start_room.clone().or(file.start_room).unwrap_or_else(|| DEFAULT_ROOM.into());
        if !start_room.is_empty() {
            limits.core.room_name(&start_room).map_err(|why| wrong(format!("start_room: {why}")))?;
        }
        let log = args.log.clone().or(file.log).unwrap_or_else(|| "info".into());
        logs::parse(&log)?;
        let durability = if args.memory { Some(Durability::Memory) } else { args.durability };
        let durability = durability.or(file.durability).unwrap_or_default();
        // Keeping nothing was asked for with this very word: what the surroundings say of a folder is moot.
        let data = match args.memory {
            true => None,
            false => data::named(args.data.as_deref(), file.data.as_deref(), &environment)?,
        };
        if durability == Durability::Memory
            && let Some(asked) = about_a_folder(args, data.as_deref())
        {
            return Err(wrong(format!(
                "durability \"memory\" keeps nothing, so {asked} means nothing; leave one of them out"
            )));
        }
        let written = CertificateArgs { tls: file.tls, tls_cert: file.tls_cert, tls_key: file.tls_key };
        let typed = args.certificate != CertificateArgs::default();
        let certificate = certificate(if typed { &args.certificate } else { &written }).map_err(wrong)?;
        let plaintext = args.plaintext.or(file.plaintext).unwrap_or(false);
        if plaintext && certificate.is_some() {
            return Err(wrong(
                "plaintext and tls: with a certificate nothing goes unencrypted; leave one out".into(),
            ));
        }
        let listen = [&args.listen, &file.listen].into_iter().find(|list| !list.is_empty());
        let origins = if args.origin.is_empty() { file.origins } else { args.origin.clone() };
        if let Some(origin) = origins.iter().find(|origin| !is_origin(origin)) {
            return Err(wrong(format!(
                "\"{origin}\" is no origin of pages; write scheme and host as in https://chat.example.org, \
                 and the port if it is not the usual one"
            )));
        }
        let room_makers = args.room_makers.or(file.room_makers).unwrap_or_default();
        limits.core.room_makers = room_makers.into();
        // What the environment holds itself comes before what the file names.
        let password_file = args.password_file.clone().or_else(|| {
            let is_said = environment("CHAT_SERVER_PASSWORD").is_some();
            file.password_file.filter(|_| !is_said)
        });
        let accounts = args.accounts.or(file.accounts).unwrap_or_default();
        if accounts == AccountsHow::Off && room_makers != Makers::Everyone {
            return Err(wrong(format!(
                "room_makers \"{}\" lets nobody make rooms without accounts; say --accounts optional too",
                room_makers.name()
            )));
        }
        Ok(ServeSettings {
            accounts,
            registration: args.registration.or(file.registration).unwrap_or_default(),
            password_file,
            room_makers,
            listen: listen.cloned().unwrap_or_else(|| vec![DEFAULT_ADDR.into()]),
            admin: args.admin.clone().or(file.admin).unwrap_or_default(),
            origins,
            plaintext,
            certificate,
            trusted: args.trusted.or(file.trusted).unwrap_or(false),
            start_room,
            reserved_names: file.reserved_names,
            data,
            durability,
            migrate: args.migrate,
            new_epoch: args.new_epoch,
            reindex: args.reindex,
            limits,
            log,
            log_format: args.log_format.or(file.log_format).unwrap_or_default(),
            json: args.json,
        })
    }

    /// The server's own password, from the file that was named, else from the environment; `None`: it has none.
    ///
    /// # Errors
    /// Ends with [`Exit::Config`] if the file cannot be read, or others may read it.
    pub(crate) fn password(&self) -> anyhow::Result<Option<Secret>> {
        if let Some(file) = &self.password_file {
            return secrets::from_file(file).map(Some);
        }
        // An empty one is a script that failed to find it: no reason to let everybody in.
        let Some(said) = std::env::var_os("CHAT_SERVER_PASSWORD") else { return Ok(None) };
        if said.is_empty() {
            let why = "CHAT_SERVER_PASSWORD is empty; unset it for a server without a password";
            return Err(exit::because(Exit::Config, why));
        }
        let said = said.into_string().map(Secret::from);
        said.map(Some).map_err(|_| exit::because(Exit::Config, "CHAT_SERVER_PASSWORD: a password is UTF-8"))
    }

    /// The folder to keep history in; `None` if none is kept.
    ///
    /// # Errors
    /// Ends with [`Exit::Config`] if none was named and there is no place for a default.
    pub(crate) fn folder(&self) -> anyhow::Result<Option<PathBuf>> {
        if self.durability == Durability::Memory {
            return Ok(None);
        }
        self.data.clone().map_or_else(|| data::default_folder(&environment), Ok).map(Some)
    }

    /// The addresses to listen on.
    ///
    /// # Errors
    /// Ends with [`Exit::Config`] if one is no address, or would be open to a network without encryption
    /// although nobody said that it may.
    pub(crate) fn addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let how = "say --tls self-signed (or --tls-cert and --tls-key), or --plaintext if that is meant";
        resolved(&self.listen, self.plaintext || self.certificate.is_some(), how)
    }

    /// The addresses to listen on for operators; none if that was not asked for. There is no TLS on them, whatever
    /// clients speak.
    ///
    /// # Errors
    /// As [`addresses`](ServeSettings::addresses).
    pub(crate) fn admin_addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        match self.admin.is_empty() {
            true => Ok(Vec::new()),
            false => {
                let how = match &self.certificate {
                    None => "say --plaintext if that is meant",
                    Some(_) => "TLS is for clients alone, so put something that encrypts before it",
                };
                resolved(std::slice::from_ref(&self.admin), self.plaintext, how)
            }
        }
    }
}

/// What these addresses are; one that is no loopback only if it `may` be open. `how` says how that is said.
fn resolved(written: &[String], may: bool, how: &str) -> anyhow::Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    for written in written {
        let found = written.to_socket_addrs().map_err(|error| {
            exit::because(Exit::Config, format!("cannot listen on \"{written}\": {error}"))
        })?;
        addresses.extend(found);
    }
    let open = addresses.iter().find(|address| !address.ip().to_canonical().is_loopback());
    if let (Some(open), false) = (open, may) {
        let why = format!("{open} can be reached from other machines and nothing would be encrypted");
        return Err(exit::because(Exit::Config, format!("{why}; {how}, or listen on 127.0.0.1")));
    }
    Ok(addresses)
}

/// What was asked that means something only where history is kept.
fn about_a_folder(args: &ServeArgs, data: Option<&Path>) -> Option<String> {
    let flags = [(args.migrate, "--migrate"), (args.new_epoch, "--new-epoch"), (args.reindex, "--reindex")];
    let flag = flags.into_iter().find(|(is_given, _)| *is_given).map(|(_, flag)| flag.to_owned());
    data.map(|folder| format!("data ({})", folder.display())).or(flag)
}

/// Whether it is a scheme of pages and a host, as a browser sends them (RFC 6454 section 7).
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(in_host))
}

/// What was said of the certificate in one place.
fn certificate(said: &CertificateArgs) -> Result<Option<Certificate>, String> {
    match (said.tls, &said.tls_cert, &said.tls_key) {
        (None, None, None) => Ok(None),
        (Some(TlsHow::SelfSigned), None, None) => Ok(Some(Certificate::SelfSigned)),
        (Some(TlsHow::SelfSigned), ..) => {
            Err("tls: either a self-signed certificate or one from files; leave one out".into())
        }
        (None, Some(certificate), Some(key)) => {
            Ok(Some(Certificate::Files { certificate: certificate.clone(), key: key.clone() }))
        }
        (None, Some(_), None) => Err("tls_cert: say with --tls-key where its key is".into()),
        (None, None, Some(_)) => Err("tls_key: say with --tls-cert where its certificate is".into()),
    }
}

/// The folder whose history is to be read: the one that `serve` would keep it in.
///
/// # Errors
/// Ends with [`Exit::Config`] if the settings file is wrong, or nothing says where the folder is.
pub(crate) fn data_folder(args: &DataArgs) -> anyhow::Result<PathBuf> {
    let file = FileSettings::read(args.file.config.as_deref())?;
    let named = data::named(args.data.as_deref(), file.data.as_deref(), &environment)?;
    named.map_or_else(|| data::default_folder(&environment), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(args: &ServeArgs, file: &str) -> anyhow::Result<ServeSettings> {
        ServeSettings::merge(args, FileSettings::parse(file).unwrap())
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for origin in ["https://chat.example.org", "http://intra:81", "http://[::1]:8080"] {
            let args = ServeArgs { origin: vec![origin.into()], ..ServeArgs::default() };
            assert_eq!(merge(&args, "origins = [\"https://other\"]").unwrap().origins, [origin]);
        }
        for origin in ["chat.example.org", "https://", "https://a/b", "ws://a", "*", "null", "https://a b"] {
            let args = ServeArgs { origin: vec![origin.into()], ..ServeArgs::default() };
            assert!(merge(&args, "").unwrap_err().to_string().contains("no origin"), "{origin}");
        }
    }

    #[test]
    fn what_is_typed_beats_the_file_which_beats_the_default() {
        let file = "listen = [\"127.0.0.1:1\"]\ntrusted = true\n[limits]\nbody = 100\nlinger = \"7s\"\n";
        let typed =
            ServeArgs { trusted: Some(false), limit: vec!["body=200".into()], ..ServeArgs::default() };
        let settings = merge(&typed, file).unwrap();
        assert_eq!(settings.listen, ["127.0.0.1:1"]);
        assert!(!settings.trusted);
        assert_eq!((settings.limits.core.body_bytes, settings.limits.core.linger_ms), (200, 7_000));
        assert_eq!((settings.start_room.as_str(), settings.log.as_str()), ("lobby", "info"));
        assert_eq!(merge(&ServeArgs::default(), "").unwrap().listen, [DEFAULT_ADDR]);
    }

    #[test]
    fn other_addresses_than_loopback_must_be_meant() {
        let on = |listen: &str, plaintext| {
            let args = ServeArgs { listen: vec![listen.into()], plaintext, ..ServeArgs::default() };
            merge(&args, "").unwrap().addresses()
        };
        assert!(on("127.0.0.1:0", None).is_ok() && on("[::1]:0", None).is_ok());
        for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let refused = on(open, None).unwrap_err();
            assert_eq!(exit::of(&refused), Exit::Config);
            assert!(refused.to_string().contains("--plaintext"), "{refused}");
            assert!(on(open, Some(true)).is_ok());
        }
        let admin = |admin: &str, plaintext| {
            let args = ServeArgs { admin: Some(admin.into()), plaintext, ..ServeArgs::default() };
            merge(&args, "").unwrap().admin_addresses()
        };
        assert!(admin("", None).unwrap().is_empty() && admin("127.0.0.1:0", None).is_ok());
        assert_eq!(exit::of(&admin("0.0.0.0:0", None).unwrap_err()), Exit::Config);
        assert!(admin("0.0.0.0:0", Some(true)).is_ok());
        let args = ServeArgs {
            admin: Some("0.0.0.0:0".into()),
            certificate: CertificateArgs { tls: Some(TlsHow::SelfSigned), ..CertificateArgs::default() },
            ..ServeArgs::default()
        };
        let encrypted = merge(&args, "").unwrap();
        assert!(encrypted.admin_addresses().is_err(), "what clients speak does not encrypt that");
        assert!(on("nonsense", None).unwrap_err().to_string().contains("nonsense"));
    }

    #[test]
    fn a_certificate_comes_from_one_place() {
        let typed = |certificate: CertificateArgs, file: &str| {
            let listen = vec!["0.0.0.0:0".into()];
            let args = ServeArgs { certificate, listen, ..ServeArgs::default() };
            merge(&args, file).and_then(|settings| settings.addresses().map(|_| settings.certificate))
        };
        let nothing = CertificateArgs::default;
        let own = CertificateArgs { tls: Some(TlsHow::SelfSigned), ..nothing() };
        let files = Certificate::Files { certificate: "c".into(), key: "k".into() };
        let file = "tls_cert = \"c\"\ntls_key = \"k\"\n";
        assert_eq!(typed(nothing(), file).unwrap(), Some(files));
        assert_eq!(typed(own.clone(), file).unwrap(), Some(Certificate::SelfSigned));
        assert_eq!(typed(nothing(), "tls = \"self-signed\"").unwrap(), Some(Certificate::SelfSigned));
        for (args, file, part) in [
            (CertificateArgs { tls_cert: Some("c".into()), ..own.clone() }, "", "leave one out"),
            (CertificateArgs { tls_cert: Some("c".into()), ..nothing() }, file, "--tls-key"),
            (nothing(), "tls_key = \"k\"", "--tls-cert"),
            (own, "plaintext = true", "leave one out"),
            (nothing(), "", "--tls self-signed"),
        ] {
            let refused = typed(args, file).unwrap_err();
            assert_eq!(exit::of(&refused), Exit::Config);
            assert!(refused.to_string().contains(part), "{refused}");
        }
    }

    #[test]
    fn reserved_names_are_added_to_the_engines_own() {
        let settings = merge(&ServeArgs::default(), "reserved_names = [\"boss\"]").unwrap();
        let reserved: Vec<&str> = settings.limits.core.reserved_names.iter().map(UserName::as_str).collect();
        assert!(reserved.contains(&"boss") && reserved.contains(&"root"));
        assert!(merge(&ServeArgs::default(), "reserved_names = [\"no good\"]").is_err());
    }
}
