//! A new snapshot, made beside the running store: the writer only stores what comes out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use chat_core::{Config, Snapshot};
use rusqlite::Connection;

use super::append::Appended;
use super::connection;
use super::error::unreadable;
use super::recover;
use super::row::Chain;
use super::writer::{Job, Shared};
use crate::codec::bincode::to_stored;
use crate::store::StoreError;

/// Bytes of a snapshot in one row.
pub(crate) const PART: usize = 64 << 10;

/// A snapshot, ready to be stored.
#[derive(Debug)]
pub(crate) struct Encoded {
    /// The last record that is in it.
    pub(crate) ord: i64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: Chain,
    /// What it makes superfluous.
    pub(crate) tail: Appended,
}

impl Encoded {
    pub(crate) fn new(snapshot: &Snapshot, ord: i64, tail: Appended) -> Encoded {
        let bytes = to_stored(snapshot);
        let hash = *blake3::hash(&bytes).as_bytes();
        Encoded { ord, bytes, hash, tail }
    }

    pub(crate) fn part(&self, part: usize) -> Option<&[u8]> {
        self.bytes.chunks(PART).nth(part)
    }
}

/// Rebuilds the state as it is on the disk now, on a thread of its own, and hands it over as a job.
pub(crate) fn start(
    path: &Path,
    config: &Config,
    shared: &Arc<Shared>,
    jobs: Sender<Job>,
) -> std::io::Result<JoinHandle<()>> {
    let (path, config, shared) = (PathBuf::from(path), config.clone(), Arc::clone(shared));
    std::thread::Builder::new().name("chat-snapshot".into()).spawn(move || {
        // Nobody listens any more if the store ended.
        let _ = jobs.send(Job::Compacted(make(&path, &config, &shared)));
    })
}

fn make(path: &Path, config: &Config, shared: &Shared) -> Result<Encoded, StoreError> {
    let failed = |error: rusqlite::Error| unreadable("the snapshot to be made", &error);
    let conn = connection::reader(path).map_err(failed)?;
    let rebuilt = {
        let conn: &Connection = &conn;
        conn.execute_batch("BEGIN").map_err(failed)?;
        recover::rebuild(conn, config, &shared.is_ending)?
    };
    // The log cannot begin anew as long as this view of it is held.
    drop(conn);
    let recover::Rebuilt { chat, ord, tail } = rebuilt;
    let snapshot = chat.snapshot();
    drop(chat);
    Ok(Encoded::new(&snapshot, ord, tail))
}
