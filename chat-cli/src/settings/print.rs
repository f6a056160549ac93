//! The settings in force, as a file that sets them.

use std::fmt::Write;
use std::path::Path;

use super::limits::LIMITS;
use super::{Certificate, ServeSettings};
use crate::cli::LogFormat;

/// `settings` as TOML. Read as a settings file, it gives the same settings again.
///
/// # Errors
/// As [`ServeSettings::folder`].
pub(crate) fn as_toml(settings: &ServeSettings) -> anyhow::Result<String> {
    let list = |items: &[String]| {
        let quoted: Vec<String> =
            items.iter().map(|item| toml::Value::from(item.as_str()).to_string()).collect();
        format!("[{}]", quoted.join(", "))
    };
    let string = |text: &str| toml::Value::from(text).to_string();
    let format = match settings.log_format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    let folder = settings.folder()?;
    let data = folder.map(|folder| {
        let about = "the folder that history is kept in";
        ("data", string(&folder.to_string_lossy()), about)
    });
    let head = [
        ("listen", list(&settings.listen), "addresses; port 0 takes any free one"),
        ("admin", string(&settings.admin), "where operators find /healthz and /metrics; empty for nowhere"),
        ("origins", list(&settings.origins), "whose pages may connect, besides the server's own"),
        ("plaintext", settings.plaintext.to_string(), "other addresses than loopback, unencrypted"),
        ("trusted", settings.trusted.to_string(), "no limits on floods and connections per address"),
        (
            "accounts",
            string(settings.accounts.name()),
            "off; optional: theirs need a login; required: nobody else",
        ),
        ("registration", string(settings.registration.name()), "who makes accounts: open for all, or closed"),
        (
            "password_file",
            string(&settings.password_file.as_deref().unwrap_or(Path::new("")).to_string_lossy()),
            "holds the server's own password, for nobody else to read; empty for none",
        ),
        (
            "room_makers",
            string(settings.room_makers.name()),
            "who makes rooms: everyone, accounts, operators",
        ),
        ("start_room", string(&settings.start_room), "where everyone starts; empty for nowhere"),
        (
            "reserved_names",
            list(&settings.reserved_names),
            "besides server, system, admin, root, everyone, here",
        ),
    ];
    let none = Path::new("");
    let (tls, files) = match &settings.certificate {
        None => ("", (none, none)),
        Some(Certificate::SelfSigned) => ("self-signed", (none, none)),
        Some(Certificate::Files { certificate, key }) => ("", (certificate.as_path(), key.as_path())),
    };
    let path = |path: &Path| string(&path.to_string_lossy());
    let certificate = [
        ("tls", string(tls), "self-signed: encrypted, with a certificate of its own; empty for not"),
        ("tls_cert", path(files.0), "encrypted, with this certificate and those behind it; empty for not"),
        ("tls_key", path(files.1), "its key"),
    ];
    let tail = [
        (
            "durability",
            string(settings.durability.name()),
            "what is accepted is safe with: fsync, os, memory",
        ),
        ("log", string(&settings.log), "error, warn, info, debug, trace, or target=level,..."),
        ("log_format", string(format), "text or json"),
    ];
    let limits = LIMITS.iter().map(|limit| (limit.key, limit.toml(&settings.limits), limit.about));
    let mut out = String::new();
    let mut line = |(key, value, about): (&str, String, &str)| {
        writeln!(out, "{:<44} # {about}", format!("{key} = {value}")).expect("a String takes every write");
    };
    head.into_iter().chain(certificate).chain(data).chain(tail).for_each(&mut line);
    out.push_str("\n[limits]\n");
    let mut line = |(key, value, about): (&str, String, &str)| {
        writeln!(out, "{:<44} # {about}", format!("{key} = {value}")).expect("a String takes every write");
    };
    limits.for_each(&mut line);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::file::FileSettings;
    use super::*;
    use crate::cli::{AccountsHow, Durability, Makers, Registration, ServeArgs};

    #[test]
    fn what_is_printed_sets_the_same() {
        let args = ServeArgs {
            listen: vec!["[::1]:0".into(), "127.0.0.1:0".into()],
            admin: Some("127.0.0.1:0".into()),
            limit: vec![
                "linger=7s".into(),
                "exempt_loopback=false".into(),
                "talk=100kB".into(),
                "keep_age=30d".into(),
            ],
            start_room: Some(String::new()),
            data: Some("/srv/a \"chat\"".into()),
            durability: Some(Durability::Os),
            accounts: Some(AccountsHow::Optional),
            registration: Some(Registration::Closed),
            room_makers: Some(Makers::Operators),
            password_file: Some("/run/secret".into()),
            ..ServeArgs::default()
        };
        let printed = as_toml(&ServeSettings::resolve(&args).unwrap()).unwrap();
        let path = std::env::temp_dir().join(format!("chat-cli-print-{}.toml", std::process::id()));
        std::fs::write(&path, &printed).unwrap();
        let from_file =
            ServeArgs { file: crate::cli::FileArg { config: Some(path.clone()) }, ..ServeArgs::default() };
        let again = as_toml(&ServeSettings::resolve(&from_file).unwrap()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(again, printed);
        assert!(printed.contains("linger = \"7s\"") && printed.contains("talk = 100000 "), "{printed}");
        assert!(
            printed.contains("data = '/srv/a \"chat\"'") && printed.contains("keep_age = \"30d\""),
            "{printed}"
        );
        assert!(
            printed.contains("accounts = \"optional\"") && printed.contains("room_makers = \"operators\""),
            "{printed}"
        );
        assert!(printed.contains("tls = \"\" ") && printed.contains("tls_key = \"\" "), "{printed}");
        FileSettings::parse(&printed).unwrap();
    }
}
