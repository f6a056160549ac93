//! What `send-file` and `receive` are to do: where, as whom, with whom, which files.

use std::path::PathBuf;
use std::time::Duration;

use chat_net::chat_core::{MAX_NAME_BYTES, RoomName, UserName};

use super::file::{FileJoin, FileSettings};
use super::who::{Env, Target, Typed, Who, address_first, environment, room_name, who};
use crate::exit::{self, Exit};
use crate::files::{ReceiveArgs, SendFileArgs};

/// Everything `send-file` needs to know.
#[derive(Clone, Debug)]
pub(crate) struct SendFileSettings {
    /// Where and as whom.
    pub(crate) who: Who,
    /// To whom.
    pub(crate) target: Target,
    /// Which files; at least one.
    pub(crate) paths: Vec<PathBuf>,
    /// How long somebody may take to take one; none: for ever.
    pub(crate) wait: Option<Duration>,
    /// Bytes in a chunk; zero: the server's choice.
    pub(crate) chunk_bytes: u32,
}

/// Everything `receive` needs to know.
#[derive(Clone, Debug)]
pub(crate) struct ReceiveSettings {
    /// Where and as whom.
    pub(crate) who: Who,
    /// From whom.
    pub(crate) from: UserName,
    /// What is offered in this room; none: to this user.
    pub(crate) room: Option<RoomName>,
    /// Where to.
    pub(crate) folder: PathBuf,
    /// So many files.
    pub(crate) count: u32,
    /// How long the next offer may take; none: for ever.
    pub(crate) wait: Option<Duration>,
}

impl SendFileSettings {
    /// Merges what was typed with the environment and the file it names.
    ///
    /// # Errors
    /// Says what is wrong: [`Exit::Config`] in the file, [`Exit::Usage`] elsewhere.
    pub(crate) fn resolve(args: &SendFileArgs) -> anyhow::Result<SendFileSettings> {
        let file = FileSettings::own(&args.file, &super::data::environment)?.join;
        SendFileSettings::merge(args, &file, &environment)
    }

    fn merge(args: &SendFileArgs, file: &FileJoin, env: Env<'_>) -> anyhow::Result<SendFileSettings> {
        let (addr, paths) = address_first(args.addr.as_ref(), &args.paths, env);
        let name = args.name.clone();
        let who = who(Typed { addr, name, login: &args.login, trust: &args.trust }, file, env)?;
        if paths.is_empty() {
            let why = "say which files to send; a file called like an address is written ./host:1";
            return Err(exit::because(Exit::Usage, why));
        }
        let target = match args.to.strip_prefix('#') {
            Some(_) => Target::Room(room_name(&args.to)?.into()),
            None => Target::User(somebody_else(&args.to, &who)?.as_str().to_owned()),
        };
        let chunk_bytes = args.chunk.unwrap_or_default();
        let paths = paths.iter().map(PathBuf::from).collect();
        Ok(SendFileSettings { who, target, paths, wait: wait(args.wait), chunk_bytes })
    }
}

impl ReceiveSettings {
    /// Merges what was typed with the environment and the file it names.
    ///
    /// # Errors
    /// As [`SendFileSettings::resolve`].
    pub(crate) fn resolve(args: &ReceiveArgs) -> anyhow::Result<ReceiveSettings> {
        let file = FileSettings::own(&args.who.file, &super::data::environment)?.join;
        let who = who(Typed::of(args.who.addr.clone(), &args.who), &file, &environment)?;
        let room = args.room.as_deref().map(room_name).transpose()?;
        let (from, folder) = (somebody_else(&args.from, &who)?, args.dir.clone());
        Ok(ReceiveSettings { who, from, room, folder, count: args.count, wait: wait(args.wait) })
    }
}

fn wait(secs: u64) -> Option<Duration> {
    (secs > 0).then(|| Duration::from_secs(secs))
}

/// # Errors
/// Ends with [`Exit::Usage`] if no user can have that name, or if it is one's own.
fn somebody_else(written: &str, me: &Who) -> anyhow::Result<UserName> {
    let user = UserName::new(written, MAX_NAME_BYTES)
        .map_err(|why| exit::because(Exit::Usage, format!("user \"{written}\": {why}")))?;
    if user.as_str().eq_ignore_ascii_case(&me.name) {
        let why = format!(
            "{user} is your own name here: files go from one user to another; --name says who you are"
        );
        return Err(exit::because(Exit::Usage, why));
    }
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(to: &str, paths: &[&str]) -> anyhow::Result<SendFileSettings> {
        let paths = paths.iter().map(Into::into).collect();
        let args = SendFileArgs { name: Some("al".into()), to: to.into(), paths, ..SendFileArgs::default() };
        SendFileSettings::merge(&args, &FileJoin::default(), &|_| None)
    }

    #[test]
    fn a_first_path_that_is_an_address_is_the_server() {
        let settings = merged("bob", &["localhost:99", "a", "./b:1"]).unwrap();
        assert_eq!(settings.who.addr, "localhost:99");
        assert_eq!(settings.paths, [PathBuf::from("a"), PathBuf::from("./b:1")]);
        assert_eq!(merged("bob", &["./b:1"]).unwrap().paths, [PathBuf::from("./b:1")]);
        assert_eq!(exit::of(&merged("bob", &["b:1"]).unwrap_err()), Exit::Usage);
    }

    #[test]
    fn a_room_has_its_hash_and_a_user_a_name() {
        assert_eq!(merged("#dev", &["a"]).unwrap().target, Target::Room("dev".into()));
        assert_eq!(merged("dev", &["a"]).unwrap().target, Target::User("dev".into()));
        for nobody in ["", "#", "a b", "é", "al", "AL"] {
            assert_eq!(exit::of(&merged(nobody, &["a"]).unwrap_err()), Exit::Usage, "{nobody}");
        }
    }
}
