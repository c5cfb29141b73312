//! Envoy's response flags: the bits of `response.flags`, and their short names in access logs.

use std::fmt;

pub(crate) const NO_HEALTHY_UPSTREAM: u64 = 0x2;
pub(crate) const UPSTREAM_REQUEST_TIMEOUT: u64 = 0x4;
pub(crate) const UPSTREAM_REMOTE_RESET: u64 = 0x10;
pub(crate) const UPSTREAM_CONNECTION_FAILURE: u64 = 0x20;
pub(crate) const UPSTREAM_CONNECTION_TERMINATION: u64 = 0x40;
pub(crate) const UPSTREAM_OVERFLOW: u64 = 0x80;
pub(crate) const NO_ROUTE_FOUND: u64 = 0x100;
pub(crate) const DOWNSTREAM_CONNECTION_TERMINATION: u64 = 0x4000;
pub(crate) const UPSTREAM_RETRY_LIMIT_EXCEEDED: u64 = 0x8000;
pub(crate) const STREAM_IDLE_TIMEOUT: u64 = 0x1_0000;
pub(crate) const DOWNSTREAM_PROTOCOL_ERROR: u64 = 0x4_0000;
pub(crate) const DURATION_TIMEOUT: u64 = 0x40_0000;
pub(crate) const UPSTREAM_PROTOCOL_ERROR: u64 = 0x80_0000;
pub(crate) const NO_CLUSTER_FOUND: u64 = 0x100_0000;

const SHORT_NAMES: &[(u64, &str)] = &[
    (NO_HEALTHY_UPSTREAM, "UH"),
    (UPSTREAM_REQUEST_TIMEOUT, "UT"),
    (UPSTREAM_REMOTE_RESET, "UR"),
    (UPSTREAM_CONNECTION_FAILURE, "UF"),
    (UPSTREAM_CONNECTION_TERMINATION, "UC"),
    (UPSTREAM_OVERFLOW, "UO"),
    (NO_ROUTE_FOUND, "NR"),
    (DOWNSTREAM_CONNECTION_TERMINATION, "DC"),
    (UPSTREAM_RETRY_LIMIT_EXCEEDED, "URX"),
    (STREAM_IDLE_TIMEOUT, "SI"),
    (DOWNSTREAM_PROTOCOL_ERROR, "DPE"),
    (DURATION_TIMEOUT, "DT"),
    (UPSTREAM_PROTOCOL_ERROR, "UPE"),
    (NO_CLUSTER_FOUND, "NC"),
];

/// Flags by their short names, separated by commas.
pub(crate) struct ShortNames(pub(crate) u64);

impl fmt::Display for ShortNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for (_, name) in SHORT_NAMES.iter().filter(|(bit, _)| self.0 & bit != 0) {
            write!(f, "{between}{name}")?;
            between = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ShortNames;

    #[test]
    fn flags_are_shown_in_the_order_of_their_bits() {
        assert_eq!(ShortNames(0).to_string(), "");
        assert_eq!(ShortNames(0x8020).to_string(), "UF,URX");
    }
}
