//! Property paths and values.
//!
//! A path is its segments joined by zero bytes. A value is encoded by type: strings and bytes raw, integers,
//! durations (nanoseconds) and timestamps (nanoseconds since the Unix epoch) as 8 bytes, booleans as one, maps and
//! lists as [`pairs`].

use super::pairs;

/// Separates the segments of a path.
pub const SEPARATOR: u8 = 0;

/// Splits a path into its segments. One trailing separator, as the C++ SDK writes it, adds no segment; an empty path
/// has none; an empty segment before a separator is a segment.
pub fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let empty = path.is_empty();
    let path = path.strip_suffix(&[SEPARATOR]).unwrap_or(path);
    path.split(|byte| *byte == SEPARATOR).filter(move |_| !empty)
}

/// Joins segments into a path.
pub fn path<'a>(segments: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut path = Vec::new();
    for (index, segment) in segments.into_iter().enumerate() {
        if index > 0 {
            path.push(SEPARATOR);
        }
        path.extend_from_slice(segment.as_bytes());
    }
    path
}

/// A property's value, before encoding.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string or bytes.
    Bytes(Vec<u8>),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A boolean.
    Bool(bool),
    /// A floating point number.
    Double(f64),
    /// A span of time, in nanoseconds.
    Duration(i64),
    /// A moment, in nanoseconds since the Unix epoch.
    Timestamp(i64),
    /// Names and values in order.
    Map(Vec<(Vec<u8>, Self)>),
    /// Values in order.
    List(Vec<Self>),
    /// A value of no type; it cannot be encoded.
    Null,
}

impl Value {
    /// The bytes the plugin sees, or `None` for what has no encoding (null, or a map that is too large).
    pub fn encode(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Int(n) | Self::Duration(n) | Self::Timestamp(n) => n.to_le_bytes().to_vec(),
            Self::Uint(n) => n.to_le_bytes().to_vec(),
            Self::Bool(b) => vec![u8::from(*b)],
            Self::Double(d) => d.to_le_bytes().to_vec(),
            Self::Map(entries) => {
                let encoded = entries
                    .iter()
                    .map(|(name, value)| Some((&name[..], value.encode()?)))
                    .collect::<Option<Vec<_>>>()?;
                encode_pairs(encoded.iter().map(|(name, value)| (*name, &value[..])))?
            }
            Self::List(items) => {
                let encoded = items.iter().map(Self::encode).collect::<Option<Vec<_>>>()?;
                encode_pairs(encoded.iter().map(|item| (&item[..], &b""[..])))?
            }
            Self::Null => return None,
        })
    }
}

fn encode_pairs<'a>(entries: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Option<Vec<u8>> {
    pairs::encoded_len(entries.clone())?;
    // A property that is an empty map says so; only header maps travel as nothing.
    if entries.clone().next().is_none() {
        return Some(0_u32.to_le_bytes().to_vec());
    }
    Some(pairs::encode(entries))
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, path, segments};
    use proptest::prelude::*;

    #[test]
    fn a_path_may_end_in_a_separator() {
        let plain = path(["request", "headers", "user-agent"]);
        assert_eq!(plain.len(), 26);
        let mut trailing = plain.clone();
        trailing.push(0);
        assert!(segments(&plain).eq(segments(&trailing)));
        assert_eq!(segments(&plain).count(), 3);
    }

    #[test]
    fn empty_paths_have_no_segments_and_empty_segments_count() {
        assert_eq!(segments(b"").count(), 0);
        assert_eq!(segments(b"\0").collect::<Vec<_>>(), [b""]);
        assert_eq!(segments(b"a\0\0b").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
    }

    #[test]
    fn values_of_the_specification() {
        assert_eq!(Value::Int(8080).encode().unwrap(), [0x90, 0x1f, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Value::Bool(true).encode().unwrap(), [1]);
        assert_eq!(Value::Null.encode(), None);
        assert_eq!(Value::Map(vec![]).encode().unwrap(), [0, 0, 0, 0]);
        assert_eq!(Value::List(vec![Value::Null]).encode(), None);
    }

    #[test]
    fn a_list_puts_its_items_into_the_names() {
        let list = Value::List(vec!["a".into()]).encode().unwrap();
        assert_eq!(list, [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, b'a', 0, 0]);
    }

    proptest! {
        #[test]
        fn joining_and_splitting(parts in proptest::collection::vec("[^\0]{1,8}", 1..6)) {
            let joined = path(parts.iter().map(String::as_str));
            let split: Vec<_> = segments(&joined).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(split, parts.iter().map(|p| p.as_bytes().to_vec()).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_are_a_path(bytes in any::<Vec<u8>>()) {
            let trimmed = bytes.strip_suffix(&[0]).unwrap_or(&bytes);
            prop_assert_eq!(segments(&bytes).map(<[u8]>::len).sum::<usize>(), trimmed.iter().filter(|b| **b != 0).count());
        }
    }
}
