//! Values of a space.

use super::{Rejected, lock};
use crate::vm::Quotas;
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
pub(super) struct Data(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<Box<[u8]>, Entry>,
    /// For how much they count.
    bytes: u64,
}

impl Data {
    pub(super) fn value(&self, key: &[u8]) -> Option<(Bytes, u32)> {
        lock(&self.0).entries.get(key).map(|entry| (entry.value.clone(), entry.cas))
    }

    /// Whether [`store`](Self::store) would store a value now.
    pub(super) fn check(&self, key: &[u8], value: &[u8], expected: u32, most: u64) -> Result<(), Rejected> {
        let inner = lock(&self.0);
        after(inner.entries.get(key), key, value, expected, inner.bytes, most).map(drop)
    }

    /// Stores a value unless the key has one with another number than `expected`; 0 expects nothing. `next` gives the
    /// new number. All values together may count for `most` bytes; a value may be replaced by one that is no larger all
    /// the same.
    pub(super) fn store(
        &self,
        key: &[u8],
        value: Bytes,
        expected: u32,
        most: u64,
        next: impl FnOnce() -> u32,
    ) -> Result<(), Rejected> {
        let mut inner = lock(&self.0);
        let Inner { entries, bytes } = &mut *inner;
        let known = entries.get_mut(key);
        *bytes = after(known.as_deref(), key, &value, expected, *bytes, most)?;
        let old = match known {
            Some(entry) => Some(std::mem::replace(entry, Entry { value, cas: next() })),
            None => entries.insert(key.into(), Entry { value, cas: next() }),
        };
        drop(inner);
        // Freed without the lock.
        drop(old);
        Ok(())
    }
}

/// For how much all values count, of `bytes` before, when a key has this one in the place of the one that it had, if any.
fn after(
    known: Option<&Entry>,
    key: &[u8],
    value: &[u8],
    expected: u32,
    bytes: u64,
    most: u64,
) -> Result<u64, Rejected> {
    let before = match known {
        Some(entry) if expected != 0 && expected != entry.cas => return Err(Rejected::CasMismatch),
        Some(entry) => Quotas::entry(&[key, &entry.value]),
        None => 0,
    };
    let counts = Quotas::entry(&[key, value]);
    let after = (bytes - before).saturating_add(counts);
    if after > most && counts > before { Err(Rejected::Full) } else { Ok(after) }
}
