//! The figures as a table for people and as one JSON object for programs.

use std::fmt::Write;

use serde::Serialize;

use super::case::{Beside, Case, Reach};
use super::sample::{Measure, Sample, Summary};

/// All figures of one bench.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    quick: bool,
    repeat: u32,
    processors: usize,
    notes: Vec<String>,
    /// One for each figure.
    pub(super) rows: Vec<Row>,
}

/// One figure of one case.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// The scenario's name.
    pub(super) scenario: &'static str,
    /// The sizes, in words.
    pub(super) case: String,
    form: &'static str,
    transport: &'static str,
    /// How many connections there were.
    pub(super) connections: usize,
    /// What was measured.
    #[serde(serialize_with = "measure_name")]
    pub(super) measure: Measure,
    unit: &'static str,
    /// How many times the server's figure is that which it is compared with.
    pub(super) multiple: Option<Summary>,
    /// The server's.
    pub(super) server: Option<Summary>,
    /// That which it is compared with.
    pub(super) beside: Option<Summary>,
    /// What that is.
    #[serde(serialize_with = "beside_text")]
    pub(super) beside_what: Beside,
    /// What it is meant to be.
    #[serde(serialize_with = "reach_text")]
    pub(super) reach: Option<Reach>,
    reached: Option<bool>,
}

impl Row {
    /// The figures of one case, in the order of its samples.
    pub(super) fn all(case: &Case, servers: &[Sample], besides: &[Sample]) -> Vec<Row> {
        let mut measures: Vec<Measure> = Vec::new();
        for (measure, _) in servers.iter().chain(besides).flat_map(Sample::values) {
            if !measures.contains(measure) {
                measures.push(*measure);
            }
        }
        measures.into_iter().map(|measure| Row::one(case, measure, servers, besides)).collect()
    }

    fn one(case: &Case, measure: Measure, servers: &[Sample], besides: &[Sample]) -> Row {
        let (server, beside) = (summary(measure, servers), summary(measure, besides));
        let multiple = server.as_ref().and_then(|server| server.over(beside.as_ref()?));
        let reach = case.reach(measure);
        let reached = reach.and_then(|reach| match reach {
            Reach::Multiple(most) => multiple.as_ref().map(|multiple| multiple.median <= most),
            Reach::Fraction(least) => multiple.as_ref().map(|multiple| multiple.median >= least),
            Reach::AtMost(most) => server.as_ref().map(|server| server.median <= most),
            Reach::AtLeast(least) => server.as_ref().map(|server| server.median >= least),
        });
        Row {
            scenario: case.work.scenario().name(),
            case: case.title(),
            form: case.form.name(),
            transport: case.transport.name(),
            connections: case.work.connections(),
            measure,
            unit: measure.unit(),
            multiple,
            server,
            beside,
            beside_what: case.beside(measure),
            reach,
            reached,
        }
    }
}

fn summary(measure: Measure, samples: &[Sample]) -> Option<Summary> {
    let values = samples.iter().flat_map(Sample::values).filter(|(of, _)| *of == measure);
    Summary::of(values.map(|(_, value)| *value).collect())
}

impl Report {
    /// No figures yet.
    pub(super) fn new(quick: bool, repeat: u32) -> Report {
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        Report { quick, repeat, processors, notes: Vec::new(), rows: Vec::new() }
    }

    /// Something to know when reading the figures.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Notes how fast fan-out is over each transport beside bare TCP, where both were measured.
    pub(super) fn compare_transports(&mut self) {
        let rates =
            || self.rows.iter().filter(|row| row.measure == Measure::Rate && row.scenario == "fan-out");
        let mut notes = Vec::new();
        for row in rates() {
            let Some(case) = row.case.strip_suffix(&format!(" over {}", row.transport)) else { continue };
            let tcp = rates().find(|tcp| tcp.case == case).and_then(|tcp| tcp.server.as_ref());
            if let Some(times) = row.server.as_ref().and_then(|server| server.over(tcp?)) {
                notes.push(format!(
                    "fan-out {case}: {:.2} times as fast over {} as over tcp",
                    times.median, row.transport
                ));
            }
        }
        self.notes.extend(notes);
    }

    /// All of it as one JSON object on one line.
    pub(super) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// A table with a line for each figure.
    pub(super) fn table(&self) -> String {
        let head =
            ["scenario", "sizes", "figure", "×", "server", "beside", "", "reach", ""].map(str::to_owned);
        let mut lines = vec![head];
        let mut previous = "";
        for row in &self.rows {
            let (scenario, case) =
                if row.case == previous { ("", "") } else { (row.scenario, row.case.as_str()) };
            previous = &row.case;
            lines.push([
                scenario.to_owned(),
                case.to_owned(),
                row.measure.name().to_owned(),
                cell(row.multiple.as_ref(), "", 2),
                cell(row.server.as_ref(), row.unit, row.measure.decimals()),
                cell(row.beside.as_ref(), row.unit, row.measure.decimals()),
                row.beside_what.to_string(),
                row.reach.map_or(String::new(), |reach| reach.to_string()),
                row.reached.map_or("", |reached| if reached { "reached" } else { "short" }).to_owned(),
            ]);
        }
        let mut table = columns(&lines);
        if self.repeat > 1 {
            writeln!(table, "\nMedians of {} runs, in brackets the lowest and highest.", self.repeat)
                .expect("a String takes every write");
        }
        if self.quick {
            table.push_str("\nSmall sizes and short runs: this shows that it works, not how fast it is.\n");
        }
        for note in &self.notes {
            writeln!(table, "\nNote: {note}.").expect("a String takes every write");
        }
        table
    }
}

/// Texts to the left, figures to the right.
fn columns(lines: &[[String; 9]]) -> String {
    let widths: Vec<usize> = (0..9)
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut table = String::new();
    for line in lines {
        let mut row = String::new();
        for (column, (text, width)) in line.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width - text.chars().count());
            let (before, after) =
                if (3..6).contains(&column) { (gap.as_str(), "") } else { ("", gap.as_str()) };
            row.push_str(before);
            row.push_str(text);
            row.push_str(after);
            row.push_str("  ");
        }
        table.push_str(row.trim_end());
        table.push('\n');
    }
    table
}

fn cell(summary: Option<&Summary>, unit: &str, decimals: usize) -> String {
    let Some(summary) = summary else { return "–".to_owned() };
    let space = if unit.is_empty() { "" } else { " " };
    let figure = format!("{:.decimals$}{space}{unit}", summary.median);
    if summary.runs.len() == 1 {
        return figure;
    }
    format!("{figure} [{:.decimals$}–{:.decimals$}]", summary.min, summary.max)
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reach::Multiple(most) => write!(f, "≤ {most} ×"),
            Reach::Fraction(least) => write!(f, "≥ {least} ×"),
            Reach::AtMost(most) => write!(f, "≤ {most}"),
            Reach::AtLeast(least) => write!(f, "≥ {least}"),
        }
    }
}

fn measure_name<S: serde::Serializer>(measure: &Measure, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(measure.name())
}

fn beside_text<S: serde::Serializer>(beside: &Beside, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(beside)
}

fn reach_text<S: serde::Serializer>(reach: &Option<Reach>, to: S) -> Result<S::Ok, S::Error> {
    reach.map(|reach| reach.to_string()).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::case::Work;
    use crate::bench::dialect::Form;
    use crate::bench::transport::Transport;

    #[test]
    fn a_transport_is_compared_with_bare_tcp_of_the_same_case() {
        let mut report = Report::new(false, 1);
        for (transport, members, rate) in [
            (Transport::Tcp, 100, 1.0),
            (Transport::Tcp, 1000, 4.0),
            (Transport::Ws, 1000, 3.0),
            (Transport::Tls, 20, 1.0),
        ] {
            let (work, form) =
                (Work::FanOut { members, in_flight: 256 }, Form::Binary.over(transport).unwrap());
            let case = Case { form, transport, work, full: true };
            let samples = [Sample::default().with(Measure::Rate, rate)];
            report.rows.extend(Row::all(&case, &samples, &samples));
        }
        report.compare_transports();
        assert_eq!(
            report.notes,
            ["fan-out to 1000, 256 in flight, binary: 0.75 times as fast over ws as over tcp"]
        );
    }
}
