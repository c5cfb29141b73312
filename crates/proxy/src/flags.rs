//! Envoy's response flags: the bits of `response.flags`, and their names in access logs.

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

const NAMES: &[(u64, &str, &str)] = &[
    (NO_HEALTHY_UPSTREAM, "UH", "NoHealthyUpstream"),
    (UPSTREAM_REQUEST_TIMEOUT, "UT", "UpstreamRequestTimeout"),
    (UPSTREAM_REMOTE_RESET, "UR", "UpstreamRemoteReset"),
    (UPSTREAM_CONNECTION_FAILURE, "UF", "UpstreamConnectionFailure"),
    (UPSTREAM_CONNECTION_TERMINATION, "UC", "UpstreamConnectionTermination"),
    (UPSTREAM_OVERFLOW, "UO", "UpstreamOverflow"),
    (NO_ROUTE_FOUND, "NR", "NoRouteFound"),
    (DOWNSTREAM_CONNECTION_TERMINATION, "DC", "DownstreamConnectionTermination"),
    (UPSTREAM_RETRY_LIMIT_EXCEEDED, "URX", "UpstreamRetryLimitExceeded"),
    (STREAM_IDLE_TIMEOUT, "SI", "StreamIdleTimeout"),
    (DOWNSTREAM_PROTOCOL_ERROR, "DPE", "DownstreamProtocolError"),
    (DURATION_TIMEOUT, "DT", "DurationTimeout"),
    (UPSTREAM_PROTOCOL_ERROR, "UPE", "UpstreamProtocolError"),
    (NO_CLUSTER_FOUND, "NC", "NoClusterFound"),
];

/// Flags by their names, separated by commas.
pub(crate) enum Names {
    /// As in `NR`.
    Short(u64),
    /// As in `NoRouteFound`.
    Long(u64),
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Short(flags) | Self::Long(flags)) = *self;
        let mut between = "";
        for (_, short, long) in NAMES.iter().filter(|(bit, ..)| flags & bit != 0) {
            let name = if matches!(self, Self::Short(_)) { short } else { long };
            write!(f, "{between}{name}")?;
            between = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn flags_are_shown_in_the_order_of_their_bits() {
        assert_eq!(Names::Short(0).to_string(), "");
        assert_eq!(Names::Short(0x8020).to_string(), "UF,URX");
        assert_eq!(Names::Long(0x8020).to_string(), "UpstreamConnectionFailure,UpstreamRetryLimitExceeded");
    }
}
