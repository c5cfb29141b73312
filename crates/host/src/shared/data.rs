//! Values of a space.

use super::lock;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Mutex;

/// A value and its number.
#[derive(Debug)]
struct Entry {
    value: Bytes,
    cas: u32,
}

/// Values by key.
#[derive(Debug, Default)]
pub(super) struct Data(Mutex<HashMap<Box<[u8]>, Entry>>);

impl Data {
    pub(super) fn value(&self, key: &[u8]) -> Option<(Bytes, u32)> {
        lock(&self.0).get(key).map(|entry| (entry.value.clone(), entry.cas))
    }

    /// Stores a value unless the key has one with another number than `expected`; 0 expects nothing. `next` gives the
    /// new number. False if nothing was stored.
    pub(super) fn store(&self, key: &[u8], value: Bytes, expected: u32, next: impl FnOnce() -> u32) -> bool {
        let mut entries = lock(&self.0);
        let old = match entries.get_mut(key) {
            Some(entry) if expected != 0 && expected != entry.cas => return false,
            Some(entry) => Some(std::mem::replace(entry, Entry { value, cas: next() })),
            None => entries.insert(key.into(), Entry { value, cas: next() }),
        };
        drop(entries);
        // Freed without the lock.
        drop(old);
        true
    }
}
