//! `chat-cli`: thin programs over chat-net.

mod bench;

use clap::{Parser, Subcommand};

/// An embeddable chat.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    program: Program,
}

#[derive(Debug, Subcommand)]
enum Program {
    /// Measure a server beside a bare loop that writes the same bytes.
    Bench(bench::BenchArgs),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().program {
        Program::Bench(args) => bench::run(args),
    }
}
