//! The pictures of `--svg`. Only plotters' svg backend is used: it needs no fonts to write text.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::case::{Beside, Reach};
use super::report::{Report, Row};
use super::sample::{Measure, Summary};

const SIZE: (u32, u32) = (900, 540);
const TITLE: u32 = 22;
const TEXT: u32 = 16;
const LEGEND_WIDTH: u32 = 140;
const LEGEND_ROW: i32 = 26;
const INK: RGBColor = RGBColor(40, 44, 52);
const PERCENTILES: [(Measure, RGBColor); 3] = [
    (Measure::P50, RGBColor(0, 114, 178)),
    (Measure::P90, RGBColor(230, 159, 0)),
    (Measure::P99, RGBColor(204, 68, 75)),
];
const REACHED: RGBColor = RGBColor(0, 140, 105);
const SHORT: RGBColor = RGBColor(204, 68, 75);

/// Draws the query sweep to `file`, and the multiples of the floor to the file beside it. A picture without
/// figures is not drawn.
pub(super) fn draw(report: &Report, file: &Path) -> Result<()> {
    if report.rows.iter().any(|row| row.scenario == "query") {
        sweep(&report.rows, file).with_context(|| format!("cannot draw {}", file.display()))?;
    }
    let bars = bars(&report.rows);
    if !bars.is_empty() {
        let file = beside(file);
        multiples(&bars, &file).with_context(|| format!("cannot draw {}", file.display()))?;
    }
    Ok(())
}

/// `sweep.svg` → `sweep-multiples.svg`
fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file.file_stem().unwrap_or_default());
    name.push("-multiples");
    if let Some(extension) = file.extension() {
        name.push(".");
        name.push(extension);
    }
    file.with_file_name(name)
}

/// Clients against p50, p90 and p99: the server's lines solid, the floor's dashed. The waits that are rare are many
/// times the usual ones, so the scale is logarithmic.
fn sweep(rows: &[Row], file: &Path) -> Result<()> {
    let line = |measure: Measure, side: fn(&Row) -> Option<&Summary>| -> Vec<(f64, f64)> {
        let of = rows.iter().filter(|row| row.scenario == "query" && row.measure == measure);
        of.filter_map(|row| Some((row.connections as f64, side(row)?.median))).collect()
    };
    let lines: Vec<_> = PERCENTILES
        .map(|(measure, color)| {
            let (server, floor) =
                (line(measure, |row| row.server.as_ref()), line(measure, |row| row.beside.as_ref()));
            (measure.name(), color, server, floor)
        })
        .into();
    let points = || lines.iter().flat_map(|(_, _, server, floor)| server.iter().chain(floor));
    let longest = points().map(|point| point.1).fold(1.0, f64::max) * 1.5;
    let shortest = points().map(|point| point.1).fold(longest, f64::min) * 0.6;
    let clients = points().map(|point| point.0).fold(1.0, f64::max) * 1.04;

    let whole = SVGBackend::new(file, SIZE).into_drawing_area();
    whole.fill(&WHITE).map_err(drawn)?;
    let (area, legend) = whole.split_horizontally(SIZE.0 - LEGEND_WIDTH);
    let mut chart = ChartBuilder::on(&area)
        .caption("Who is here? Time until the answer", ("sans-serif", TITLE, &INK))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(78)
        .build_cartesian_2d(0.0..clients, (shortest..longest).log_scale())
        .map_err(drawn)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .bold_line_style(INK.mix(0.15))
        .axis_style(INK.mix(0.5))
        .x_desc("clients that ask")
        .y_desc("time from when the question was due (µs)")
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .label_style(("sans-serif", TEXT, &INK))
        .axis_desc_style(("sans-serif", TEXT, &INK))
        .draw()
        .map_err(drawn)?;
    let mut row = 60;
    for (name, color, server, floor) in lines {
        let style = color.stroke_width(2);
        if !server.is_empty() {
            chart
                .draw_series(server.iter().map(|point| Circle::new(*point, 3, color.filled())))
                .map_err(drawn)?;
            chart.draw_series(LineSeries::new(server, style)).map_err(drawn)?;
            legend.draw(&PathElement::new([(4, row), (34, row)], style)).map_err(drawn)?;
            legend.draw(&Circle::new((19, row), 3, color.filled())).map_err(drawn)?;
            legend.draw(&Text::new(format!("server {name}"), (42, row), beside_line())).map_err(drawn)?;
            row += LEGEND_ROW;
        }
        if !floor.is_empty() {
            chart.draw_series(DashedLineSeries::new(floor, 6, 5, style)).map_err(drawn)?;
            legend.draw(&DashedPathElement::new([(4, row), (34, row)], 6, 5, style)).map_err(drawn)?;
            legend.draw(&Text::new(format!("floor {name}"), (42, row), beside_line())).map_err(drawn)?;
            row += LEGEND_ROW;
        }
    }
    whole.present().map_err(drawn)
}

struct Bar {
    name: String,
    multiple: f64,
    reach: f64,
}

/// The figures whose reach is a multiple of the floor's; what is compared with something else is left out.
fn bars(rows: &[Row]) -> Vec<Bar> {
    let bar = |row: &Row| {
        let (Some(Reach::Multiple(reach)), Some(multiple)) = (row.reach, &row.multiple) else { return None };
        if row.beside_what != Beside::Floor {
            return None;
        }
        let figure = if row.measure == Measure::Processor { "processor time" } else { row.measure.name() };
        let name = format!("{} {}: {figure}", row.scenario, row.case);
        Some(Bar { name, multiple: multiple.median, reach })
    };
    rows.iter().filter_map(bar).collect()
}

/// A bar for each figure, and a mark where it is meant to end at most.
fn multiples(bars: &[Bar], file: &Path) -> Result<()> {
    let height = 150 + 62 * bars.len() as u32;
    let most = bars.iter().map(|bar| bar.multiple.max(bar.reach)).fold(1.0, f64::max) * 1.15;
    let area = SVGBackend::new(file, (SIZE.0, height)).into_drawing_area();
    area.fill(&WHITE).map_err(drawn)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "Multiples of the floor, a bare loop that writes the same bytes",
            ("sans-serif", TITLE, &INK),
        )
        .margin(16)
        .margin_right(30)
        .x_label_area_size(48)
        .build_cartesian_2d(0.0..most, 0.0..bars.len() as f64)
        .map_err(drawn)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .light_line_style(WHITE)
        .bold_line_style(INK.mix(0.12))
        .axis_style(INK.mix(0.5))
        .x_desc("times the floor's figure (1 = as the floor; the dark mark is the reach)")
        .x_label_formatter(&|x| format!("{x:.1}"))
        .label_style(("sans-serif", TEXT, &INK))
        .axis_desc_style(("sans-serif", TEXT, &INK))
        .draw()
        .map_err(drawn)?;
    for (index, bar) in bars.iter().enumerate() {
        let top = (bars.len() - index) as f64;
        let color = if bar.multiple <= bar.reach { REACHED } else { SHORT };
        let word = if bar.multiple <= bar.reach { "reached" } else { "short" };
        let shape = Rectangle::new([(0.0, top - 0.82), (bar.multiple, top - 0.45)], color.mix(0.75).filled());
        chart.draw_series([shape]).map_err(drawn)?;
        let reach = [(bar.reach, top - 0.88), (bar.reach, top - 0.39)];
        chart.draw_series([PathElement::new(reach, INK.stroke_width(3))]).map_err(drawn)?;
        let label = format!("{}: {:.2} (≤ {}, {word})", bar.name, bar.multiple, bar.reach);
        chart.draw_series([Text::new(label, (0.0, top - 0.22), beside_line())]).map_err(drawn)?;
    }
    area.present().map_err(drawn)
}

/// Text that begins at a point and stands on its height.
fn beside_line() -> TextStyle<'static> {
    ("sans-serif", TEXT).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center))
}

/// Plotters' errors borrow the drawing; their words are enough.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn drawn<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> anyhow::Error {
    anyhow!("{error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_picture_lies_beside_the_first() {
        assert_eq!(beside(Path::new("docs/sweep.svg")), Path::new("docs/sweep-multiples.svg"));
        assert_eq!(beside(Path::new("sweep")), Path::new("sweep-multiples"));
    }

    /// Figures of an invented server that takes `times` as long as its floor.
    fn figures(times: f64) -> Report {
        use crate::bench::case::{Case, Work};
        use crate::bench::dialect::Form;
        use crate::bench::sample::Sample;
        use crate::bench::transport::Transport;

        let mut report = Report::new(false, 1);
        let mut add = |work: Work, measures: &[(Measure, f64)]| {
            let sample = |times: f64| {
                measures
                    .iter()
                    .fold(Sample::default(), |sample, (measure, value)| sample.with(*measure, value * times))
            };
            let case = Case { form: Form::Text, transport: Transport::Tcp, work, full: true };
            report.rows.extend(Row::all(&case, &[sample(times)], &[sample(1.0)]));
        };
        for clients in [50, 250, 450] {
            let p50 = 90.0 + clients as f64 / 10.0;
            let waits = [(Measure::P50, p50), (Measure::P90, p50 * 1.4), (Measure::P99, p50 * 3.0)];
            add(Work::Query { clients, per_second: 4.0 }, &waits);
        }
        add(Work::FanOut { members: 1000, in_flight: 256 }, &[(Measure::Processor, 80.0)]);
        add(Work::Rooms { rooms: 200, members: 5, in_flight: 4 }, &[(Measure::Processor, 1900.0)]);
        add(Work::Latency { members: 50, per_second: 200.0 }, &[(Measure::P50, 500.0)]);
        report
    }

    #[test]
    fn the_pictures_say_what_they_show() {
        let folder = std::env::temp_dir().join(format!("chat-bench-plot-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("sweep.svg");
        draw(&figures(1.5), &file).unwrap();
        let sweep = std::fs::read_to_string(&file).unwrap();
        for text in ["server p50", "floor p99", "clients that ask", "(µs)"] {
            assert!(sweep.contains(text), "{text}");
        }
        let multiples = std::fs::read_to_string(folder.join("sweep-multiples.svg")).unwrap();
        for text in ["fan-out to 1000", "1.50 (≤ 2, reached)", "1.50 (≤ 1.2, short)"] {
            assert!(multiples.contains(text), "{text}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
