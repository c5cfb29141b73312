//! Whether a log has a line for something.

use crate::format::Facts;
use crate::request_id;
use crate::route::matches_header;
use tollgate_config::{AccessLogger, Fraction, LogFilter};

/// Whether a filter lets it through.
pub(crate) fn lets_through(filter: &LogFilter, facts: &Facts<'_>) -> bool {
    match filter {
        LogFilter::All(filters) => filters.iter().all(|filter| lets_through(filter, facts)),
        LogFilter::Any(filters) => filters.iter().any(|filter| lets_through(filter, facts)),
        LogFilter::Duration(comparison) => {
            let nanos = facts.info.duration_nanos.and_then(|nanos| u64::try_from(nanos).ok());
            nanos.is_some_and(|nanos| comparison.holds(nanos / 1_000_000))
        }
        LogFilter::Flags(0) => facts.info.response_flags != 0,
        LogFilter::Flags(flags) => facts.info.response_flags & flags != 0,
        LogFilter::Fraction { of, independent } => is_in(*of, *independent, facts),
        LogFilter::GrpcStatus { statuses, exclude } => {
            statuses.contains(&facts.grpc_status().unwrap_or(crate::grpc_status::UNKNOWN)) != *exclude
        }
        LogFilter::Header(matcher) => matches_header(matcher, facts.request),
        LogFilter::LogType { types, exclude } => types.contains(&facts.kind.number()) != *exclude,
        LogFilter::NotHealthCheck => true,
        LogFilter::StatusCode(comparison) => comparison.holds(facts.status()),
    }
}

/// Whether any of these plugins is told of some streams only.
pub(crate) fn chooses(loggers: &[AccessLogger]) -> bool {
    loggers.iter().any(|logger| logger.filter.is_some())
}

/// Which of these plugins are told of a stream.
pub(crate) fn chosen(loggers: &[AccessLogger], facts: &Facts<'_>) -> Vec<bool> {
    let lets = |logger: &AccessLogger| logger.filter.as_ref().is_none_or(|filter| lets_through(filter, facts));
    loggers.iter().map(lets).collect()
}

/// Whether something is in a fraction. The request's id decides, so that every proxy on its way decides alike, as in Envoy.
fn is_in(fraction: Fraction, independent: bool, facts: &Facts<'_>) -> bool {
    let id = facts.request.value(b"x-request-id").filter(|_| !independent);
    let digits = id.and_then(|id| std::str::from_utf8(id.get(..8)?).ok());
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.unwrap_or_else(request_id::random) % u64::from(fraction.denominator) < u64::from(fraction.numerator)
}

#[cfg(test)]
mod tests {
    use super::lets_through;
    use crate::format::{Facts, LogType};
    use tollgate_config::{Comparison, ComparisonOperator, Fraction, LogFilter};
    use tollgate_host::fields::HeaderMap;
    use tollgate_host::stream::StreamInfo;

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        fields.iter().copied().collect()
    }

    fn status(operator: ComparisonOperator, value: u32) -> LogFilter {
        LogFilter::StatusCode(Comparison { operator, value })
    }

    #[test]
    fn statuses_are_compared_and_none_is_0() {
        let (request, info) = (HeaderMap::new(), StreamInfo::default());
        let response = headers(&[(":status", "404")]);
        let answered = Facts { response: Some(&response), ..Facts::new(&request, &info) };
        for (operator, held) in [
            (ComparisonOperator::Equal, [false, true, false]),
            (ComparisonOperator::AtLeast, [true, true, false]),
            (ComparisonOperator::AtMost, [false, true, true]),
            (ComparisonOperator::Unequal, [true, false, true]),
        ] {
            assert_eq!([403, 404, 405].map(|value| lets_through(&status(operator, value), &answered)), held);
        }
        assert!(lets_through(&status(ComparisonOperator::Equal, 0), &Facts::new(&request, &info)));
    }

    #[test]
    fn filters_are_joined() {
        let (request, info) = (HeaderMap::new(), StreamInfo::default());
        let facts = Facts::new(&request, &info);
        let (yes, no) = (LogFilter::NotHealthCheck, status(ComparisonOperator::AtLeast, 1));
        assert!(!lets_through(&LogFilter::All(vec![yes.clone(), no.clone()]), &facts));
        assert!(lets_through(&LogFilter::Any(vec![no, yes]), &facts));
    }

    #[test]
    fn durations_flags_types_and_statuses_of_grpc() {
        let request = HeaderMap::new();
        let info = StreamInfo { duration_nanos: Some(7_900_000), response_flags: 0x100, ..StreamInfo::default() };
        let trailers = headers(&[("grpc-status", "5")]);
        let kind = LogType::TcpConnectionEnd;
        let facts = Facts { kind, trailers: Some(&trailers), ..Facts::new(&request, &info) };
        let took = |value| LogFilter::Duration(Comparison { operator: ComparisonOperator::AtLeast, value });
        assert!(lets_through(&took(7), &facts) && !lets_through(&took(8), &facts));
        let none = StreamInfo::default();
        assert!(!lets_through(&took(0), &Facts::new(&request, &none)), "it is not known how long it took");
        assert!([0, 0x100, 0x180].iter().all(|flags| lets_through(&LogFilter::Flags(*flags), &facts)));
        assert!(!lets_through(&LogFilter::Flags(0x80), &facts));
        assert!(!lets_through(&LogFilter::Flags(0), &Facts::new(&request, &none)));
        for (number, is_it) in [(3, true), (6, false)] {
            let of = |exclude| LogFilter::LogType { types: vec![number], exclude };
            assert_eq!((lets_through(&of(false), &facts), lets_through(&of(true), &facts)), (is_it, !is_it));
        }
        for (status, is_it) in [(5, true), (0, false)] {
            let of = |exclude| LogFilter::GrpcStatus { statuses: vec![status], exclude };
            assert_eq!((lets_through(&of(false), &facts), lets_through(&of(true), &facts)), (is_it, !is_it));
        }
        let unknown = LogFilter::GrpcStatus { statuses: vec![2], exclude: false };
        assert!(lets_through(&unknown, &Facts::new(&request, &none)), "what tells no status is unknown");
    }

    #[test]
    fn a_request_s_id_decides_about_a_fraction() {
        let info = StreamInfo::default();
        let of =
            |numerator, independent| LogFilter::Fraction { of: Fraction { numerator, denominator: 100 }, independent };
        // 0x0000_0063 is 99.
        for (id, numerator, expected) in [("00000063-", 99, false), ("00000063-", 100, true), ("00000000-", 1, true)] {
            let request = headers(&[("x-request-id", id)]);
            assert_eq!(lets_through(&of(numerator, false), &Facts::new(&request, &info)), expected, "{id} {numerator}");
            assert!(lets_through(&of(100, true), &Facts::new(&request, &info)));
            assert!(!lets_through(&of(0, true), &Facts::new(&request, &info)));
        }
    }
}
