//! Maps: headers, trailers, metadata, and properties that are maps.
//!
//! ```text
//! u32 count
//! count x { u32 name_len, u32 value_len }
//! count x { name bytes, 0x00, value bytes, 0x00 }
//! ```
//!
//! Lengths leave out the zero bytes, so names and values may hold any byte. Order counts and duplicates are allowed.
//! An empty map travels from host to plugin as no bytes at all.

use std::fmt;

/// Largest encoded map accepted from a plugin, in bytes. Same bound as Envoy's.
pub const MAX_BYTES: usize = 1 << 20;

/// Most entries accepted from a plugin. Same bound as Envoy's.
pub const MAX_ENTRIES: usize = 1024;

/// Bytes that `pairs` take when encoded; 0 for an empty map. `None` if that does not fit the ABI's 32 bits.
pub fn encoded_len<'a>(pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Option<u32> {
    let add =
        |(entries, bytes): (usize, usize), (name, value): Pair<'_>| (entries + 1, bytes + name.len() + value.len());
    let (entries, bytes) = pairs.into_iter().fold((0, 0), add);
    encoded_len_of(entries, bytes)
}

/// Bytes that so many pairs take when encoded, with so many bytes of names and values in all; 0 for an empty map. `None`
/// if that does not fit the ABI's 32 bits.
pub fn encoded_len_of(entries: usize, bytes: usize) -> Option<u32> {
    if entries == 0 { Some(0) } else { u32::try_from(4 + 10 * entries as u64 + bytes as u64).ok() }
}

/// Encodes `pairs` into `out`, which must be exactly [`encoded_len`] long.
///
/// Returns false, with `out` in an unspecified state, if it is not.
pub fn encode_into<'a, I>(pairs: I, out: &mut [u8]) -> bool
where
    I: IntoIterator<Item = (&'a [u8], &'a [u8])>,
    I::IntoIter: Clone,
{
    let pairs = pairs.into_iter();
    encode_some_into(pairs.clone().count(), pairs, out)
}

/// As [`encode_into`], where it is known that there are `count` pairs.
///
/// Returns false, with `out` in an unspecified state, if there are not, or if `out` is not exactly as long as they need.
pub fn encode_some_into<'a>(
    count: usize,
    pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    out: &mut [u8],
) -> bool {
    if count == 0 {
        return out.is_empty() && pairs.into_iter().next().is_none();
    }
    let Some((head, rest)) = out.split_at_mut_checked(4) else { return false };
    head.copy_from_slice(&(count as u32).to_le_bytes());
    let Some((table, mut data)) = rest.split_at_mut_checked(8 * count) else { return false };
    let mut slots = table.chunks_exact_mut(8);
    for (name, value) in pairs {
        let Some(slot) = slots.next() else { return false };
        slot[..4].copy_from_slice(&(name.len() as u32).to_le_bytes());
        slot[4..].copy_from_slice(&(value.len() as u32).to_le_bytes());
        for bytes in [name, value] {
            let Some((place, rest)) = data.split_at_mut_checked(bytes.len() + 1) else { return false };
            copy_with_zero(bytes, place);
            data = rest;
        }
    }
    slots.next().is_none() && data.is_empty()
}

/// Copies bytes and a zero behind them into `place`, which is one byte longer.
///
/// Names and values are short: two overlapping words copy what lies between one and two of them, without a call.
#[inline]
fn copy_with_zero(bytes: &[u8], place: &mut [u8]) {
    #[inline]
    fn ends<const WORD: usize>(bytes: &[u8], place: &mut [u8]) -> Option<()> {
        let (first, last) = (bytes.first_chunk::<WORD>()?, bytes.last_chunk::<WORD>()?);
        *place.first_chunk_mut()? = *first;
        *place.last_chunk_mut()? = *last;
        Some(())
    }
    let Some((zero, place)) = place.split_last_mut() else { return };
    *zero = 0;
    match bytes.len() {
        16..=32 => ends::<16>(bytes, place),
        8..=15 => ends::<8>(bytes, place),
        4..=7 => ends::<4>(bytes, place),
        _ => {
            place.copy_from_slice(bytes);
            None
        }
    };
}

/// Encodes `pairs` into a new vector.
pub fn encode<'a, I>(pairs: I) -> Vec<u8>
where
    I: IntoIterator<Item = (&'a [u8], &'a [u8])>,
    I::IntoIter: Clone,
{
    let pairs = pairs.into_iter();
    let mut out = vec![0; encoded_len(pairs.clone()).unwrap_or(0) as usize];
    encode_into(pairs, &mut out);
    out
}

/// A name and a value.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// Why bytes are not an encoded map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// More than [`MAX_BYTES`].
    TooLong,
    /// More than [`MAX_ENTRIES`].
    TooManyEntries,
    /// A length points past the end.
    Truncated,
    /// A name or value is not followed by a zero byte.
    Unterminated,
    /// Bytes are left over.
    TrailingBytes,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than 1 MiB",
            Self::TooManyEntries => "more than 1024 entries",
            Self::Truncated => "a length points past the end",
            Self::Unterminated => "a name or value is not followed by a zero byte",
            Self::TrailingBytes => "bytes are left over after the last entry",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Decodes a map from a plugin. Fewer than four bytes are an empty map: SDKs send nothing, or one zero byte.
///
/// # Errors
///
/// A [`DecodeError`] when the bytes break the encoding or its bounds. (Envoy takes such bytes as an empty map; whether
/// to do so is up to the caller.)
pub fn decode(bytes: &[u8]) -> Result<Vec<Pair<'_>>, DecodeError> {
    if bytes.len() < 4 {
        return Ok(Vec::new());
    }
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooLong);
    }
    let word = |at: usize| -> Result<usize, DecodeError> {
        let word = bytes.get(at..at + 4).ok_or(DecodeError::Truncated)?;
        Ok(u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize)
    };
    let count = word(0)?;
    if count > MAX_ENTRIES {
        return Err(DecodeError::TooManyEntries);
    }
    let mut at = 4 + 8 * count;
    if at > bytes.len() {
        return Err(DecodeError::Truncated);
    }
    let mut field = |len: usize| -> Result<&[u8], DecodeError> {
        let end = at.checked_add(len).ok_or(DecodeError::Truncated)?;
        let field = bytes.get(at..end).ok_or(DecodeError::Truncated)?;
        match bytes.get(end) {
            Some(0) => at = end + 1,
            Some(_) => return Err(DecodeError::Unterminated),
            None => return Err(DecodeError::Truncated),
        }
        Ok(field)
    };
    let mut pairs = Vec::with_capacity(count);
    for entry in 0..count {
        let name = field(word(4 + 8 * entry)?)?;
        let value = field(word(8 + 8 * entry)?)?;
        pairs.push((name, value));
    }
    if at == bytes.len() { Ok(pairs) } else { Err(DecodeError::TrailingBytes) }
}

#[cfg(test)]
mod tests {
    use super::{DecodeError, decode, encode, encode_into, encoded_len};
    use proptest::prelude::*;

    fn of<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone {
        pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))
    }

    #[test]
    fn the_specification_s_example() {
        let bytes = encode(of(&[("a", "1"), ("b", "22")]));
        assert_eq!(
            bytes,
            [2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x61, 0, 0x31, 0, 0x62, 0, 0x32, 0x32, 0]
        );
        assert_eq!(decode(&bytes).unwrap(), of(&[("a", "1"), ("b", "22")]).collect::<Vec<_>>());
    }

    #[test]
    fn values_are_opaque_bytes() {
        let bytes = encode([(&b"c"[..], &b"\xff"[..])]);
        assert_eq!(bytes, [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0x63, 0, 0xff, 0]);
    }

    #[test]
    fn a_typical_request() {
        let pairs =
            [(":method", "GET"), (":path", "/bytes/1"), (":authority", "httpbin.org"), ("Powered-By", "proxy-wasm")];
        assert_eq!(encode(of(&pairs)).len(), 108);
    }

    #[test]
    fn an_empty_map_is_sent_as_nothing_and_received_in_three_forms() {
        assert_eq!(encode(of(&[])), []);
        for form in [&b""[..], b"\0", b"\0\0\0\0"] {
            assert_eq!(decode(form), Ok(vec![]));
        }
    }

    #[test]
    fn what_breaks_the_encoding_is_named() {
        let good = encode(of(&[("a", "1")]));
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(decode(&longer), Err(DecodeError::TrailingBytes));
        let mut unterminated = good.clone();
        *unterminated.last_mut().unwrap() = b'x';
        assert_eq!(decode(&unterminated), Err(DecodeError::Unterminated));
        assert_eq!(decode(&good[..good.len() - 1]), Err(DecodeError::Truncated));
        assert_eq!(decode(&1025_u32.to_le_bytes()), Err(DecodeError::TooManyEntries));
        assert_eq!(decode(&1024_u32.to_le_bytes()), Err(DecodeError::Truncated));
        assert_eq!(decode(&vec![0; (1 << 20) + 1]), Err(DecodeError::TooLong));
    }

    #[test]
    fn encoding_into_a_slice_of_another_length_is_refused() {
        let mut short = [0; 28];
        assert!(!encode_into(of(&[("a", "1"), ("b", "22")]), &mut short));
        let mut long = [0; 30];
        assert!(!encode_into(of(&[("a", "1"), ("b", "22")]), &mut long));
    }

    type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

    proptest! {
        #[test]
        fn round_trip(pairs in any::<Pairs>()) {
            let borrowed = || pairs.iter().map(|(name, value)| (&name[..], &value[..]));
            let bytes = encode(borrowed());
            prop_assert_eq!(encoded_len(borrowed()), Some(bytes.len() as u32));
            prop_assert_eq!(decode(&bytes).unwrap(), borrowed().collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_decode_or_fail(bytes in any::<Vec<u8>>()) {
            if let Ok(pairs) = decode(&bytes) && !pairs.is_empty() {
                prop_assert_eq!(encode(pairs), bytes);
            }
        }
    }
}
