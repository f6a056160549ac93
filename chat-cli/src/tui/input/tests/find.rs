//! Looking for something in what is here, and going to what was found at the server.

use super::*;

#[test]
fn words_are_found_while_they_are_typed() {
    let mut story = Story::new();
    for (number, text) in [(3, "one fish"), (4, "two Fish"), (5, "a bird")] {
        story.model.hear(said("lobby", number, "bob", text));
    }
    story.keys("half[Ctrl-F]fi");
    assert_eq!((story.found(), story.place()), (Some("two Fish"), "2 of 2"));
    story.keys("[Down]");
    assert_eq!((story.found(), story.place()), (Some("two Fish"), "2 of 2, none is newer"));
    story.keys("[Up]");
    assert_eq!((story.found(), story.place()), (Some("one fish"), "1 of 2"));
    story.keys("[Ctrl-F]");
    assert_eq!((story.found(), story.place()), (Some("one fish"), "1 of 2, none is older"));
    story.model.hear(said("lobby", 6, "bob", "three fish"));
    story.keys("[Down][Down]");
    assert_eq!((story.found(), story.place()), (Some("three fish"), "3 of 3"));
    // With more words there may be none above any more.
    story.model.hear(said("lobby", 7, "bob", "a fish bone"));
    story.keys("[Up]sh b");
    assert_eq!((story.found(), story.place()), (Some("a fish bone"), "1 of 1"));
    story.keys("x");
    assert_eq!(story.found(), None);
    assert!(story.question().contains("nothing here"), "{}", story.question());
    story.keys("[Ctrl-U]bird[Esc]");
    assert_eq!((story.found(), story.question(), story.draft().as_str()), (None, "", "half|"));
    assert_eq!(story.model.lobby().scroll, Scroll::End);
    story.keys("[Ctrl-F]one f[Enter]");
    assert_eq!((story.found(), story.question()), (Some("one fish"), ""));
    assert_eq!(story.keys("[Ctrl-F][Alt-Down]"), Outcome::Look(Look::Next));
}

#[test]
fn one_goes_to_what_was_found_and_back_by_keys() {
    let mut story = Story::new();
    let query = Query::Search { words: "hi".into(), room: None, before_time: None, limit: 20 };
    let say = |number, text| said("lobby", number, "bob", text);
    for number in 3..6 {
        story.model.hear(say(number, "hi"));
    }
    story.model.found(&query, &[told(true, say(3, "hi")), told(true, say(5, "hi"))], false);
    story.model.windows.go_to_of(&of("dev"));
    story.keys("half[F7]");
    assert_eq!(shows(&story), Some(Shows::Found { chosen: 0 }));
    for (back, list) in
        [("[Esc]", true), ("[F7]", true), ("[PgUp][Esc]", true), ("x", false), ("[Alt-Down]", false)]
    {
        story.model.overlay = Some(Overlay::new(Shows::Found { chosen: 1 }));
        story.keys("[Enter]");
        assert_eq!(
            (shows(&story), story.found(), &story.model.windows.current().of),
            (None, Some("hi"), &of("lobby"))
        );
        assert!(story.question().starts_with("#lobby, message 3; Esc goes back"), "{}", story.question());
        assert!(story.model.lobby().is_marked);
        story.keys(back);
        assert!(
            !story.model.lobby().is_marked && story.question().is_empty(),
            "{back}: {}",
            story.question()
        );
        assert_eq!(shows(&story), list.then_some(Shows::Found { chosen: 1 }), "{back}");
        let is_back = story.model.windows.current().of == of("dev");
        assert_eq!(is_back, list, "{back}");
        story.model.windows.go_to_of(&of("dev"));
    }
    story.model.hear(left("dev", 9, "alice"));
    story.model.found(&query, &[told(true, said("gone", 3, "bob", "hi"))], false);
    story.keys("[F7][Enter]");
    assert_eq!(story.question(), "you are not in #gone any more");
    assert_eq!(shows(&story), Some(Shows::Found { chosen: 0 }));
}

#[test]
fn whoever_leaves_a_search_is_where_it_began() {
    let mut story = Story::new();
    for number in 3..103 {
        story.model.hear(said("lobby", number, "bob", if number == 5 { "a fish" } else { "x" }));
    }
    let lobby = story.model.windows.current_mut();
    let before = Scroll::At { top: lobby.rows.first().plus(50), line: 0 };
    lobby.scroll_to(before);
    story.keys("[Ctrl-F]fish");
    assert_eq!(story.found(), Some("a fish"));
    story.keys("[Esc]");
    assert_eq!((story.found(), story.model.lobby().scroll), (None, before));
}

#[test]
fn what_goes_on_in_a_window_ends_where_one_goes_to_another_by_no_key() {
    let mut story = Story::new();
    let here = |story: &Story| story.model.has_time(&of("lobby"));
    story.model.hear(said("lobby", 3, "bob", "a fish"));
    assert!(here(&story) && !story.model.has_time(&of("dev")));
    story.keys("[Ctrl-F]fish");
    assert!(!here(&story), "somebody looks for words");
    // A search whose window is not looked at any more takes no keys.
    story.model.windows.go_to_of(&of("dev"));
    story.keys("x");
    assert_eq!((story.draft().as_str(), story.question()), ("x|", ""));
    story.keys("[Backspace]");
    story.model.windows.go_to_of(&of("lobby"));
    story.keys("[Ctrl-F]fish");
    story.input.left(&mut story.model);
    assert_eq!((story.question(), here(&story)), ("", true));
    let query = Query::Search { words: "fish".into(), room: None, before_time: None, limit: 20 };
    story.model.found(&query, &[told(true, said("lobby", 3, "bob", "a fish"))], false);
    story.keys("[F7]");
    assert!(!here(&story), "a list is open");
    story.keys("[Enter]");
    assert!(story.model.visited().is_some() && !here(&story), "somebody looks at a message");
    story.input.left(&mut story.model);
    assert_eq!((story.question(), story.model.visited()), ("", None));
}
