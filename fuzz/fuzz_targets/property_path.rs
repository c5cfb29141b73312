#![no_main]
//! Property paths: any bytes have segments, and those joined are the path again.

use libfuzzer_sys::fuzz_target;
use tollgate_abi::encoding::property::{SEPARATOR, segments};

fuzz_target!(|bytes: &[u8]| {
    let joined = segments(bytes).collect::<Vec<_>>().join(&SEPARATOR);
    assert_eq!(joined, bytes.strip_suffix(&[SEPARATOR]).unwrap_or(bytes));
});
