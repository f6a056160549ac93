//! One page for the program and all of its commands: what `--help` says, in the form of `man`.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// The page.
///
/// # Errors
/// None: it is written into memory.
pub(super) fn page(mut program: Command) -> io::Result<String> {
    program.build();
    let mut title = Vec::new();
    Man::new(program.clone()).title("CHAT-CLI").manual("User Commands").render_title(&mut title)?;
    let mut page = String::from_utf8_lossy(&title).into_owned();
    let about = text(program.get_about());
    let name = format!("chat-cli - {}", about.split(':').next().unwrap_or_default());
    section(&mut page, "NAME", &name);
    usage(&mut page, "SH", "SYNOPSIS", &mut program);
    section(&mut page, "DESCRIPTION", &about);
    let (heading, examples) = split(&text(program.get_before_help()));
    section(&mut page, &heading.to_uppercase(), &examples);
    page.push_str(&bare(Roff::new().control("SH", ["COMMANDS"])));
    for command in program.get_subcommands() {
        add(&mut page, command.clone(), &format!("chat-cli {}", command.get_name()))?;
    }
    section(&mut page, "SETTINGS AND EXIT CODES", &text(program.get_after_help()));
    Ok(page)
}

/// Adds what is to be known of a command, and of those below it.
fn add(page: &mut String, mut command: Command, name: &str) -> io::Result<()> {
    if command.is_hide_set() || command.get_name() == "help" {
        return Ok(());
    }
    usage(page, "SS", name, &mut command);
    prose(page, &format!("{}.", text(command.get_about())));
    prose(page, &text(command.get_before_help()));
    // Every command has the switches for help and the version; those that a command shares with the ones below it are said there.
    let said = |arg: &clap::Arg| {
        matches!(arg.get_id().as_str(), "help" | "version")
            || (arg.is_global_set() && name.matches(' ').count() > 1)
    };
    let own: Vec<_> = command.get_arguments().filter(|arg| !said(arg)).cloned().collect();
    if own.iter().any(|arg| !arg.is_hide_set()) {
        let mut options = Vec::new();
        let listed = Command::new("options").disable_help_flag(true).args(own);
        Man::new(listed).render_options_section(&mut options)?;
        let options = String::from_utf8_lossy(&options).into_owned();
        page.push_str(options.split_once(".SH OPTIONS\n").map_or("", |(_, options)| options));
    }
    prose(page, &text(command.get_after_help()));
    for below in command.get_subcommands() {
        add(page, below.clone(), &format!("{name} {}", below.get_name()))?;
    }
    Ok(())
}

fn text(styled: Option<&clap::builder::StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

/// The first line, without its colon, and the others.
fn split(text: &str) -> (String, String) {
    let (first, others) = text.split_once('\n').unwrap_or((text, ""));
    (first.trim_end_matches(':').to_owned(), others.to_owned())
}

fn section(page: &mut String, name: &str, text: &str) {
    page.push_str(&bare(Roff::new().control("SH", [name])));
    prose(page, text);
}

fn usage(page: &mut String, kind: &str, name: &str, command: &mut Command) {
    let usage = command.render_usage().to_string();
    let mut roff = Roff::new();
    roff.control(kind, [name]);
    for line in usage.trim_start_matches("Usage:").lines() {
        roff.text([bold(line.trim())]).control("br", []);
    }
    page.push_str(&bare(&roff));
}

/// Paragraphs are filled; lines that begin with blanks, examples and tables, stay as they are.
fn prose(page: &mut String, text: &str) {
    let mut roff = Roff::new();
    roff.control("PP", []);
    let mut is_table = false;
    for line in text.lines() {
        if line.starts_with("  ") != is_table {
            is_table = !is_table;
            if is_table {
                roff.control("nf", []).control("in", ["+2n"]);
            } else {
                roff.control("in", ["-2n"]).control("fi", []);
            }
        }
        if line.is_empty() {
            roff.control("PP", []);
        } else {
            roff.text([roman(if is_table { &line[2..] } else { line })]);
        }
    }
    if is_table {
        roff.control("in", ["-2n"]).control("fi", []);
    }
    page.push_str(&bare(&roff));
}

/// Without what comes first in a whole document.
fn bare(roff: &Roff) -> String {
    let rendered = roff.render();
    let is_beginning = |line: &&str| line.starts_with(".ie ") || line.starts_with(".el ");
    let lines = rendered.split_inclusive('\n').skip_while(is_beginning);
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn it_is_one_page_with_every_command_and_every_switch() {
        let page = page(Cli::command()).unwrap();
        assert_eq!(page.matches("\n.TH ").count() + usize::from(page.starts_with(".TH ")), 1);
        assert!(page.lines().all(|line| !line.starts_with('\'')), "no line is an order by accident");
        let mut program = Cli::command();
        program.build();
        let mut all = vec![program];
        while let Some(command) = all.pop() {
            let is_shown = |below: &&Command| below.get_name() != "help" && !below.is_hide_set();
            all.extend(command.get_subcommands().filter(is_shown).cloned());
            let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
            for switch in shown.filter_map(clap::Arg::get_long) {
                let is_everywhere = matches!(switch, "help" | "version");
                let written = format!("\\fB\\-\\-{}\\fR", switch.replace('-', "\\-"));
                assert!(is_everywhere || page.contains(&written), "{written}");
            }
        }
        for heading in
            ["\"chat-cli join\"", "\"chat-cli user add\"", "EXAMPLES", "\"SETTINGS AND EXIT CODES\""]
        {
            assert!(page.contains(heading), "{heading}");
        }
    }
}
