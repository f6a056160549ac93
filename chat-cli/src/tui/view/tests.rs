//! Screens as text.

mod screens;
mod scrolling;

use ratatui_core::backend::TestBackend;
use ratatui_core::buffer::CellWidth;
use ratatui_core::layout::Position;
use ratatui_core::terminal::Terminal;

use super::*;
use crate::draft::Draft;
use crate::join::Line;
use crate::tui::clean::Clean;
use crate::tui::model::tests::{NOW, at, body, joined, left, of, said, user, whisper};
use chat_net::chat_core::{Event, Role};

/// What is on a screen of that size, with no blanks at the ends of its lines.
pub(super) fn screen(model: &Model, (columns, rows): (u16, u16)) -> String {
    text(drawn(model, Theme::default(), (columns, rows)).0.backend().buffer())
}

/// The cells as text; what is hidden by a wide one is blank.
pub(super) fn text(cells: &Buffer) -> String {
    let mut text = String::new();
    for row in cells.area.rows() {
        let mut x = row.left();
        let mut line = String::new();
        while x < row.right() {
            let cell = &cells[(x, row.y)];
            line.push_str(cell.symbol());
            let next = x + cell.cell_width().max(1);
            assert!((x + 1..next).all(|x| cells[(x, row.y)].symbol() == " "), "something is hidden: {line}");
            x = next;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn drawn(
    model: &Model,
    theme: Theme,
    (columns, rows): (u16, u16),
) -> (Terminal<TestBackend>, Drawn) {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let mut drawn = None;
    terminal
        .draw(|frame| {
            let area = frame.area();
            let done = draw(model, &theme, area, frame.buffer_mut());
            done.cursor.into_iter().for_each(|cursor| frame.set_cursor_position(cursor));
            drawn = Some(done);
        })
        .unwrap();
    (terminal, drawn.unwrap())
}

/// An afternoon in the lobby, and some whispers.
fn afternoon() -> Model {
    let mut model = Model::in_lobby(40);
    model.hear_past(said("lobby", 38, "bob", "what was said before"));
    model.hear_past(said("lobby", 40, "carol", "and this"));
    let by = user("carol");
    let topic = Some(body("Releases, and what breaks in them"));
    model.hear_past(Event::TopicChanged { place: at("lobby", 3), by, topic });
    model.hear_past(Event::CaughtUp { place: at("lobby", 41) });
    model.hear(joined("lobby", 42, "dave"));
    model.hear(left("lobby", 43, "erin"));
    model.hear(said("lobby", 44, "a-rather-long-name.of-somebody", "hello everybody"));
    let long =
        "a message that is longer than one line of a screen as most people have it, so that it goes on below";
    model.hear(said("lobby", 45, "bob", long));
    model.hear(said("lobby", 46, "alice", "first line\n  second line\n\nlast line"));
    let role = Role::Owner;
    let place = at("lobby", 47);
    model.hear(Event::RoleChanged { place, user: user("bob"), by: user("carol"), role });
    model.windows.go_to(0);
    model.hear(said("lobby", 48, "bob", "Alice, are you there?"));
    model.hear(said("lobby", 49, "dave", "漢字 and 👩\u{200d}👩\u{200d}👧 and e\u{301} and שלום"));
    model.hear(whisper("bob", "alice", "psst"));
    model.windows.go_to_of(&of("lobby"));
    // A day passes.
    model.hear(said("lobby", 1500, "bob", "good morning"));
    let refused = Line::fault("no_such_user: there is no \"zed\"");
    model.lines(&of("lobby"), NOW.plus_ms(90_000_000), &[refused]);
    model.link.took(12);
    model
}

fn typed(model: &mut Model, text: &str) {
    model.windows.current_mut().draft = Draft { text: text.to_owned(), cursor: text.len() };
}

fn cursor(model: &Model, size: (u16, u16)) -> Position {
    drawn(model, Theme::default(), size).1.cursor.unwrap()
}
