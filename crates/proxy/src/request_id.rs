//! `x-request-id`: a random UUID (RFC 9562, version 4), as Envoy makes it.

use bytes::Bytes;
use std::cell::Cell;

thread_local! {
    /// State of the generator. An id is for telling requests apart in logs, not a secret: the thread's generator is
    /// seeded from the system once and then runs on its own.
    static STATE: Cell<[u64; 2]> = Cell::new(seed());
}

fn seed() -> [u64; 2] {
    let mut bytes = [0; 16];
    let _ = getrandom::fill(&mut bytes);
    let half = |at: usize| bytes[at..at + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    // All zeros is the one state that xoroshiro never leaves.
    [half(0) | 1, half(8)]
}

/// Sixty-four bits of xoroshiro128+ (Blackman and Vigna).
pub(crate) fn random() -> u64 {
    STATE.with(|state| {
        let [s0, s1] = state.get();
        let result = s0.wrapping_add(s1);
        let s1 = s1 ^ s0;
        state.set([s0.rotate_left(24) ^ s1 ^ (s1 << 16), s1.rotate_left(37)]);
        result
    })
}

/// A new id.
pub(crate) fn new() -> Bytes {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    // Where the two digits of each byte stand, between the dashes.
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let mut bytes = [0_u8; 16];
    bytes[..8].copy_from_slice(&random().to_be_bytes());
    bytes[8..].copy_from_slice(&random().to_be_bytes());
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = [b'-'; 36];
    for (byte, place) in bytes.into_iter().zip(PLACES) {
        id[place] = HEX[usize::from(byte >> 4)];
        id[place + 1] = HEX[usize::from(byte & 15)];
    }
    Bytes::copy_from_slice(&id)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_id_is_a_version_4_uuid_and_no_two_are_equal() {
        let text = || String::from_utf8(super::new().to_vec()).unwrap();
        let (one, two) = (text(), text());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(&one[14..15], "4");
        assert!("89ab".contains(&one[19..20]));
        assert!(one.char_indices().all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) {
            c == '-'
        } else {
            c.is_ascii_hexdigit()
        }));
    }
}
