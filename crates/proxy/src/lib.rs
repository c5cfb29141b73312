//! The async data plane around the host library.
