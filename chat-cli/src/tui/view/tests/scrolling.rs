//! What is seen while one scrolls.

use super::*;
use crate::tui::model::Scroll;

const SIZE: (u16, u16) = (50, 10);
const AREA: Rect = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };

fn numbered(rows: u64) -> Model {
    let mut model = Model::in_lobby(0);
    for number in 2..=rows {
        model.hear(said("lobby", number, "bob", &format!("message {number}.")));
    }
    model
}

fn scroll(model: &mut Model, by: Move) {
    let scroll = moved(model, AREA, by);
    model.windows.current_mut().scroll_to(scroll);
}

/// The numbers of the messages that are on the screen.
fn seen(model: &Model) -> Vec<u64> {
    let screen = screen(model, SIZE);
    let number = |line: &str| line.split_once("message ")?.1.trim_end_matches('.').parse().ok();
    screen.lines().filter_map(number).collect()
}

#[test]
fn pages_up_and_down_show_every_row_once_but_for_one_to_go_on_from() {
    let mut model = numbered(100);
    assert_eq!(seen(&model), (93..=100).collect::<Vec<_>>());
    scroll(&mut model, Move::PageUp);
    assert_eq!(seen(&model), (86..=92).collect::<Vec<_>>());
    let mut least = 86;
    while model.lobby().scroll != Scroll::End && least > 2 {
        scroll(&mut model, Move::PageUp);
        let now = seen(&model);
        assert!(now.contains(&least) || now.contains(&(least - 1)), "{least} {now:?}");
        least = now[0];
    }
    let mut most = *seen(&model).last().unwrap();
    while model.lobby().scroll != Scroll::End {
        scroll(&mut model, Move::PageDown);
        let now = seen(&model);
        assert!(now[0] <= most + 1, "{most} {now:?}");
        most = *now.last().unwrap();
    }
    assert_eq!(most, 100);
}

#[test]
fn a_line_up_and_a_line_down_is_where_one_was() {
    let mut model = numbered(60);
    scroll(&mut model, Move::PageUp);
    let before = (seen(&model), model.lobby().scroll);
    for lines in [1, 3, 20] {
        scroll(&mut model, Move::Up(lines));
        assert_ne!(seen(&model), before.0);
        scroll(&mut model, Move::Down(lines));
        assert_eq!((seen(&model), model.lobby().scroll), before);
    }
}

#[test]
fn what_is_read_does_not_move_when_more_comes() {
    let mut model = numbered(60);
    scroll(&mut model, Move::PageUp);
    let before = seen(&model);
    for number in 61..=90 {
        model.hear(said("lobby", number, "bob", &format!("message {number}.")));
    }
    assert_eq!(seen(&model), before);
    assert!(screen(&model, SIZE).contains(" 30 new below "));
    scroll(&mut model, Move::End);
    assert_eq!(seen(&model).last(), Some(&90));
    assert_eq!(model.lobby().unread, 0);
}

#[test]
fn a_row_of_many_lines_is_walked_through() {
    let mut model = numbered(3);
    let lines: Vec<String> = (1..=50).map(|line| format!("message {line}.")).collect();
    model.hear(said("lobby", 4, "bob", &lines.join("\n")));
    scroll(&mut model, Move::Up(20));
    assert_eq!(seen(&model), (23..=29).collect::<Vec<_>>());
    scroll(&mut model, Move::Top);
    assert_eq!(seen(&model)[..2], [2, 3]);
    scroll(&mut model, Move::Down(3));
    assert_eq!(seen(&model)[..2], [3, 1]);
}

#[test]
fn resized_the_same_row_stays_at_the_top() {
    let mut model = Model::in_lobby(0);
    for number in 2..=40 {
        let words = "word ".repeat(20);
        model.hear(said("lobby", number, "bob", &format!("message {number}. {words}")));
    }
    scroll(&mut model, Move::PageUp);
    let Scroll::At { top, .. } = model.lobby().scroll else { panic!() };
    for size in [(20, 5), (200, 10), (35, 60), (50, 10)] {
        let (_, drawn) = drawn(&model, Theme::default(), size);
        let end = model.lobby().rows.end();
        assert!(drawn.rows.0 == top || drawn.rows.1 == end, "{size:?}");
    }
}

#[test]
fn a_short_window_cannot_be_scrolled() {
    let mut model = numbered(4);
    for by in [Move::PageUp, Move::Up(3), Move::PageDown, Move::Down(1)] {
        scroll(&mut model, by);
        assert_eq!(model.lobby().scroll, Scroll::End, "{by:?}");
    }
}

#[test]
fn what_was_jumped_to_stands_out_until_one_is_at_the_end_again() {
    let mut model = numbered(60);
    let mark = model.lobby().rows.find(30).unwrap();
    model.windows.current_mut().jump_to(mark, 3);
    let standing_out = |model: &Model| {
        let (terminal, _) = drawn(model, Theme::default(), SIZE);
        let cells = terminal.backend().buffer();
        let is_marked = |y: &u16| cells[(12, *y)].modifier.contains(ratatui_core::style::Modifier::REVERSED);
        (0..7).filter(is_marked).collect::<Vec<_>>()
    };
    assert_eq!((seen(&model)[0], standing_out(&model)), (27, vec![3]));
    scroll(&mut model, Move::Up(2));
    assert_eq!(standing_out(&model), [5]);
    scroll(&mut model, Move::End);
    scroll(&mut model, Move::Up(25));
    assert!(seen(&model).contains(&30) && standing_out(&model).is_empty());
}

/// The rows that are looked at are those on the screen, whatever is above and below: this would take minutes if all
/// 100,000 were wrapped for each of a thousand pictures.
#[test]
fn a_long_past_is_drawn_as_fast_as_a_short_one() {
    let mut model = numbered(100_000);
    let (_, end) = drawn(&model, Theme::default(), SIZE);
    assert_eq!(end.rows.1, model.lobby().rows.end());
    let middle = model.lobby().rows.first().plus(50_000);
    model.windows.current_mut().jump_to(middle, 0);
    let mut cells = Buffer::empty(AREA);
    for _ in 0..1000 {
        let drawn = draw(&model, &Theme::default(), AREA, &mut cells);
        assert_eq!(drawn.rows, (middle, middle.plus(7)));
    }
}

#[test]
fn what_was_found_is_seen_however_long_the_rows_above_are() {
    let mut model = Model::in_lobby(0);
    for number in 2..30 {
        let text = if number == 15 { "a needle".to_owned() } else { "hay ".repeat(60) };
        model.hear(said("lobby", number, "bob", &text));
    }
    for size in [(80, 24), (40, 12), (20, 5)] {
        let window = model.windows.current_mut();
        let found = window.holding("needle")[0];
        window.jump_to(found, 3);
        assert!(screen(&model, size).contains("needle"), "{}", screen(&model, size));
        let area = Rect::new(0, 0, size.0, size.1);
        let scroll = moved(&model, area, Move::Down(1));
        model.windows.current_mut().scroll_to(scroll);
        let (_, drawn) = drawn(&model, Theme::default(), size);
        assert!(drawn.rows.0 <= found.plus(1) && drawn.rows.1 > found, "{drawn:?}");
    }
}
