//! Paths as people write them: `~/`, quotes, and the backslashes that a terminal puts in when a file is dropped on it.

use std::path::{Component, Path, PathBuf};

/// The path that was written as the rest of a line: in quotes, or as it is, blanks and all. Where a terminal or a
/// shell has written `a\ b`, that is meant, unless there is a file of the very name.
pub(crate) fn written(text: &str) -> PathBuf {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return at_home(Path::new(inside));
        }
    }
    let plain = at_home(Path::new(text));
    if cfg!(windows) || !text.contains('\\') || plain.exists() {
        return plain;
    }
    at_home(Path::new(&unescaped(text)))
}

/// The path with a leading `~` replaced by the user's home folder, if that is known.
pub(crate) fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// The whole path, for people; as it is if the current folder is gone. A `..` in it is followed, as far as it exists:
/// behind a link, it is not what is written before it.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if !whole.components().any(|part| part == Component::ParentDir) {
        return whole;
    }
    std::fs::canonicalize(&whole).unwrap_or(whole)
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_quotes_and_backslashes_are_read_as_they_are_meant() {
        for (text, path) in [
            ("photo.jpg", "photo.jpg"),
            (" a  b.txt ", "a  b.txt"),
            ("\"a b\"", "a b"),
            ("' a '", " a "),
            ("\"a", "\"a"),
            ("it's", "it's"),
            ("/tmp/a\\ \\(1\\).txt", "/tmp/a (1).txt"),
            ("\"a\\ b\"", "a\\ b"),
            ("~x/y", "~x/y"),
        ] {
            assert_eq!(written(text), Path::new(path), "{text}");
        }
    }

    #[test]
    fn a_tilde_is_home() {
        let Some(home) = std::env::home_dir() else { return };
        assert_eq!(written("~/a b"), home.join("a b"));
        assert_eq!(written("'~/a'"), home.join("a"));
        assert_eq!(written("~"), home);
    }

    #[test]
    fn a_path_through_a_neighbour_is_shown_without_it() {
        let folder = std::env::temp_dir().join(format!("chat-tidy-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("a")).unwrap();
        std::fs::write(folder.join("b"), "").unwrap();
        let whole = std::fs::canonicalize(&folder).unwrap();
        assert_eq!(absolute(&folder.join("a/../b")), whole.join("b"));
        assert_eq!(absolute(&folder.join("a/./b")), folder.join("a/b"));
        assert_eq!(
            absolute(&folder.join("c/../b")),
            folder.join("c/../b"),
            "as it is, if it cannot be followed"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_with_a_backslash_in_its_name_can_be_named() {
        let folder = std::env::temp_dir().join(format!("chat-path-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("a\\ b");
        std::fs::write(&file, "").unwrap();
        assert_eq!(written(file.to_str().unwrap()), file);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
