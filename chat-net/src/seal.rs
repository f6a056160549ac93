//! The keys of rooms: the log, the store and all that reads them have only what a key is hashed to.

use std::sync::Arc;

/// What a key of a room is hashed to. The room is hashed with it, so that two rooms with one key do not show it.
pub(crate) fn seal(room: &str, key: &str) -> Arc<str> {
    let mut hasher = blake3::Hasher::new_derive_key("chat: the key of a room");
    // A room's name has no zero byte.
    hasher.update(room.as_bytes()).update(&[0]).update(key.as_bytes());
    hasher.finalize().to_hex().as_str().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_shows_neither_the_key_nor_that_two_rooms_share_it() {
        let sealed = seal("den", "sesame");
        assert_eq!(sealed.len(), 64);
        assert!(!sealed.contains("sesame"));
        assert_eq!(sealed, seal("den", "sesame"));
        for (room, key) in [("den", "Sesame"), ("attic", "sesame"), ("de", "nsesame"), ("den", "")] {
            assert_ne!(sealed, seal(room, key));
        }
    }
}
