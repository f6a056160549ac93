//! The chat as it was before this start, rebuilt from what the store kept.

use chat_core::{Chat, Config, Epoch, RestoreError};

use crate::store::Recovered;

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
