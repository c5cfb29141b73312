//! The foreign functions that Envoy offers to proxy-wasm plugins, for `proxy_call_foreign_function`.
//!
//! | function | arguments | results |
//! |---|---|---|
//! | `compress` | bytes | a zlib stream |
//! | `uncompress` | a zlib stream | bytes |
//! | `sign` | [`SignArguments`](messages::SignArguments) | [`SignResult`](messages::SignResult) |
//! | `verify_signature` | [`VerifySignatureArguments`](messages::VerifySignatureArguments) | [`VerifySignatureResult`](messages::VerifySignatureResult) |
//! | `clear_route_cache` | | |
//! | `declare_property` | [`DeclarePropertyArguments`](messages::DeclarePropertyArguments) | |
//! | `set_envoy_filter_state` | [`SetEnvoyFilterStateArguments`](messages::SetEnvoyFilterStateArguments) | |
//! | `expr_create` | an expression of the Common Expression Language, as text | its number (u32) |
//! | `expr_evaluate` | the number | the value, encoded as a property is |
//! | `expr_delete` | the number | |
//!
//! Integers are little-endian; messages are protobuf. Arguments that are not what is asked for are answered
//! `BAD_ARGUMENT`.
//!
//! ```
//! let functions = tollgate_foreign::functions();
//! assert!(functions.contains("verify_signature"));
//! ```

#![forbid(unsafe_code)]

mod compression;
pub mod expressions;
mod filter_state;
mod guard;
pub mod messages;
mod properties;
mod signature;

use bytes::Bytes;
use tollgate_host::foreign::ForeignFunctions;

/// All of them. An embedder may add its own, or replace some.
pub fn functions() -> ForeignFunctions {
    let mut functions = ForeignFunctions::default();
    functions.add("compress", compression::compress);
    functions.add("uncompress", compression::uncompress);
    functions.add("sign", signature::sign);
    functions.add("verify_signature", signature::verify_signature);
    functions.add("clear_route_cache", |caller, _| {
        caller.clear_route_cache();
        Ok(Bytes::new())
    });
    functions.add("declare_property", properties::declare_property);
    functions.add("set_envoy_filter_state", filter_state::set_envoy_filter_state);
    functions.add("expr_create", expressions::create);
    functions.add("expr_evaluate", expressions::evaluate);
    functions.add("expr_delete", expressions::delete);
    functions
}
