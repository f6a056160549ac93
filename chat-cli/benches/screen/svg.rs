//! What is on a terminal's screen, as a drawing.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// A cell, in pixels; and where text stands in it.
const WIDTH: u32 = 8;
const HEIGHT: u32 = 17;
const BASELINE: u32 = 13;

/// Around all cells.
const MARGIN: u32 = 12;

/// What is not coloured, and what is behind it: the drawing brings its own, whatever the page around it has.
const TEXT: &str = "#d4d4d4";
const BEHIND: &str = "#1e1e1e";

/// The sixteen colours that themes of terminals choose; these are of Visual Studio Code's.
const NAMED: [&str; 16] = [
    "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5", "#666666",
    "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
];

/// Draws it; `label` says in words what can be seen.
pub(crate) fn draw(screen: &Screen, label: &str) -> String {
    let (rows, columns) = screen.size();
    let (width, height) = (u32::from(columns) * WIDTH + 2 * MARGIN, u32::from(rows) * HEIGHT + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n\
         <style>text{{font:13px 'DejaVu Sans Mono',Menlo,Consolas,'Noto Sans Mono','Noto Sans Mono CJK SC',monospace;fill:{TEXT};white-space:pre}}\
         .b{{font-weight:bold}}.i{{font-style:italic}}.d{{opacity:.6}}path{{stroke:{TEXT};fill:none}}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{BEHIND}\"/>\n",
        escaped(label),
    );
    for row in 0..rows {
        backgrounds(screen, row, &mut svg);
        runs(screen, row, &mut svg);
    }
    let (row, column) = screen.cursor_position();
    let (x, y) = (x(column), y(row));
    writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{TEXT}\"/>")
        .expect("a String takes every write");
    svg.push_str("</svg>\n");
    svg
}

/// What is drawn of a cell, but for its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    text: Option<String>,
    behind: Option<String>,
    class: String,
}

fn look(cell: &Cell) -> Look {
    let (mut text, mut behind) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        let or = |colour: Option<String>, default: &str| colour.or_else(|| Some(default.to_owned()));
        (text, behind) = (or(behind, BEHIND), or(text, TEXT));
    }
    let classes = [(cell.bold(), "b"), (cell.italic(), "i"), (cell.dim(), "d")];
    let classes: Vec<&str> = classes.iter().filter(|(is_so, _)| *is_so).map(|(_, class)| *class).collect();
    Look { text, behind, class: classes.join(" ") }
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(number @ 0..16) => Some(NAMED[usize::from(number)].to_owned()),
        // A cube of six steps a side, and then greys, as xterm has them.
        Color::Idx(number @ 16..232) => {
            let step = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let number = number - 16;
            Some(format!("#{:02x}{:02x}{:02x}", step(number / 36), step(number / 6 % 6), step(number % 6)))
        }
        Color::Idx(number) => Some(format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (number - 232))),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}

/// The cells of a row, each with its column; not those that a wide one covers.
fn cells(screen: &Screen, row: u16) -> impl Iterator<Item = (u16, &Cell)> {
    let cells = (0..screen.size().1)
        .map(move |column| (column, screen.cell(row, column).expect("it is on the screen")));
    cells.filter(|(_, cell)| !cell.is_wide_continuation())
}

fn columns(cell: &Cell) -> u16 {
    if cell.is_wide() { 2 } else { 1 }
}

fn x(column: u16) -> u32 {
    MARGIN + u32::from(column) * WIDTH
}

fn y(row: u16) -> u32 {
    MARGIN + u32::from(row) * HEIGHT
}

fn backgrounds(screen: &Screen, row: u16, svg: &mut String) {
    let mut runs: Vec<(u16, u16, String)> = Vec::new();
    for (column, cell) in cells(screen, row) {
        let Some(behind) = look(cell).behind else { continue };
        match runs.last_mut() {
            Some((_, end, colour)) if *end == column && *colour == behind => *end += columns(cell),
            _ => runs.push((column, column + columns(cell), behind)),
        }
    }
    for (start, end, colour) in runs {
        let (x, y, width) = (x(start), y(row), x(end) - x(start));
        writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{colour}\"/>")
            .expect("a String takes every write");
    }
}

/// Text that looks the same, and stands in a row without a gap. What is wide stands alone: fonts do not agree how wide it is.
#[derive(Debug)]
struct Run {
    column: u16,
    columns: u16,
    text: String,
    look: Look,
    is_alone: bool,
}

fn runs(screen: &Screen, row: u16, svg: &mut String) {
    let mut runs: Vec<Run> = Vec::new();
    for (column, cell) in cells(screen, row) {
        let text = cell.contents().trim_end_matches('\u{200e}');
        if text.trim().is_empty() {
            continue;
        }
        let look = look(cell);
        let is_alone = !text.is_ascii() && text != "─";
        match runs.last_mut() {
            // One blank between words need not end it.
            Some(run)
                if run.look == look
                    && !run.is_alone
                    && !is_alone
                    && run.text.starts_with('─') == (text == "─")
                    && column - (run.column + run.columns) <= u16::from(text != "─") =>
            {
                if column > run.column + run.columns {
                    run.text.push(' ');
                }
                run.text.push_str(text);
                run.columns = column + 1 - run.column;
            }
            _ => runs.push(Run { column, columns: columns(cell), text: text.to_owned(), look, is_alone }),
        }
    }
    for run in runs {
        write(&run, row, svg);
    }
}

fn write(Run { column, columns, text, look, is_alone }: &Run, row: u16, svg: &mut String) {
    let (x, y, width) = (x(*column), y(row), u32::from(*columns) * WIDTH);
    let class = if look.class.is_empty() { String::new() } else { format!(" class=\"{}\"", look.class) };
    // In the style, so that it is stronger than the one for all texts.
    let paint =
        |what: &str| look.text.as_ref().map_or_else(String::new, |to| format!(" style=\"{what}:{to}\""));
    // Lines go from cell to cell; letters of a font would leave gaps.
    let path = match text.trim_matches('─') {
        "" => Some(format!("M{x} {}.5h{width}", y + HEIGHT / 2)),
        "│" => Some(format!("M{}.5 {y}v{HEIGHT}", x + WIDTH / 2)),
        _ => None,
    };
    let drawn = match path {
        Some(path) => format!("<path d=\"{path}\"{class}{}/>", paint("stroke")),
        None => {
            let length = if *is_alone { String::new() } else { format!(" textLength=\"{width}\"") };
            let (y, text) = (y + BASELINE, escaped(text));
            format!("<text x=\"{x}\" y=\"{y}\"{length}{class}{}>{text}</text>", paint("fill"))
        }
    };
    writeln!(svg, "{drawn}").expect("a String takes every write");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
