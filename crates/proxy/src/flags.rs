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
pub(crate) const UPSTREAM_PROTOCOL_ERROR: u64 = 0x80_0000;
pub(crate) const NO_CLUSTER_FOUND: u64 = 0x100_0000;

const NAMES: &[(u64, &str, &str)] = &[
    (NO_HEALTHY_UPSTREAM, "UH", "NoHealthyUpstream"),
    (UPSTREAM_REQUEST_TIMEOUT, "UT", "UpstreamRequestTimeout"),
    (UPSTREAM_REMOTE_RESET, "UR", "UpstreamRemoteReset"),
    (UPSTREAM_CONNECTION_FAILURE, "UF", "UpstreamConnectionFailure"),
    (UPSTREAM_CONNECTION_TERMINATION, "UC", "UpstreamConnectionTermination"),
    (NO_ROUTE_FOUND, "NR", "NoRouteFound"),
    (DOWNSTREAM_CONNECTION_TERMINATION, "DC", "DownstreamConnectionTermination"),
    (STREAM_IDLE_TIMEOUT, "SI", "StreamIdleTimeout"),
    (DOWNSTREAM_PROTOCOL_ERROR, "DPE", "DownstreamProtocolError"),
    (UPSTREAM_PROTOCOL_ERROR, "UPE", "UpstreamProtocolError"),
    (NO_CLUSTER_FOUND, "NC", "NoClusterFound"),
];

const NO_RETRY: &[(u64, &str, &str)] = &[
    (UPSTREAM_OVERFLOW, "UO", "UpstreamOverflow"),
    (UPSTREAM_RETRY_LIMIT_EXCEEDED, "URX", "UpstreamRetryLimitExceeded"),
];

/// Flags by their names, separated by commas, in the order in which Envoy comes to set them.
pub(crate) struct Names {
    pub(crate) flags: u64,
    /// `NoRouteFound` rather than `NR`.
    pub(crate) is_long: bool,
    /// Of a request, that there may be no retry is found before what the last attempt has died of; of a connection, after it.
    pub(crate) of_request: bool,
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last): (&[_], &[_]) = if self.of_request { (NO_RETRY, &[]) } else { (&[], NO_RETRY) };
        let mut between = "";
        for (_, short, long) in first.iter().chain(NAMES).chain(last).filter(|(bit, ..)| self.flags & bit != 0) {
            write!(f, "{between}{}", if self.is_long { long } else { short })?;
            between = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn flags_are_shown_in_the_order_in_which_envoy_sets_them() {
        let names = |flags, is_long, of_request| Names { flags, is_long, of_request }.to_string();
        assert_eq!(names(0, false, true), "");
        assert_eq!(names(0x8020, false, true), "URX,UF");
        assert_eq!(names(0x90, false, true), "UO,UR");
        assert_eq!(names(0x8020, false, false), "UF,URX");
        assert_eq!(names(0x8020, true, true), "UpstreamRetryLimitExceeded,UpstreamConnectionFailure");
    }
}
