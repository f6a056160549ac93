//! Whatever others write, a cell holds nothing but a character to see, and nothing of it leaves its place.

mod corpus;

use chat_net::chat_core::{
    Body, Event, FileName, Offer, Query, Refusal, RoomName, Target, TransferId, UserName,
};
use ratatui_core::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use super::tests::drawn;
use super::*;
use crate::draft::Draft;
use crate::files::{Standing, State};
use crate::join::{Kind as LineKind, Line};
use crate::tui::clean::Clean;
use crate::tui::model::tests::{NOW, at, of, room, said, told, user, welcome, whisper};
use crate::tui::model::{Of, Overlay, Shows};
use chat_net::client::Notice;
use corpus::{corpus, is_order, speakable};

const SIZES: [(u16, u16); 5] = [(120, 30), (80, 24), (40, 12), (20, 5), (3, 3)];

/// A room in which everything that others can write is `text`.
fn written(text: &str) -> Model {
    let mut model = Model::in_lobby(1);
    let (by, body) = (user("bob"), Body::new(&speakable(text).into(), usize::MAX).unwrap());
    model.notice(&welcome(text, true, &[("lobby", 2)]), NOW);
    model.notice(&welcome("alice", true, &[("lobby", 2)]), NOW);
    model.hear(said("lobby", 3, "bob", "harmless"));
    model.hear(Event::TopicChanged { place: at("lobby", 4), by: by.clone(), topic: Some(body.clone()) });
    let reason = Some(body);
    model.hear(Event::Kicked { place: at("lobby", 5), user: user("carol"), by, reason, banned: false });
    let (code, retry_after_ms) = (107, None);
    model.hear(Event::Refused(Refusal { code, reason: text.into(), message: text.into(), retry_after_ms }));
    let name: String =
        speakable(text).chars().filter(|c| !matches!(c, '/' | '\\' | '\n' | '\t')).take(60).collect();
    let name = FileName::new(&name).unwrap_or_else(|_| FileName::new("x").unwrap());
    let (to, from, expires) = (Target::Room(room("lobby")), user("bob"), NOW);
    let offer =
        Offer { transfer: TransferId(7), from, to, name, size: 1, hash: None, chunk_bytes: 1, expires };
    model.hear(Event::Offered(Box::new(offer.clone())));
    let line = |kind| Line { kind, text: text.to_owned() };
    let lines = [line(LineKind::Note), line(LineKind::Fault), line(LineKind::Talk)];
    model.lines(&model.windows.current().of.clone(), NOW, &lines);
    model.lines(&of("lobby"), NOW, &lines);
    model.hear(whisper("bob", "alice", &speakable(text)));
    model.hear(said("lobby", 6, "bob", &speakable(text)));
    model.files_are(vec![Standing { offer, is_mine: false, state: State::Over(text.into()) }]);
    let query = Query::Search { words: text.into(), room: None, before_time: None, limit: 1 };
    model.found(&query, &[told(true, said("lobby", 6, "bob", &speakable(text)))], false);
    model.question = Some(Clean::line(text));
    model.windows.current_mut().draft = Draft { text: text.to_owned(), cursor: text.len() };
    model
}

/// Every cell is blank, hidden by a wide one left of it, or one character with few marks.
fn assert_cells(cells: &Buffer, text: &str) {
    for area in cells.area.rows() {
        let mut hidden = 0;
        for x in area.left()..area.right() {
            let symbol = cells[(x, area.y)].symbol();
            if hidden > 0 {
                assert_eq!(symbol, " ", "drawn over a wide one: {text:?}");
                hidden -= 1;
                continue;
            }
            assert!(symbol.graphemes(true).count() <= 1, "{symbol:?} of {text:?}");
            assert!(!symbol.contains(is_order), "{symbol:?} of {text:?}");
            assert!(symbol.chars().count() <= 16, "{symbol:?} of {text:?}");
            let is_mark = |c: &char| *c != '\u{200d}' && c.encode_utf8(&mut [0; 4]).cell_width() == 0;
            assert!(symbol.chars().filter(is_mark).count() <= 8, "{symbol:?} of {text:?}");
            let columns = cells[(x, area.y)].cell_width();
            assert!(columns > 0 && x + columns <= area.right(), "{symbol:?} of {text:?}");
            hidden = columns - 1;
        }
    }
}

/// The lists at the sides with their edges, which look alike.
fn sides(model: &Model, cells: &Buffer) -> Vec<String> {
    let layout = Layout::new(model, cells.area);
    let is_side = |x: u16| x < layout.messages.left() || x >= layout.messages.right();
    let line = |y: u16| {
        let all = (cells.area.left()..cells.area.right()).filter(|x| is_side(*x));
        all.map(|x| cells[(x, y)].symbol().replace('ǀ', "│")).collect()
    };
    // The input may take more rows or fewer.
    (0..layout.messages.height.min(8)).map(line).collect()
}

#[test]
fn whatever_is_written_it_stays_in_its_cells() {
    let harmless = written("harmless");
    for size in SIZES {
        let (expected, _) = drawn(&harmless, Theme::default(), size);
        let expected = sides(&harmless, expected.backend().buffer());
        for text in corpus() {
            let mut model = written(&text);
            for scroll in [Move::Top, Move::Down(3), Move::PageDown, Move::End] {
                let scroll = moved(&model, Rect::new(0, 0, size.0, size.1), scroll);
                model.windows.current_mut().scroll_to(scroll);
                let (terminal, _) = drawn(&model, Theme::default(), size);
                let cells = terminal.backend().buffer();
                assert_cells(cells, &text);
                let sides = sides(&model, cells);
                let rows = sides.len().min(expected.len());
                assert_eq!(sides[..rows], expected[..rows], "{text:?} at {size:?}");
            }
        }
    }
}

#[test]
fn whispers_and_the_servers_window_are_as_safe() {
    for text in corpus() {
        let mut model = written(&text);
        for of in [Of::User(user("bob")), Of::Server] {
            model.windows.go_to_of(&of);
            for size in SIZES {
                assert_cells(drawn(&model, Theme::default(), size).0.backend().buffer(), &text);
            }
        }
    }
}

#[test]
fn lists_over_the_messages_are_as_safe() {
    let lists = [
        Shows::Help,
        Shows::Files { chosen: None },
        Shows::Members,
        Shows::Windows { chosen: 1 },
        Shows::Found { chosen: 0 },
    ];
    for text in corpus() {
        let mut model = written(&text);
        for (shows, size) in lists.into_iter().flat_map(|shows| SIZES.map(|size| (shows, size))) {
            model.overlay = Some(Overlay::new(shows));
            assert_cells(drawn(&model, Theme::default(), size).0.backend().buffer(), &text);
        }
    }
}

#[test]
fn what_is_said_can_be_read_all_the_same() {
    let shown = |text: &str| super::tests::screen(&written(text), (120, 60));
    assert!(shown("\x1b]52;c;c2VjcmV0\x07").contains("<U+001B>]52;c;c2VjcmV0<U+0007>"));
    assert!(shown("\u{202e}gnp.exe").contains("x<U+202E>gnp.exe"));
    assert!(shown("שלום").contains("xשלום"));
}

/// Names are of letters that everybody can read, by their type.
#[test]
fn no_name_is_hostile() {
    for text in corpus() {
        assert!(
            UserName::new(&text, 255).is_err() && RoomName::new(&text, 255).is_err() || text.is_ascii(),
            "{text}"
        );
        assert!(!text.contains(is_order) || UserName::new(&text, 255).is_err());
    }
}

/// A terminal that turns text around turns what is between two such texts, too, if nothing is in the way.
#[test]
fn what_is_written_from_right_to_left_does_not_reach_its_neighbour() {
    let mut model = Model::in_lobby(0);
    model.hear(said("lobby", 2, "bob", "שלום"));
    model.notice(&Notice::Told(told(false, said("lobby", 3, "bob", "hello"))), NOW);
    let (terminal, _) = drawn(&model, Theme::default(), (120, 8));
    let cells = terminal.backend().buffer();
    let edges: Vec<&str> = (0..6).map(|y| cells[(99, y)].symbol()).collect();
    assert_eq!(edges.iter().filter(|edge| **edge == "ǀ").count(), 1, "{edges:?}");
    assert_eq!(edges.iter().filter(|edge| **edge == "│").count(), 5, "{edges:?}");
}

/// What a backend writes to make one picture of another: it moves the cursor only where the cells are not adjacent.
fn written_bytes(before: &Buffer, after: &Buffer) -> Vec<u8> {
    let mut bytes = String::new();
    let mut next = None;
    for (x, y, cell) in before.diff(after) {
        if next != Some((x, y)) {
            bytes += &format!("\x1b[{};{}H", y + 1, x + 1);
        }
        bytes += cell.symbol();
        next = Some((x + 1, y));
    }
    bytes.into_bytes()
}

/// A terminal that knows nothing of joined pictures, and draws each of their characters for itself.
#[test]
fn a_terminal_that_draws_too_far_does_not_spoil_the_lists() {
    let size = SIZES[0];
    let area = Rect::new(0, 0, size.0, size.1);
    for text in corpus() {
        let mut model = written(&text);
        let mut terminal = vt100::Parser::new(size.1, size.0, 0);
        let mut before = Buffer::empty(area);
        for scroll in [Move::End, Move::Up(1), Move::Up(2), Move::PageUp, Move::Down(1), Move::Top, Move::End]
        {
            let scroll = moved(&model, area, scroll);
            model.windows.current_mut().scroll_to(scroll);
            let mut after = Buffer::empty(area);
            draw(&model, &Theme::default(), area, &mut after);
            terminal.process(&written_bytes(&before, &after));
            let layout = Layout::new(&model, area);
            let is_side = |x: &u16| *x < layout.messages.left() || *x >= layout.messages.right();
            for y in 0..layout.messages.height {
                for x in (0..size.0).filter(is_side) {
                    let shown = terminal.screen().cell(y, x).unwrap().contents();
                    let shown = if shown.is_empty() { " " } else { shown };
                    let meant = after[(x, y)].symbol();
                    assert_eq!(shown, meant, "{x},{y} of {text:?}");
                }
            }
            before = after;
        }
    }
}
