//! Looking for something in what was sent.

use super::*;

/// Alice, who sent some lines, and types another.
fn sent() -> Story {
    let mut story = Story::new();
    for line in ["one Fish", "a bird", "two fish", "two fish", "Ärger", "red fish"] {
        story.keys(&format!("{line}[Enter]"));
    }
    story.keys("half[Left]");
    story
}

#[test]
fn what_was_sent_is_found_backwards_and_sent_or_edited() {
    for (keys, there) in [
        ("[Ctrl-R]", "hal|f"),
        ("[Ctrl-R]fi", "red |fish"),
        ("[Ctrl-R]fi[Ctrl-R]", "two |fish"),
        ("[Ctrl-R]fi[Ctrl-R][Ctrl-R]", "one |Fish"),
        ("[Ctrl-R]fi[Ctrl-R][Ctrl-R][Ctrl-R]", "one |Fish"),
        // What is shown holds more words, or what is before it does.
        ("[Ctrl-R]fi[Ctrl-R]sh", "two |fish"),
        ("[Ctrl-R]i[Ctrl-R]rd", "a b|ird"),
        ("[Ctrl-R]two x", "|two fish"),
        ("[Ctrl-R]two[Backspace][Backspace][Backspace]", "hal|f"),
        ("[Ctrl-R]two[Backspace][Backspace]o[Backspace]", "|two fish"),
        ("[Ctrl-R]äRG", "|Ärger"),
        // It is given up, or taken.
        ("[Ctrl-R]fi[Ctrl-G]", "hal|f"),
        ("[Ctrl-R]fi[Ctrl-R][Ctrl-C]", "hal|f"),
        ("[Ctrl-R]fi[Esc]x", "red x|fish"),
        ("[Ctrl-R]fi[Right]x", "red fx|ish"),
        ("[Ctrl-R]fi[Ctrl-E]x", "red fishx|"),
        ("[Ctrl-R]bird[Up]", "one Fish|"),
        ("[Ctrl-R]bird[Esc][Down][Down][Down][Down]", "half|"),
        ("[Up][Ctrl-R]bird[Ctrl-G][Down]", "half|"),
        // What was looked for last is looked for again.
        ("[Ctrl-R]bird[Ctrl-G][Ctrl-R][Ctrl-R]", "a |bird"),
        ("[Ctrl-R][Ctrl-R]", "hal|f"),
    ] {
        let mut story = sent();
        story.keys(keys);
        assert_eq!(story.draft(), there, "{keys}");
    }
    let mut story = sent();
    assert_eq!(story.keys("[Ctrl-R]bird[Enter]"), entered("a bird"));
    assert_eq!((story.draft().as_str(), story.question()), ("|", ""));
}

#[test]
fn what_is_looked_for_in_what_was_sent_is_said() {
    let mut story = sent();
    for (keys, said) in [
        ("[Ctrl-R]", "sent before:   (type words"),
        ("one", "sent before: one  (Enter sends, Esc edits, Ctrl-R older"),
        ("[Ctrl-R]", "sent before: one  (none is older; Enter sends"),
        ("[Ctrl-G]", ""),
        ("[Ctrl-R]zzz", "sent before: zzz  (nothing here"),
    ] {
        story.keys(keys);
        assert!(story.question().starts_with(said), "{keys}: {}", story.question());
    }
    assert_eq!(story.keys("[Ctrl-L]"), Outcome::Redraw);
    story.paste("\n");
    assert!(story.question().starts_with("sent before: zzz "), "{}", story.question());
    // It ends with its window, where what was typed stays.
    story.model.windows.go_to_of(&of("dev"));
    story.keys("x");
    assert_eq!((story.draft().as_str(), story.question()), ("x|", ""));
    story.model.windows.go_to_of(&of("lobby"));
    assert_eq!(story.draft(), "hal|f");
}

#[test]
fn no_password_is_found_in_what_was_sent() {
    let mut story = Story::new();
    for line in ["/passwd hunter2", "/PASSWD", "/register alice hunter2", " /passwd hunter2"] {
        story.keys(&format!("{line}[Enter]"));
    }
    story.keys("[Ctrl-R]hunter2");
    assert!(story.question().contains("nothing here"), "{}", story.question());
    story.keys("[Ctrl-G][Up]");
    assert_eq!(story.draft(), "/passwd|");
}
