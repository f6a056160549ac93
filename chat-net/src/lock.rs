//! Locks whose holders never leave anything half changed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks it. Nothing in this crate panics half-way through a change that it makes under a lock, so a poisoned one still
/// guards whole data.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
