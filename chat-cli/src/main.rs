//! `chat-cli`: thin programs over chat-net. Each command is a module; this file only chooses.

use std::process::ExitCode;

use clap::Parser;

mod cli;
mod exit; mod join; mod logs; mod output; mod signals;
mod settings;
mod units;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    println!("{cli:?}");
    exit::Exit::Done.into()
}
