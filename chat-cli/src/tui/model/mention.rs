//! Whether a text names somebody.

/// Whether `name` stands in `text` as a word of its own, in any case.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    if name.is_empty() || text.len() < name.len() {
        return false;
    }
    let (text, name) = (text.as_bytes(), name.as_bytes());
    let starts = (0..=text.len() - name.len()).filter(|at| is_start(text, *at));
    starts.into_iter().any(|at| {
        let end = at + name.len();
        text[at..end].eq_ignore_ascii_case(name) && is_end(text, end)
    })
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether nothing before `at` belongs to the name there.
fn is_start(text: &[u8], at: usize) -> bool {
    at == 0 || !(is_letter(text[at - 1]) || matches!(text[at - 1], b'-' | b'.'))
}

/// Whether nothing from `at` on does: a full stop or dash may end a sentence, or stand within a longer name.
fn is_end(text: &[u8], at: usize) -> bool {
    let joins = |at: usize| text.get(at).is_some_and(|byte| is_letter(*byte));
    match text.get(at) {
        Some(b'-' | b'.') => !joins(at + 1),
        _ => !joins(at),
    }
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_name_is_a_word_in_any_case() {
        for text in
            ["alice", "hi Alice!", "@alice, look", "is it ALICE?", "(alice)", "thanks alice.", "x alice-"]
        {
            assert!(mentions(text, "alice"), "{text}");
        }
        for text in
            ["malice", "alices", "alice_b", "alice.b", "alice-b", "b.alice", "aliceé", "éalice", "ali ce", ""]
        {
            assert!(!mentions(text, "alice"), "{text}");
        }
        assert!(!mentions("anything", ""));
    }
}
