//! Filter state: named objects that filters keep for each other, for the length of a stream or of its connection.
//!
//! Plugins write it with `proxy_set_property`, whose objects have the prefix `wasm.`, and by the foreign function
//! `set_envoy_filter_state`; they read it as the properties `filter_state.NAME` and, what they wrote themselves, `NAME`.

use crate::vm::Quotas;
use bytes::Bytes;

/// Prefix of the objects that plugins store with `proxy_set_property`.
pub(crate) const STORED: &[u8] = b"wasm.";

/// How long an object lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LifeSpan {
    /// As long as the request is in the chain of filters.
    #[default]
    FilterChain,
    /// As long as the request. Without internal redirects, that is as long as [`Self::FilterChain`].
    Request,
    /// As long as the client's connection: later requests on it see the object.
    Connection,
}

/// How a plugin declared an object (foreign function `declare_property`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// It can be set once.
    pub read_only: bool,
    /// How long it lives.
    pub span: LifeSpan,
}

/// The object was declared read-only and has been set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOnly;

/// Objects by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterState {
    objects: Vec<Object>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    name: Box<[u8]>,
    value: Bytes,
    read_only: bool,
}

impl FilterState {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The object's bytes.
    pub fn value(&self, name: &[u8]) -> Option<&Bytes> {
        self.objects.iter().find(|object| *object.name == *name).map(|object| &object.value)
    }

    /// The bytes of what a plugin stored under this path with `proxy_set_property`.
    pub(crate) fn stored(&self, path: &[u8]) -> Option<&Bytes> {
        let object = self.objects.iter().find(|object| object.name.strip_prefix(STORED) == Some(path))?;
        Some(&object.value)
    }

    /// Sets an object; whether it is read-only is decided when it is set for the first time.
    ///
    /// # Errors
    ///
    /// [`ReadOnly`] if it is.
    pub fn set(&mut self, name: impl Into<Box<[u8]>>, value: Bytes, read_only: bool) -> Result<(), ReadOnly> {
        let name = name.into();
        match self.objects.iter_mut().find(|object| object.name == name) {
            Some(object) if object.read_only => return Err(ReadOnly),
            Some(object) => object.value = value,
            None => self.objects.push(Object { name, value, read_only }),
        }
        Ok(())
    }

    /// Whether an object of this name and value fits beside the others in so many bytes. Each counts for its name, its value
    /// and [`Quotas::ENTRY`].
    pub(crate) fn has_room(&self, prefix: &[u8], name: &[u8], value: &[u8], most: u64) -> bool {
        let is_other = |object: &&Object| object.name.strip_prefix(prefix) != Some(name);
        let others = self.objects.iter().filter(is_other).map(|object| Quotas::entry(&[&object.name, &object.value]));
        others.fold(Quotas::entry(&[prefix, name, value]), u64::saturating_add) <= most
    }

    /// Stores a path as `proxy_set_property` does.
    pub(crate) fn store(&mut self, path: &[u8], value: Bytes, read_only: bool) -> Result<(), ReadOnly> {
        match self.objects.iter_mut().find(|object| object.name.strip_prefix(STORED) == Some(path)) {
            Some(object) if object.read_only => return Err(ReadOnly),
            Some(object) => object.value = value,
            None => self.objects.push(Object { name: [STORED, path].concat().into(), value, read_only }),
        }
        Ok(())
    }

    /// Whether there is an object of this name.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.value(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{FilterState, ReadOnly, STORED};
    use bytes::Bytes;

    #[test]
    fn what_plugins_store_has_a_prefix() {
        let mut state = FilterState::default();
        state.store(b"key", Bytes::from_static(b"1"), false).unwrap();
        assert_eq!(state.stored(b"key").unwrap(), "1");
        assert_eq!(state.value(b"wasm.key").unwrap(), "1");
        assert!(state.value(b"key").is_none());
        state.store(b"key", Bytes::from_static(b"2"), true).unwrap();
        assert_eq!(state.stored(b"key").unwrap(), "2");
    }

    #[test]
    fn room_is_counted_with_names_and_without_what_is_replaced() {
        let mut state = FilterState::default();
        // 5 of the prefix, 1 of the name, 10 of the value, 64 for being there.
        assert!(state.has_room(STORED, b"a", &[0; 10], 80) && !state.has_room(STORED, b"a", &[0; 10], 79));
        state.store(b"a", Bytes::from(vec![0; 10]), false).unwrap();
        assert!(state.has_room(STORED, b"a", &[0; 10], 80) && !state.has_room(STORED, b"b", &[0; 10], 80));
        assert!(state.has_room(STORED, b"b", &[0; 10], 160));
        assert!(!state.has_room(b"", b"a", &[0; 10], 80));
    }

    #[test]
    fn what_is_read_only_is_set_once() {
        let mut state = FilterState::default();
        state.set(*b"once", Bytes::from_static(b"1"), true).unwrap();
        assert_eq!(state.set(*b"once", Bytes::from_static(b"2"), false), Err(ReadOnly));
        assert_eq!(state.value(b"once").unwrap(), "1");
        assert!(state.contains(b"once") && !state.contains(b"other"));
    }
}
