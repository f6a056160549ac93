//! The chat as it was before this start, rebuilt from what the store kept.

use std::io;

use chat_core::{Chat, Config, Epoch, MAX_JSON_INTEGER, RestoreError};

use crate::store::Recovered;

/// A numbering that no server and no store had before.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn random_epoch() -> io::Result<Epoch> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(Epoch(u64::from_le_bytes(bytes) & MAX_JSON_INTEGER))
}

/// Rebuilds the chat. `fresh` is the epoch for a store that keeps none.
///
/// # Errors
/// The snapshot cannot be used, and why.
pub(crate) fn rebuild(config: Config, fresh: Epoch, recovered: Recovered) -> Result<Chat, RestoreError> {
    let config = Config { epoch: recovered.epoch.unwrap_or(fresh), ..config };
    let mut chat = match recovered.snapshot {
        Some(snapshot) => Chat::restore(config, snapshot)?,
        None => Chat::new(config),
    };
    for record in &recovered.records {
        chat.evolve(record.stamp, &record.change);
    }
    Ok(chat)
}
