//! Names and aliases.

use crate::error::UnknownRuntime;
use crate::{known, names};

/// The names that Envoy's configuration uses, and the runtime that stands in for each: of the same kind where there is
/// one (a JIT for V8, ahead-of-time compilation for WAVM, an interpreter for WAMR).
pub(crate) const ALIASES: [(&str, &str); 4] = [
    ("envoy.wasm.runtime.v8", "wasmtime"),
    ("envoy.wasm.runtime.wasmtime", "wasmtime"),
    ("envoy.wasm.runtime.wavm", "wasmer"),
    ("envoy.wasm.runtime.wamr", "wasmi"),
];

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Name of a runtime that was built in.
    pub name: &'static str,
    /// The name was one of Envoy's.
    pub alias: bool,
}

/// Finds the runtime that a name means: its own name, or one of Envoy's (`envoy.wasm.runtime.v8` and the like).
///
/// # Errors
///
/// The name is not known, or the runtime that it means was not built in.
pub fn resolve(name: &str) -> Result<Resolved, UnknownRuntime> {
    let target = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, target)| *target);
    let meant = target.unwrap_or(name);
    match names().iter().find(|built_in| **built_in == meant) {
        Some(found) => Ok(Resolved { name: found, alias: target.is_some() }),
        None => Err(UnknownRuntime::new(name)),
    }
}

/// The runtime that a name means, built in or not.
pub(crate) fn meaning(name: &str) -> Option<&'static str> {
    let target = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, target)| target);
    known().iter().copied().find(|known| *known == target)
}
