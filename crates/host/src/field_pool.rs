//! Names and values of fields that plugins write, made without allocating for each of them.
//!
//! A plugin writes the same few names for every stream, and values of a few bytes that are gone with it. So names that
//! have been written lately are kept, and short values share blocks of memory that are used again once all their values
//! are gone.

use crate::fields::FieldName;
use bytes::{Bytes, BytesMut};
use std::borrow::Cow;

/// Names that are kept. Each has one place where it may be.
const NAMES: usize = 32;

/// Longest name that is kept, in bytes.
const MAX_NAME: usize = 64;

/// Size of a block, in bytes: what one value that is kept for long may keep with it.
const BLOCK: usize = 4096;

/// Longest value that shares a block, in bytes.
const MAX_VALUE: usize = 256;

/// Makes names and values of fields.
#[derive(Debug)]
pub(crate) struct FieldPool {
    names: [Option<FieldName>; NAMES],
    block: BytesMut,
}

impl Default for FieldPool {
    fn default() -> Self {
        Self { names: [const { None }; NAMES], block: BytesMut::new() }
    }
}

impl FieldPool {
    /// Gives `f` the name that these bytes are, as [`FieldName::from_bytes`] makes it, and a value of those. A name that is kept stays
    /// where it is: to move it costs more than to find it.
    #[inline]
    pub(crate) fn field<T>(&mut self, name: &[u8], value: &[u8], f: impl FnOnce(Cow<'_, FieldName>, Bytes) -> T) -> T {
        let value = self.value(value);
        if name.len() > MAX_NAME {
            return f(Cow::Owned(FieldName::from_bytes(name)), value);
        }
        let place = &mut self.names[FieldName::spread(name) % NAMES];
        let name = match place {
            // A name that is written in another case is made anew: it is not worth looking for.
            Some(known) if known.as_bytes() == name => known,
            place => place.insert(FieldName::from_bytes(name)),
        };
        f(Cow::Borrowed(name), value)
    }

    /// A value of these bytes.
    fn value(&mut self, bytes: &[u8]) -> Bytes {
        if bytes.len() > MAX_VALUE {
            return Bytes::copy_from_slice(bytes);
        }
        if self.block.capacity() < bytes.len() {
            // Takes the same memory from its beginning if nothing of it is in use.
            self.block.reserve(BLOCK);
        }
        self.block.extend_from_slice(bytes);
        self.block.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, FieldPool, MAX_VALUE};
    use crate::fields::FieldName;

    #[test]
    fn names_are_what_they_would_be_without_it() {
        let mut pool = FieldPool::default();
        for _ in 0..2 {
            for name in ["x-a", "X-A", ":Path", "not valid", "", &"long".repeat(100), "\u{e9}"] {
                pool.field(name.as_bytes(), b"", |made, _| {
                    assert_eq!(*made, FieldName::from_bytes(name.as_bytes()), "{name}");
                });
            }
        }
    }

    #[test]
    fn values_stay_what_they_are_while_others_are_made() {
        let mut pool = FieldPool::default();
        let text = |number: usize| format!("{number}").repeat(number % MAX_VALUE);
        let values: Vec<_> = (0..1000).map(|number| pool.value(text(number).as_bytes())).collect();
        for (number, value) in values.iter().enumerate() {
            assert_eq!(*value, text(number));
        }
    }

    #[test]
    fn a_block_whose_values_are_gone_is_used_again() {
        let mut pool = FieldPool::default();
        let first = pool.value(b"first");
        let place = first.as_ptr() as usize;
        drop(first);
        for _ in 0..10 * BLOCK {
            let at = pool.value(b"value").as_ptr() as usize;
            assert!((place..place + BLOCK).contains(&at));
        }
    }
}
