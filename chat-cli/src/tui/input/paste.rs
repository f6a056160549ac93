//! What is pasted: a few lines are typed, many are asked about.

use crate::draft::{DRAFT_BYTES, Draft, pasted};
use crate::tui::clean::Clean;

/// So many lines are put into the input without a question.
const LINES: usize = 3;

/// A paste that somebody is asked about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Paste {
    text: String,
    lines: usize,
}

impl Paste {
    /// What is to be asked about; else what is to be typed.
    pub(super) fn new(text: &str) -> Result<Paste, String> {
        let text = pasted(text);
        let lines = text.split('\n').count();
        if lines > LINES || text.len() > DRAFT_BYTES { Ok(Paste { text, lines }) } else { Err(text) }
    }

    /// The question.
    pub(super) fn question(&self, draft: &Draft) -> Clean {
        let lines = self.lines;
        Clean::line(&match self.fits(draft) {
            true => {
                format!("{lines} lines pasted: Enter sends one message, e edits, f sends a file, Esc drops")
            }
            false => format!("{lines} lines pasted, too much for the input: f sends a file, Esc drops"),
        })
    }

    /// Whether it can be typed.
    pub(super) fn fits(&self, draft: &Draft) -> bool {
        draft.text.len() + self.text.len() < DRAFT_BYTES
    }

    /// Puts it where the cursor is. What begins with a slash was not meant as a command.
    pub(super) fn put(&self, draft: &mut Draft) {
        if draft.cursor == 0 && self.text.starts_with('/') {
            draft.insert("/");
        }
        draft.insert(&self.text);
    }

    /// The text, for a file.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}
