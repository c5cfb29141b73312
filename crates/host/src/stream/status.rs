//! What stream callbacks return (`FilterHeadersStatus` and its siblings in the C++ SDK). Out-of-range values mean what
//! they mean in Envoy: the strictest one.

/// Answer of a headers callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadersStatus {
    Continue,
    /// Hold the headers; body callbacks go on.
    StopIteration,
    /// Hold everything; the body is buffered up to the limit, past which the stream fails.
    StopAllIterationAndBuffer,
    /// Hold everything; past the limit the sender is made to wait.
    StopAllIterationAndWatermark,
}

impl HeadersStatus {
    /// 1 means 4 unless the plugin's configuration asks for the literal meaning. 2 (continue and end the stream) means 0.
    pub(crate) fn decode(value: i32, allow_stop_iteration: bool) -> Self {
        match value {
            0 | 2 => Self::Continue,
            1 if allow_stop_iteration => Self::StopIteration,
            3 => Self::StopAllIterationAndBuffer,
            _ => Self::StopAllIterationAndWatermark,
        }
    }
}

/// Answer of a body callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyStatus {
    Continue,
    /// Keep, and show everything kept the next time.
    StopIterationAndBuffer,
    /// Keep, and show only what is new the next time; past the limit the sender is made to wait.
    StopIterationAndWatermark,
    /// Do not keep.
    StopIterationNoBuffer,
}

impl BodyStatus {
    pub(crate) fn decode(value: i32) -> Self {
        match value {
            0 => Self::Continue,
            1 => Self::StopIterationAndBuffer,
            2 => Self::StopIterationAndWatermark,
            _ => Self::StopIterationNoBuffer,
        }
    }
}

/// Answer of a trailers callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrailersStatus {
    Continue,
    StopIteration,
}

impl TrailersStatus {
    pub(crate) fn decode(value: i32) -> Self {
        if value == 0 { Self::Continue } else { Self::StopIteration }
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyStatus, HeadersStatus, TrailersStatus};

    #[test]
    fn values_out_of_range_mean_the_strictest() {
        for value in [4, 5, -1, i32::MAX] {
            assert_eq!(HeadersStatus::decode(value, true), HeadersStatus::StopAllIterationAndWatermark);
            assert_eq!(BodyStatus::decode(value), BodyStatus::StopIterationNoBuffer);
            assert_eq!(TrailersStatus::decode(value), TrailersStatus::StopIteration);
        }
    }

    #[test]
    fn pause_from_headers_stops_everything_unless_opted_out() {
        assert_eq!(HeadersStatus::decode(1, false), HeadersStatus::StopAllIterationAndWatermark);
        assert_eq!(HeadersStatus::decode(1, true), HeadersStatus::StopIteration);
        assert_eq!(HeadersStatus::decode(2, false), HeadersStatus::Continue);
    }
}
