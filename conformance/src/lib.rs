//! The conformance suite: every ABI rule on every runtime.
