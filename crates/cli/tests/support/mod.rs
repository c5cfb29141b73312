//! What tests of the real program share: the program as a process, HTTP on raw sockets, scripted upstreams, and
//! configurations. Nothing here sleeps: whatever is waited for is a line, a byte, an answer or the end of a process.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod bootstrap;
pub(crate) mod grpc;
pub(crate) mod http2;
pub(crate) mod lines;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod tls;
pub(crate) mod upstream;
pub(crate) mod wire;

use std::time::Duration;

/// A guest as `tollgate_testkit::guest` has them, for the newest version of the ABI.
pub(crate) fn guest(text: &str) -> String {
    tollgate_testkit::guest::assemble(text, tollgate_abi::AbiVersion::V0_2_1).expect("the guest's text is right")
}

/// How long anything may take before a test fails. Generous, since it is spent only where something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
