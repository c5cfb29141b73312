#![no_main]
//! Maps from a plugin: any bytes are decoded or refused, and what is decoded survives the way back.

use libfuzzer_sys::fuzz_target;
use tollgate_abi::encoding::pairs::{decode, encode};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(map) = decode(bytes) {
        let encoded = encode(map.iter().copied());
        assert_eq!(decode(&encoded).as_ref(), Ok(&map));
        // Only the empty map has several encodings.
        assert!(map.is_empty() || encoded == bytes);
    }
});
