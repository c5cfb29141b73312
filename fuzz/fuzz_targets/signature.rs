#![no_main]
//! Signatures of modules: any bytes are refused or accepted without a panic, and only what a key's owner has signed is accepted.

use libfuzzer_sys::fuzz_target;
use tollgate_host::module::{SigningKey, verify_signature};

/// Modules that the owner of the key has signed.
const SIGNED: [&[u8]; 3] = [
    include_bytes!("../../crates/host/src/module/signed/signed.wasm"),
    include_bytes!("../../crates/host/src/module/signed/parts.wasm"),
    include_bytes!("../../crates/host/src/module/signed/both.wasm"),
];

fuzz_target!(|bytes: &[u8]| {
    let key = include_bytes!("../../crates/host/src/module/signed/one.pub");
    let key = SigningKey::from_bytes(key).expect("a key");
    if verify_signature(bytes, &[key]).is_ok() {
        // Whatever else the section has, what follows it is one of the modules.
        assert!(SIGNED.iter().any(|signed| bytes.ends_with(&signed[signed.len() - 101..])));
    }
});
