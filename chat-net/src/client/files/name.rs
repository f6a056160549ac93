//! What an offered file is called on a disk: one name that means the same, and nothing else, on every system.

use std::borrow::Cow;

use chat_core::printable;

/// No name that is made here is longer, in bytes. What is put behind it fits into the 255 that every file system takes:
/// a number, and the endings of what is not whole yet.
pub(super) const MAX_NAME_BYTES: usize = 255 - " (9999)".len() - SIDECAR_NEW.len();

/// Behind the name of a file that is not whole yet.
pub(super) const PART: &str = ".part";

/// Behind the name of what is remembered of such a file.
pub(super) const SIDECAR: &str = ".part.json";

/// The same, while it is written.
pub(super) const SIDECAR_NEW: &str = ".part.json~";

/// What has no name left is called so.
const NAMELESS: &str = "file";

/// A longer ending is no ending, and may be cut off.
const EXTENSION_BYTES: usize = 32;

/// A name for a file on any disk, made from what somebody else calls it.
///
/// It is one name without a folder, and of what it was as much as is safe: no control and no invisible characters, none
/// that turn the direction of text, none of `/ \ : < > " | ? *`, no device of Windows, no dot or dash first, no dot or
/// space last, no ending that this client uses for files that are not whole; at most 237 bytes, cut before the ending.
/// Never empty. A safe name stays as it is.
///
/// ```
/// use chat_net::client::disk_name;
/// assert_eq!(disk_name("holiday photo.jpg"), "holiday photo.jpg");
/// assert_eq!(disk_name("../../.ssh/authorized_keys"), "authorized_keys");
/// assert_eq!(disk_name("COM1.txt"), "_COM1.txt");
/// assert_eq!(disk_name("-rf"), "rf");
/// assert_eq!(disk_name("..."), "file");
/// ```
#[must_use]
pub fn disk_name(offered: &str) -> String {
    let is_separator = |c| c == '/' || c == '\\';
    let base = offered.rsplit(is_separator).map(trimmed).find(|part| !part.is_empty()).unwrap_or_default();
    let mut name = replaced(base);
    // Each rule may bring what another one is about; few rounds are enough.
    for _ in 0..8 {
        let next = cut(&reserved(trimmed(&name)), MAX_NAME_BYTES);
        if next == name {
            return name;
        }
        name = next;
    }
    NAMELESS.into()
}

/// The name with a number before its ending: what a file is called when a lower number is taken. Zero is the name itself.
pub(super) fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    match number {
        0 => name.into(),
        _ => format!("{stem} ({number}){extension}"),
    }
}

/// Without the characters that have a meaning somewhere, or that cannot be seen.
fn replaced(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for c in name.chars() {
        let c = match c {
            _ if c.is_whitespace() && !c.is_control() || c == '\u{2800}' => ' ',
            ':' | '<' | '>' | '"' | '|' | '?' | '*' | '/' | '\\' => '_',
            _ if c.is_control() => '_',
            _ if is_hidden(c) => continue,
            _ => c,
        };
        // Many spaces would push the ending out of sight.
        if c != ' ' || !safe.ends_with(' ') {
            safe.push(c);
        }
    }
    safe
}

/// Whether it is not seen where it stands, or changes how others are seen; and what is no character at all.
fn is_hidden(c: char) -> bool {
    let is_noncharacter = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    is_noncharacter || matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Owned(_))
}

/// Without what must not stand first or last.
fn trimmed(name: &str) -> &str {
    let name = name.trim_start_matches(|c: char| c == '.' || c == '-' || c.is_whitespace());
    name.trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Out of the way of names that mean something else.
fn reserved(name: &str) -> String {
    if name.is_empty() {
        return NAMELESS.into();
    }
    let before = if is_device(name) { "_" } else { "" };
    let behind = if is_ours(name) { "_" } else { "" };
    format!("{before}{name}{behind}")
}

/// Whether Windows opens a device under that name, whatever its ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let upper = stem.to_uppercase();
    let numbered = |device: &str| {
        let number = upper.strip_prefix(device).map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    matches!(&*upper, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || numbered("COM")
        || numbered("LPT")
}

/// Whether it ends as files do that are not whole yet.
fn is_ours(name: &str) -> bool {
    let lower = name.to_lowercase();
    [PART, SIDECAR, SIDECAR_NEW].iter().any(|ending| lower.ends_with(ending))
}

/// At most so many bytes of it, its ending among them.
fn cut(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.into();
    }
    let (stem, extension) = split(name);
    let end = boundary(stem, limit - extension.len());
    format!("{}{extension}", &stem[..end])
}

/// The ending with its dot, if there is one, apart from the rest.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && (2..=EXTENSION_BYTES).contains(&(name.len() - dot)) => name.split_at(dot),
        _ => (name, ""),
    }
}

/// The last boundary of characters that is not behind `index`.
fn boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What must hold of every name, whatever it was made from.
    fn assert_safe(name: &str) {
        assert!((1..=MAX_NAME_BYTES).contains(&name.len()), "{name:?}");
        assert!(!name.contains(['/', '\\', ':', '<', '>', '"', '|', '?', '*']), "{name:?}");
        assert!(!name.starts_with(['.', '-', ' ']) && !name.ends_with(['.', ' ']), "{name:?}");
        assert!(!name.contains("  ") && !name.chars().any(char::is_control), "{name:?}");
        assert!(!name.chars().any(|c| is_hidden(c) || (c.is_whitespace() && c != ' ')), "{name:?}");
        assert!(!is_device(name) && !is_ours(name), "{name:?}");
        assert_eq!(disk_name(name), name, "a safe name stays as it is");
        for number in [0, 1, 9999] {
            let numbered = numbered(name, number);
            assert!(numbered.len() + SIDECAR_NEW.len() <= 255);
            assert!(!is_device(&numbered) && !is_ours(&numbered), "{numbered:?}");
        }
    }

    #[test]
    fn the_limit_is_the_one_that_is_told() {
        assert_eq!(MAX_NAME_BYTES, 237);
    }

    #[test]
    fn names_are_made_safe() {
        for (offered, name) in [
            ("photo.jpg", "photo.jpg"),
            ("naïve 😀.tar.gz", "naïve 😀.tar.gz"),
            ("C:\\Windows\\system32\\cmd.exe", "cmd.exe"),
            ("/etc/passwd", "passwd"),
            ("a/..", "a"),
            ("folder/", "folder"),
            ("C:evil.txt", "C_evil.txt"),
            ("report.txt::$DATA", "report.txt__$DATA"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            ("photo.jpg\u{200b}\u{200d}.exe", "photo.jpg.exe"),
            ("photo.jpg                                            .exe", "photo.jpg .exe"),
            ("a\u{a0}\u{3000}b", "a b"),
            (". .-.- .x", "x"),
            ("\u{feff}.profile", "profile"),
            ("-\u{200b}-x", "x"),
            ("name. . .", "name"),
            ("con", "_con"),
            ("CON .txt", "_CON .txt"),
            ("com².log", "_com².log"),
            ("lpt0", "_lpt0"),
            ("comb.txt", "comb.txt"),
            ("\u{200b}NUL", "_NUL"),
            ("x.PART", "x.PART_"),
            ("x.part.json", "x.part.json_"),
            ("a\nb\u{1b}[31m\u{9b}.txt", "a_b_[31m_.txt"),
            ("\u{fffe}", "file"),
            ("", "file"),
            ("..", "file"),
            ("/", "file"),
        ] {
            assert_eq!(disk_name(offered), name, "{offered:?}");
            assert_safe(name);
        }
    }

    #[test]
    fn long_names_keep_their_endings() {
        let name = disk_name(&format!("{}.jpeg", "é".repeat(200)));
        assert!(name.ends_with("é.jpeg") && name.len() > MAX_NAME_BYTES - 2, "{name}");
        let name = disk_name(&"x".repeat(1000));
        assert_eq!(name.len(), MAX_NAME_BYTES);
        // What is cut must not end in what a cut must not leave.
        for stem in [" .", ".part", "...", "- "] {
            for length in 200..260 {
                assert_safe(&disk_name(&format!("{}{}", "x".repeat(length), stem.repeat(20))));
                assert_safe(&disk_name(&format!("{}{}.json", "x".repeat(length), stem.repeat(20))));
            }
        }
    }

    #[test]
    fn numbers_stand_before_the_ending() {
        assert_eq!(numbered("photo.jpg", 0), "photo.jpg");
        assert_eq!(numbered("photo.jpg", 3), "photo (3).jpg");
        assert_eq!(numbered("photo", 3), "photo (3)");
        assert_eq!(numbered("_CON.txt", 1), "_CON (1).txt");
    }

    proptest! {
        #[test]
        fn every_name_is_made_safe(offered in "\\PC{0,80}") {
            assert_safe(&disk_name(&offered));
        }

        #[test]
        fn every_text_is_made_safe(offered in any::<String>()) {
            assert_safe(&disk_name(&offered));
        }

        #[test]
        fn what_is_made_of_dangerous_pieces_is_made_safe(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("."), Just(".."), Just("-"), Just(" "), Just("/"), Just("\\"), Just(":"), Just("con"),
                    Just("COM1"), Just("nul"), Just(".part"), Just(".json"), Just("~"), Just("\u{202e}"),
                    Just("\u{200b}"), Just("\u{a0}"), Just("_"), Just("x"), Just("😀"), Just("³"), Just("\t"),
                    Just("İ"), Just("ß"), Just("ſ"),
                ],
                0..120,
            )
        ) {
            assert_safe(&disk_name(&pieces.concat()));
        }
    }
}
