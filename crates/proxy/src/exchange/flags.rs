//! Envoy's response flags, as `response.flags` shows them.

pub(super) const NO_HEALTHY_UPSTREAM: u64 = 0x2;
pub(super) const UPSTREAM_REQUEST_TIMEOUT: u64 = 0x4;
pub(super) const UPSTREAM_CONNECTION_TERMINATION: u64 = 0x40;
pub(super) const NO_ROUTE_FOUND: u64 = 0x100;
pub(super) const DOWNSTREAM_CONNECTION_TERMINATION: u64 = 0x4000;
pub(super) const STREAM_IDLE_TIMEOUT: u64 = 0x1_0000;
pub(super) const DOWNSTREAM_PROTOCOL_ERROR: u64 = 0x4_0000;
pub(super) const UPSTREAM_RETRY_LIMIT_EXCEEDED: u64 = 0x8000;
pub(super) const DURATION_TIMEOUT: u64 = 0x40_0000;
pub(super) const NO_CLUSTER_FOUND: u64 = 0x100_0000;
