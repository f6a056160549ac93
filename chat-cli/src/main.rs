//! `chat-cli`: thin programs over chat-net. Each command is a module; this file only chooses.

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use exit::Exit;

mod bench;
mod certificate;
mod cli;
mod config;
mod connect;
mod draft;
mod exit;
mod files;
mod folder;
mod join;
mod known;
mod login;
mod logs;
mod output;
mod papers;
mod private;
mod rows;
mod secrets;
mod send;
mod serve;
mod settings;
mod signals;
mod stops;
mod store;
mod terminal;
mod trust;
mod tui;
mod units;
mod user;
mod width;

fn main() -> ExitCode {
    let end = match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Join(args) => join::run(&args),
        Command::Send(args) => send::run(&args),
        Command::SendFile(args) => files::send(&args),
        Command::Receive(args) => files::receive(&args),
        Command::History(args) => folder::history(&args),
        Command::Search(args) => folder::search(&args),
        Command::Export(args) => folder::export(&args),
        Command::Import(args) => folder::import(&args),
        Command::Verify(args) => folder::verify(&args),
        Command::User(args) => user::run(&args),
        Command::Bench(args) => bench::run(args).map(|()| Exit::Done),
        Command::Config(command) => config::run(&command),
        Command::Completions { shell } => papers::completions(shell),
        Command::Man => papers::man(),
    };
    match end {
        Ok(exit) => exit,
        Err(error) if exit::is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            output::complaint(&format!("{error:#}"));
            exit::of(&error)
        }
    }
    .into()
}
