//! `user`: the accounts of a server, made and looked after by whoever may write its data folder. While a server runs on
//! the folder it is asked, over a socket in it; else the folder itself is opened.

mod args;
mod control;
mod desk;
mod words;

pub(crate) use args::{USER_EXAMPLES, USER_MORE, UserArgs};
pub(crate) use control::Control;

use chat_net::auth;
use chat_net::chat_core::{AccountAct, PasswordHash};
use chat_net::codec::Secret;

use crate::connect::on_one_thread;
use crate::exit::{self, Exit};
use crate::output;
use crate::secrets;
use crate::settings::ServeSettings;
use crate::signals::Signals;

use args::{Act, PasswordArgs};
use desk::Desk;

/// Does what was typed.
///
/// # Errors
/// There is no such folder, it cannot be used, or what was asked for was refused; each says how the program ends.
pub(crate) fn run(args: &UserArgs) -> anyhow::Result<Exit> {
    let settings = ServeSettings::resolve(&args.serve())?;
    on_one_thread(act(args, &settings))?
}

async fn act(args: &UserArgs, settings: &ServeSettings) -> anyhow::Result<Exit> {
    let mut signals = Signals::new()?;
    // First of all: nobody waits for whoever types, and the folder is not held meanwhile.
    let password = new_password(args, settings, &mut signals).await?;
    let does_make = matches!(args.act, Act::Add { .. });
    let mut desk = Desk::open(settings, does_make).await?;
    // Whatever comes of it, the folder is left in order.
    let done = tokio::select! {
        done = perform(args, password, &mut desk) => done,
        signal = signals.next() => Err(exit::because(signal, "ended before it was done")),
    };
    let left = desk.leave().await;
    done?;
    left.map(|()| Exit::Done)
}

async fn perform(args: &UserArgs, password: Option<PasswordHash>, desk: &mut Desk) -> anyhow::Result<()> {
    match &args.act {
        Act::List => words::list(&desk.all().await?, args.json)?,
        Act::Add { name, operator, .. } => {
            desk.act(AccountAct::Register { name: name.as_str().into(), password }).await?;
            if *operator {
                desk.act(operator_act(name, true)).await?;
            }
            said(args, name, if *operator { "made, and an operator" } else { "made" })?;
        }
        Act::Passwd { name, no_password, .. } => {
            desk.act(AccountAct::SetPassword { name: name.as_str().into(), password }).await?;
            let what = if *no_password { "no password any more" } else { "has the new password" };
            said(args, name, &format!("{what}, and is logged out everywhere"))?;
        }
        Act::Disable { name } => {
            desk.act(AccountAct::SetDisabled { name: name.as_str().into(), is_disabled: true }).await?;
            said(args, name, "disabled: its devices are out, and nobody logs in as it")?;
        }
        Act::Enable { name } => {
            desk.act(AccountAct::SetDisabled { name: name.as_str().into(), is_disabled: false }).await?;
            said(args, name, "enabled")?;
        }
        Act::Operator { name, off } => {
            desk.act(operator_act(name, !off)).await?;
            said(args, name, if *off { "no operator any more" } else { "an operator" })?;
        }
        Act::Logout { name } => {
            desk.act(AccountAct::LogOutEverywhere { name: name.as_str().into(), except: None }).await?;
            said(args, name, "logged out everywhere")?;
        }
    }
    Ok(())
}

fn operator_act(name: &str, is_operator: bool) -> AccountAct {
    AccountAct::SetOperator { name: name.into(), is_operator }
}

fn said(args: &UserArgs, name: &str, what: &str) -> anyhow::Result<()> {
    if args.json {
        let line = serde_json::json!({ "name": name, "done": args.act.word() });
        return Ok(output::json_line(&line.to_string())?);
    }
    Ok(output::line(&format!("{name}: {what}"))?)
}

/// Nobody types a password twice for an account that is not there.
async fn known(desk: &mut Desk, name: &str) -> anyhow::Result<()> {
    let is_known = desk.all().await?.iter().any(|row| row.name.eq_ignore_ascii_case(name));
    let why = || {
        exit::because(Exit::Failed, format!("there is no account {name}; 'chat-cli user list' lists them"))
    };
    is_known.then_some(()).ok_or_else(why)
}

/// The password that is to be set, if one is, as an account keeps it: it goes no further than this process.
async fn new_password(
    args: &UserArgs,
    settings: &ServeSettings,
    signals: &mut Signals,
) -> anyhow::Result<Option<PasswordHash>> {
    let (name, password) = match &args.act {
        Act::Add { name, no_password: false, password, .. } => (name, password),
        Act::Passwd { name, no_password: false, password } => {
            let mut desk = Desk::open(settings, false).await?;
            let known = known(&mut desk, name).await;
            desk.leave().await?;
            known?;
            (name, password)
        }
        _ => return Ok(None),
    };
    let secret = secret(name, password, signals).await?;
    let hash = auth::hash(&secret).map_err(|error| exit::because(Exit::Failed, error.to_string()))?;
    Ok(Some(hash))
}

async fn secret(name: &str, args: &PasswordArgs, signals: &mut Signals) -> anyhow::Result<Secret> {
    if args.password_stdin {
        return secrets::from_stdin(signals).await;
    }
    if let Some(command) = &args.password_command {
        return secrets::from_command(command, signals).await;
    }
    let asked = secrets::ask_twice(&format!("new password of {name}"), signals).await?;
    asked.ok_or_else(|| {
        let why = match secrets::can_ask() {
            true => "no password was typed, so nothing is changed",
            false => "there is no terminal to ask for a password; say --password-stdin or --password-command",
        };
        exit::because(Exit::Usage, why)
    })
}
