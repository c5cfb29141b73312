//! The wasmer runtime: ahead-of-time compilation.
