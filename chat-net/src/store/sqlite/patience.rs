//! How long one search may take: SQLite asks after every few steps whether it is to go on.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::lock::lock;
use rusqlite::Connection;

/// Steps of SQLite's machine between two looks at the clock. Few, because a page of the index of words, with hundreds
/// of words on it, is read in three of them.
const STEPS: i32 = 100;

/// Until when what runs on a connection may run; without an end, at first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patience(Arc<Mutex<Option<Instant>>>);

impl Patience {
    /// From now on, what runs on this connection is interrupted when the time is over.
    pub(crate) fn watch(&self, conn: &mut Connection) -> rusqlite::Result<()> {
        let patience = self.clone();
        conn.progress_handler(STEPS, Some(move || patience.is_over()))
    }

    pub(crate) fn begin(&self, limit: Duration) {
        self.set(Instant::now().checked_add(limit));
    }

    /// What runs next has no limit. Whether this one was reached.
    pub(crate) fn end(&self) -> bool {
        let was_over = self.is_over();
        self.set(None);
        was_over
    }

    pub(crate) fn is_over(&self) -> bool {
        let until = *lock(&self.0);
        until.is_some_and(|until| Instant::now() >= until)
    }

    fn set(&self, until: Option<Instant>) {
        *lock(&self.0) = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many words that begin alike that finding the newest of them takes many pages of the index, before the
    /// first row is there.
    fn words() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE VIRTUAL TABLE search USING fts5(body, content='', contentless_delete=1);
             WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)
             INSERT INTO search (rowid, body) SELECT x, 'tea' || x FROM n;",
        )
        .unwrap();
        conn
    }

    #[test]
    fn what_takes_too_long_is_interrupted_even_before_its_first_row() {
        let mut conn = words();
        let patience = Patience::default();
        patience.watch(&mut conn).unwrap();
        let newest = "SELECT rowid FROM search WHERE search MATCH '\"tea\" *' ORDER BY rowid DESC LIMIT 1";
        let find = || conn.query_row(newest, [], |row| row.get::<_, i64>(0));
        patience.begin(Duration::ZERO);
        let ended = find().unwrap_err();
        assert_eq!(ended.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted), "{ended}");
        assert!(patience.end());
        assert_eq!(find(), Ok(100_000), "what runs next has all the time it needs");
    }
}
