//! Whole screens, compared with the files in `golden`.

use std::time::Duration;

use super::*;
use crate::files::testing::offer;
use crate::files::{Progress, Standing, State};
use crate::tui::input::Input;
use crate::tui::keys::tests::key;
use crate::tui::model::tests::told;
use crate::tui::model::{Link, Of, Overlay, Shows};
use crate::tui::zone::tests::berlin;
use chat_net::chat_core::{Query, TransferId};
use chat_net::codec::Told;
use tokio::time::Instant;

/// Each screen with the one that is expected; to be copied by hand, and looked at.
fn assert_screen(model: &Model, size: (u16, u16), expected: &str) {
    let screen = screen(model, size);
    assert!(screen == expected, "this is drawn:\n{screen}");
}

#[test]
fn a_usual_screen() {
    let mut model = afternoon();
    typed(&mut model, "what I type");
    assert_screen(&model, (80, 24), include_str!("../golden/80x24.txt"));
}

#[test]
fn a_narrow_screen_folds_the_lists_away() {
    let mut model = afternoon();
    typed(&mut model, "what I type is long enough for a second row, and a third");
    assert_screen(&model, (40, 12), include_str!("../golden/40x12.txt"));
}

#[test]
fn a_large_screen_shows_the_members() {
    let mut model = afternoon();
    typed(&mut model, "one line\nand another");
    model.files_are(vec![running(7, "bob", "alice", 40)]);
    assert_screen(&model, (200, 60), include_str!("../golden/200x60.txt"));
}

#[test]
fn the_smallest_screen() {
    let mut model = afternoon();
    typed(&mut model, "what I type");
    assert_screen(&model, (20, 5), include_str!("../golden/20x5.txt"));
}

#[test]
fn scrolled_up_a_hint_says_what_is_below() {
    let mut model = afternoon();
    let scroll = moved(&model, Rect::new(0, 0, 60, 12), Move::PageUp);
    model.windows.current_mut().scroll_to(scroll);
    model.hear(said("lobby", 1501, "bob", "one more"));
    model.lose();
    assert_screen(&model, (60, 12), include_str!("../golden/scrolled.txt"));
}

#[test]
fn days_begin_and_hours_are_counted_where_the_reader_lives() {
    let mut model = Model::in_lobby(0);
    for number in [530, 540, 600] {
        model.hear(said("lobby", number, "bob", "hi"));
    }
    let of_talk = |model: &Model| {
        let screen = screen(model, (40, 12));
        let last = screen.lines().filter(|line| line.contains("hi") || line.contains("2025-"));
        last.map(|line| line.trim_matches(['─', ' ']).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        of_talk(&model),
        ["Friday, 2025-11-21", "22:55 bob hi", "23:05 bob hi", "Saturday, 2025-11-22", "00:05 bob hi"]
    );
    model.zone = berlin();
    assert_eq!(
        of_talk(&model),
        ["Friday, 2025-11-21", "23:55 bob hi", "Saturday, 2025-11-22", "00:05 bob hi", "01:05 bob hi"]
    );
}

/// The screens of all sizes, one below the other.
fn screens(model: &Model) -> String {
    let sizes = [(80, 24), (40, 12), (20, 5), (200, 60)];
    sizes.map(|size| format!("{}x{}\n{}", size.0, size.1, screen(model, size))).concat()
}

fn assert_screens(model: &Model, expected: &str) {
    let screens = screens(model);
    assert!(screens == expected, "this is drawn:\n{screens}");
}

/// A file of 1000 bytes on its way, so many per cent of it there.
fn running(number: u64, from: &str, to: &str, share: u64) -> Standing {
    let progress = Progress { there: share * 10, bytes: 1000, rate: "1.2M/s".into(), left: "00:12".into() };
    let offer = offer(number, from, to, &format!("photo{number}.jpg"), 1000);
    Standing { offer, is_mine: from == "alice", state: State::Running(progress) }
}

/// Files of every kind.
fn files() -> Vec<Standing> {
    let with = |number, from, to, state| Standing { state, ..running(number, from, to, 55) };
    let paused = Progress { there: 10, bytes: 1000, rate: "0B/s".into(), left: "--:--".into() };
    vec![
        running(7, "bob", "alice", 40),
        with(8, "alice", "bob", State::Paused(paused, "bob's connection is lost".into())),
        with(11, "bob", "#lobby", State::Offered),
        with(9, "alice", "#lobby", State::Offered),
        with(4, "bob", "#lobby", State::Declined),
        with(3, "bob", "alice", State::Done("/home/alice/Downloads/photo3.jpg".into())),
        with(2, "bob", "alice", State::Over("nobody took it in time".into())),
    ]
}

#[test]
fn somebody_who_is_new_here_is_told_how_to_get_on() {
    let model = Model::in_lobby(0);
    assert_screens(&model, include_str!("../golden/young.txt"));
    let before = Model::default();
    assert!(screen(&before, (80, 24)).contains("/sendfile USER PATH"));
    assert!(screen(&before, (40, 6)).contains(" F1 shows all keys and commands"));
}

#[test]
fn messages_show_their_numbers_where_somebody_wants_that() {
    let mut model = Model::in_lobby(0);
    model.hear(said("lobby", 17, "bob", "hello"));
    let has = |model: &Model, what: &str| screen(model, (80, 24)).contains(what);
    assert!(has(&model, " bob hello") && !has(&model, "17 bob hello"));
    model.windows.current_mut().shows_numbers = true;
    assert!(has(&model, " 17 bob hello"));
}

#[test]
fn help_is_shown_over_the_messages() {
    let mut model = afternoon();
    model.overlay = Some(Overlay::new(Shows::Help));
    assert_screens(&model, include_str!("../golden/help.txt"));
}

#[test]
fn files_are_listed_with_what_became_of_each() {
    let mut model = afternoon();
    model.overlay = Some(Overlay::new(Shows::Files { chosen: Some(TransferId(11)) }));
    assert!(screen(&model, (80, 24)).contains(" no files are offered or on their way"));
    model.files_are(files());
    assert_screens(&model, include_str!("../golden/files.txt"));
}

#[test]
fn members_are_listed_where_there_is_no_room_beside_the_messages() {
    let mut model = afternoon();
    let (place, by, role) = (at("lobby", 1501), user("bob"), Role::Moderator);
    model.hear(Event::RoleChanged { place, user: user("dave"), by, role });
    model
        .hear(Event::Lingering { room: Some(at("lobby", 1).room), users: vec![user("alice"), user("dave")] });
    model.overlay = Some(Overlay::new(Shows::Members));
    assert_screens(&model, include_str!("../golden/members.txt"));
}

#[test]
fn who_lingers_is_marked_however_long_the_name_and_without_colours() {
    let mut model = Model::in_lobby(0);
    let long = user("a-rather-long-name.of-somebody");
    model.hear(joined("lobby", 2, long.as_str()));
    model.hear(Event::Lingering { room: Some(at("lobby", 1).room), users: vec![long, user("bob")] });
    let column = |screen: &str| -> Vec<String> {
        let rows = screen.lines().filter_map(|row| row.rsplit_once('│')).map(|(_, right)| right);
        rows.map(|row| row.trim_end().to_owned()).filter(|row| !row.is_empty()).collect()
    };
    let bare = screen(&model, (120, 8));
    assert_eq!(column(&bare), [" 3 members", " a-rather-long-na… ~", " alice", " bob ~"]);
    // Whoever is back in the room is told anew.
    model.hear_past(Event::CaughtUp { place: at("lobby", 2) });
    assert!(!screen(&model, (120, 8)).contains('~'));
}

#[test]
fn a_place_in_the_list_of_windows_is_one_of_them() {
    let model = afternoon();
    let at = |x, y, size: (u16, u16)| window_at(&model, Rect::new(0, 0, size.0, size.1), Position { x, y });
    assert_eq!((at(0, 0, (80, 24)), at(5, 2, (80, 24))), (Some(0), Some(2)));
    assert_eq!((at(0, 3, (80, 24)), at(40, 1, (80, 24)), at(0, 1, (40, 12))), (None, None, None));
    assert_eq!(at(0, 0, (80, 4)), Some(0));
}

#[test]
fn windows_are_listed_to_choose_one() {
    let mut model = afternoon();
    model.enter("dev", 1, &["alice"]);
    model.hear(said("dev", 3, "bob", "hello"));
    model.hear(left("dev", 4, "alice"));
    for number in 1..=100 {
        model.hear(whisper("carol", "alice", &format!("{number}")));
    }
    model.overlay = Some(Overlay::new(Shows::Windows { chosen: 2 }));
    assert_screens(&model, include_str!("../golden/windows.txt"));
}

/// Messages that `/search` found, one a day.
fn find(model: &mut Model, count: u64, has_more: bool) {
    let query = Query::Search { words: "fish".into(), room: None, before_time: None, limit: 20 };
    let hit = |number| Told {
        at: NOW.plus_ms(number * 86_400_000),
        ..told(true, said(if number % 3 == 0 { "lobby" } else { "dev" }, number, "bob", &text_of(number)))
    };
    model.found(&query, &(1..=count).map(hit).collect::<Vec<_>>(), has_more);
}

fn text_of(number: u64) -> String {
    match number {
        2 => "fish, and more words than there are columns for on most of the screens that people have"
            .to_owned(),
        4 => "דג\nfish".to_owned(),
        number => format!("fish {number}"),
    }
}

#[test]
fn what_was_found_is_listed() {
    let mut model = afternoon();
    model.overlay = Some(Overlay::new(Shows::Found { chosen: 1 }));
    assert!(screen(&model, (80, 24)).contains(" nothing yet: type /search WORDS"));
    find(&mut model, 6, true);
    assert_screens(&model, include_str!("../golden/found.txt"));
}

#[test]
fn a_long_list_is_gone_through_to_both_ends() {
    let mut model = afternoon();
    model.files_are(files());
    find(&mut model, 60, false);
    let lists = [
        Shows::Help,
        Shows::Files { chosen: None },
        Shows::Members,
        Shows::Windows { chosen: 0 },
        Shows::Found { chosen: 0 },
    ];
    for (shows, size) in
        lists.into_iter().flat_map(|it| [(80, 24), (40, 12), (20, 5), (3, 1)].map(|size| (it, size)))
    {
        let area = Rect::new(0, 0, size.0, size.1);
        model.overlay = Some(Overlay::new(shows));
        let first = screen(&model, size);
        let mut pages = vec![first.clone()];
        while pages.len() < 300 {
            leafed(&mut model, area, Move::PageDown);
            let page = screen(&model, size);
            if pages.last() == Some(&page) {
                break;
            }
            pages.push(page);
        }
        leafed(&mut model, area, Move::Down(1));
        assert_eq!(Some(&screen(&model, size)), pages.last(), "{shows:?} at {size:?}");
        if size.1 > 1 && shows == Shows::Help {
            let all = pages.concat();
            assert!(all.contains("Keeping order") && all.contains("/audit"), "{size:?}:\n{all}");
        }
        leafed(&mut model, area, Move::Top);
        assert_eq!(screen(&model, size), first, "{shows:?} at {size:?}");
        leafed(&mut model, area, Move::End);
        leafed(&mut model, area, Move::Up(1));
        leafed(&mut model, area, Move::Down(1));
        assert_eq!(Some(&screen(&model, size)), pages.last(), "{shows:?} at {size:?}");
    }
}

#[test]
fn the_status_line_sums_up_what_comes_and_what_goes() {
    let status = |files: Vec<Standing>| {
        let mut model = Model::in_lobby(0);
        model.files_are(files);
        screen(&model, (60, 3)).lines().nth(1).unwrap().to_owned()
    };
    assert!(
        status(files()).contains("#lobby | ↑ photo8.jpg 1 %, paused | ↓ photo7.jpg 40 %"),
        "{}",
        status(files())
    );
    let two = vec![running(1, "bob", "alice", 10), running(2, "carol", "#lobby", 20)];
    assert!(status(two.clone()).contains("#lobby | ↓ 2 files 15 %"), "{}", status(two));
    let mut turned = running(1, "bob", "alice", 10);
    turned.offer.name = chat_net::chat_core::FileName::new("שלום").unwrap();
    assert!(status(vec![turned]).contains("↓ a file 10 %"));
}

#[test]
fn offers_say_what_became_of_them() {
    let mut model = afternoon();
    for file in files() {
        model.hear(Event::Offered(Box::new(file.offer.clone())));
    }
    model.files_are(files());
    assert_screens(&model, include_str!("../golden/offers.txt"));
    model.windows.go_to_of(&Of::User(user("bob")));
    assert_screens(&model, include_str!("../golden/whispers.txt"));
}

#[test]
fn what_the_server_says_has_a_window() {
    let mut model = afternoon();
    model.lose();
    model.windows.go_to(0);
    assert_screens(&model, include_str!("../golden/server.txt"));
}

#[test]
fn what_is_looked_for_stands_out_where_it_was_said() {
    let mut model = afternoon();
    for number in 1501..1600 {
        model.hear(said("lobby", number, "dave", &format!("and that makes {number}")));
    }
    let mut input = Input::default();
    for name in ["Ctrl-F", "g", "o", "o", "d"] {
        input.press(key(name), &mut model, Instant::now());
    }
    assert_screens(&model, include_str!("../golden/search.txt"));
}

#[test]
fn a_message_that_comes_near_the_limit_shows_its_length() {
    let mut model = afternoon();
    typed(&mut model, &"x".repeat(4020));
    for size in [(80, 24), (40, 12), (20, 5)] {
        let screen = screen(&model, size);
        assert!(screen.lines().any(|line| line.ends_with(" 4020/4096")), "{screen}");
    }
}

#[test]
fn what_is_asked_stands_above_the_input() {
    let mut model = Model::default();
    model.question = Some(Clean::line("send 7 lines as one message (y), as a file (f), or not (n)?"));
    assert_screen(&model, (62, 6), include_str!("../golden/question.txt"));
}

#[test]
fn screens_of_any_size_are_drawn() {
    let mut model = afternoon();
    typed(&mut model, "some 漢字 to type\n\tand more");
    model.question = Some(Clean::line("what?"));
    for columns in 1..110 {
        for rows in [1, 2, 3, 4, 5, 6, 9, 30] {
            for top in [false, true] {
                let scroll =
                    moved(&model, Rect::new(0, 0, columns, rows), if top { Move::Top } else { Move::End });
                model.windows.current_mut().scroll_to(scroll);
                let cursor = cursor(&model, (columns, rows));
                assert!(cursor.x < columns && cursor.y < rows, "{columns}x{rows}");
            }
        }
    }
}

#[test]
fn the_input_grows_to_a_third_and_the_cursor_stays_in_it() {
    let mut model = Model::in_lobby(0);
    typed(&mut model, &"x\n".repeat(20));
    let shown = screen(&model, (80, 24));
    assert_eq!(shown.lines().skip(16).filter(|line| line.trim() == "x").count(), 7);
    assert_eq!(cursor(&model, (80, 24)), Position { x: 8, y: 23 });
    model.windows.current_mut().draft.cursor = 0;
    assert_eq!(cursor(&model, (80, 24)), Position { x: 8, y: 16 });
}

#[test]
fn the_status_line_says_what_the_connection_does() {
    let waiting = |link: Link, waiting: usize| {
        let mut model = Model::default();
        (model.link, model.waiting) = (link, waiting);
        let screen = screen(&model, (59, 3));
        let status = screen.lines().nth(1).unwrap();
        status.trim_end_matches("F1 help").trim_end().to_owned()
    };
    let status = |link: Link| waiting(link, 0);
    let why = || Clean::line("replaced");
    assert_eq!(status(Link::Connecting), " server | connecting");
    assert_eq!(status(Link::Here { lag_ms: None, silent_s: 0 }), " server");
    let mut away = Link::Away { why: why(), left_s: 7 };
    assert!(away.wait(6) && !away.wait(6));
    assert_eq!(status(away.clone()), " server | OFFLINE, next try in 6 s");
    away.wait(0);
    assert_eq!(waiting(away.clone(), 2), " server | OFFLINE, connecting | 2 lines wait");
    assert_eq!(waiting(away, 1), " server | OFFLINE, connecting | 1 line waits");
    let mut here = Link::Here { lag_ms: None, silent_s: 0 };
    assert_eq!(waiting(here.clone(), 3), " server");
    here.took(12);
    assert!(!here.is_silent_for(Duration::from_millis(1999)) && here.is_silent_for(Duration::from_secs(3)));
    assert_eq!(waiting(here.clone(), 3), " server | no answer for 3 s | 3 lines wait");
    here.took(34);
    assert_eq!(status(here), " server | 34 ms");
    assert_eq!(status(Link::Ended { why: why() }), " server | ENDED: replaced");
}

#[test]
fn a_room_that_one_is_not_in_says_so() {
    let mut model = Model::in_lobby(0);
    model.hear(left("lobby", 2, "alice"));
    let wide = screen(&model, (120, 5));
    assert!(wide.contains(" #lobby (you are not in it: left)") && wide.contains(" (left) │"), "{wide}");
    assert!(!wide.contains("members"), "{wide}");
    model.overlay = Some(Overlay::new(Shows::Members));
    assert!(screen(&model, (120, 5)).contains(" you are not in this room"));
    let mut model = Model::in_lobby(0);
    let (place, by) = (at("lobby", 2), user("bob"));
    model.hear(Event::Kicked { place, user: user("alice"), by, reason: None, banned: true });
    assert!(screen(&model, (80, 5)).contains(">2 #lobby  x │"), "{}", screen(&model, (80, 5)));
}

#[test]
fn colours_change_no_character_and_a_name_keeps_its_own() {
    use crate::tui::view::theme::Colours;
    let model = afternoon();
    let bare = screen(&model, (120, 30));
    for colours in [Colours::None, Colours::Sixteen, Colours::Many] {
        let (terminal, _) = drawn(&model, Theme { colours }, (120, 30));
        let cells = terminal.backend().buffer();
        assert_eq!(text(cells), bare);
        let coloured = cells.content.iter().any(|cell| cell.fg != ratatui_core::style::Color::Reset);
        assert_eq!(coloured, colours != Colours::None);
        let theme = Theme { colours };
        assert_eq!(theme.name("alice"), theme.name("ALICE"));
    }
}
