//! The guests, as modules in binary form.

use tollgate_abi::{AbiVersion, Callback};

/// A plugin of about 1 KB, from WAT.
pub const SMALL: &[u8] = include_bytes!("../../examples/hello/plugin.wasm");

/// A plugin of about 150 KB, written in Rust with the public SDK.
pub const SDK: &[u8] = include_bytes!("../../examples/auth/plugin.wasm");

/// The configuration that [`SDK`] asks for.
pub const SDK_CONFIGURATION: &str = r#"{"realm": "tollgate", "tokens": {"alice": "wonderland"}}"#;

/// Exports every callback of a stream and does nothing.
pub fn empty() -> Vec<u8> {
    module(include_str!("../guests/empty.wat"))
}

/// Reads a request header and adds a response header.
pub fn get_add() -> Vec<u8> {
    module(include_str!("../guests/get_add.wat"))
}

/// Makes a host call `calls` times in a callback. `call` is a call as tollgate-testkit writes it, without its braces.
pub fn hostcall(callback: Callback, calls: u64, call: &str) -> Vec<u8> {
    let text = include_str!("../guests/hostcall.wat")
        .replace("CALLBACK", callback.name)
        .replace("CALLS", &calls.to_string())
        .replace("CALL)", &format!("{{{{result {call}}}}})"));
    module(&text)
}

fn module(text: &str) -> Vec<u8> {
    let text = tollgate_testkit::guest::assemble(text, AbiVersion::V0_2_1).expect("the guest's tokens are right");
    wat::parse_str(text).expect("the guest's text is right")
}
