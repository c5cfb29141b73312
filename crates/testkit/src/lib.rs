//! Support for tests, one noun per module.
//!
//! * [`native`]: an engine whose "module" is Rust code, so that host logic is tested without any engine.
//! * [`guest`]: guests written as text with the ABI's own names, for tests of real engines.
//! * [`hostile`]: plugins of which a callback does not end.
//! * [`rig`]: plugins in a chain, with scripted peers on both sides of a stream.
//! * [`expressions`]: texts of the Common Expression Language, chosen by bytes.
//! * [`strict`]: a reader of HTTP/1.1 that takes nothing in two ways.
//! * [`clock`], [`random`], [`log`]: what the host asks of its embedder, deterministic.

#![forbid(unsafe_code)]

pub mod clock;
pub mod expressions;
pub mod guest;
pub mod hostile;
pub mod log;
pub mod native;
pub mod random;
pub mod rig;
pub mod strict;
