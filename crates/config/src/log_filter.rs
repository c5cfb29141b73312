//! `envoy.config.accesslog.v3.AccessLogFilter`: what an access log has a line for.

use crate::fields::log_filter::{
    ACCESS_LOG_FILTER, COMPARISON_FILTER, DURATION_FILTER, FILTERS, GRPC_STATUS_FILTER, HEADER_FILTER, LOG_TYPE_FILTER,
    NOT_HEALTH_CHECK_FILTER, RESPONSE_FLAG_FILTER, RUNTIME_FILTER, RUNTIME_UINT32, STATUS_CODE_FILTER,
};
use crate::reader::{Cursor, Object};
use crate::route_match::{self, Fraction, HeaderMatch};

/// Which streams and connections are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFilter {
    /// Envoy's `and_filter`: those that all let through.
    All(Vec<Self>),
    /// Envoy's `or_filter`: those that one lets through.
    Any(Vec<Self>),
    /// Envoy's `duration_filter`, in milliseconds; one whose duration is not known is not logged.
    Duration(Comparison),
    /// Envoy's `response_flag_filter`: those with one of these flags, or with any if there are none.
    Flags(u64),
    /// Envoy's `runtime_filter`.
    Fraction {
        /// Envoy's `percent_sampled`.
        of: Fraction,
        /// Envoy's `use_independent_randomness`: drawn, also where `x-request-id` could decide.
        independent: bool,
    },
    /// Envoy's `grpc_status_filter`.
    GrpcStatus {
        /// Envoy's `statuses`, by their numbers.
        statuses: Vec<u32>,
        /// Envoy's `exclude`: all others.
        exclude: bool,
    },
    /// Envoy's `header_filter`, of the request.
    Header(HeaderMatch),
    /// Envoy's `log_type_filter`.
    LogType {
        /// Envoy's `types`, by their numbers.
        types: Vec<u8>,
        /// Envoy's `exclude`: all others.
        exclude: bool,
    },
    /// Envoy's `not_health_check_filter`: requests that are no health checks. No request is taken for one here.
    NotHealthCheck,
    /// Envoy's `status_code_filter`; 0 where there is none.
    StatusCode(Comparison),
}

/// A number, compared with one of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Envoy's `op`.
    pub operator: ComparisonOperator,
    /// Envoy's `value.default_value`.
    pub value: u32,
}

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonOperator {
    /// Envoy's `EQ`, the default.
    Equal,
    /// Envoy's `GE`: not less.
    AtLeast,
    /// Envoy's `LE`: not more.
    AtMost,
    /// Envoy's `NE`.
    Unequal,
}

/// Short names of Envoy's response flags, each at the place of its bit.
const FLAGS: [&str; 30] = [
    "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC", "URX", "SI", "IH",
    "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR", "UDO",
];

/// Names of gRPC's statuses as Envoy writes them, each at the place of its number.
const STATUSES: [&str; 17] = [
    "OK",
    "CANCELED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Names of Envoy's types of access logs, each at the place of its number.
const TYPES: [&str; 14] = [
    "NotSet",
    "TcpUpstreamConnected",
    "TcpPeriodic",
    "TcpConnectionEnd",
    "DownstreamStart",
    "DownstreamPeriodic",
    "DownstreamEnd",
    "UpstreamPoolReady",
    "UpstreamPeriodic",
    "UpstreamEnd",
    "DownstreamTunnelSuccessfullyEstablished",
    "UdpTunnelUpstreamConnected",
    "UdpPeriodic",
    "UdpSessionEnd",
];

const KINDS: &[&str] = &[
    "status_code_filter",
    "duration_filter",
    "not_health_check_filter",
    "traceable_filter",
    "runtime_filter",
    "and_filter",
    "or_filter",
    "header_filter",
    "response_flag_filter",
    "grpc_status_filter",
    "extension_filter",
    "metadata_filter",
    "log_type_filter",
];

/// Decodes a filter; `None` if it is wrong, which would be the lack of one.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<LogFilter> {
    let object = Object::open(at, &ACCESS_LOG_FILTER)?;
    match object.one_of(KINDS) {
        Some(("status_code_filter", at)) => {
            comparison(&Object::open(&at, &STATUS_CODE_FILTER)?).map(LogFilter::StatusCode)
        }
        Some(("duration_filter", at)) => comparison(&Object::open(&at, &DURATION_FILTER)?).map(LogFilter::Duration),
        Some(("not_health_check_filter", at)) => {
            Object::open(&at, &NOT_HEALTH_CHECK_FILTER).map(|_| LogFilter::NotHealthCheck)
        }
        Some(("runtime_filter", at)) => fraction(&Object::open(&at, &RUNTIME_FILTER)?),
        Some(("and_filter", at)) => several(&at).map(LogFilter::All),
        Some(("or_filter", at)) => several(&at).map(LogFilter::Any),
        Some(("header_filter", at)) => {
            let object = Object::open(&at, &HEADER_FILTER)?;
            let header = object.required("header", "a condition on a header, with name")?;
            route_match::decode_header(&header).map(LogFilter::Header)
        }
        Some(("response_flag_filter", at)) => flags(&Object::open(&at, &RESPONSE_FLAG_FILTER)?),
        Some(("grpc_status_filter", at)) => {
            let object = Object::open(&at, &GRPC_STATUS_FILTER)?;
            let statuses = numbers(&object, "statuses", &STATUSES)?;
            Some(LogFilter::GrpcStatus {
                statuses: statuses.into_iter().map(u32::from).collect(),
                exclude: excludes(&object),
            })
        }
        Some(("log_type_filter", at)) => {
            let object = Object::open(&at, &LOG_TYPE_FILTER)?;
            Some(LogFilter::LogType { types: numbers(&object, "types", &TYPES)?, exclude: excludes(&object) })
        }
        // Refused by the table.
        Some(_) => None,
        None => {
            object.missing(KINDS, "a filter of an access log needs one of its fields, such as \"status_code_filter\"");
            None
        }
    }
}

fn comparison(object: &Object<'_>) -> Option<Comparison> {
    let at = object.required("comparison", "{op: GE, value: {default_value: 500}}")?;
    let object = Object::open(&at, &COMPARISON_FILTER)?;
    let operator = object.get("op").map_or(Some(ComparisonOperator::Equal), |at| {
        at.choice(&[
            ("EQ", 0, ComparisonOperator::Equal),
            ("GE", 1, ComparisonOperator::AtLeast),
            ("LE", 2, ComparisonOperator::AtMost),
            ("NE", 3, ComparisonOperator::Unequal),
        ])
    });
    let value = object.required("value", "{default_value: 500}").and_then(|at| Object::open(&at, &RUNTIME_UINT32));
    let value = value.and_then(|value| value.get("default_value").map_or(Some(0), |at| at.unsigned(0)));
    Some(Comparison { operator: operator?, value: value? })
}

fn fraction(object: &Object<'_>) -> Option<LogFilter> {
    let none = Some(Fraction { numerator: 0, denominator: 100 });
    let of = object.get("percent_sampled").map_or(none, |at| route_match::decode_fraction(&at));
    let independent = object.get("use_independent_randomness").and_then(|at| at.boolean());
    Some(LogFilter::Fraction { of: of?, independent: independent.unwrap_or(false) })
}

fn several(at: &Cursor<'_>) -> Option<Vec<LogFilter>> {
    let object = Object::open(at, &FILTERS)?;
    let items = object.required("filters", "two filters or more")?.items();
    if items.len() < 2 {
        at.error("filters has to have two filters or more");
        return None;
    }
    let decoded: Vec<_> = items.iter().map(decode).collect();
    decoded.into_iter().collect()
}

fn flags(object: &Object<'_>) -> Option<LogFilter> {
    let mut flags = 0;
    for at in object.get("flags").map(|at| at.items()).unwrap_or_default() {
        let name = at.text()?;
        let Some(bit) = FLAGS.iter().position(|known| *known == name) else {
            at.error(format!("unknown response flag {name:?}; there are {}", FLAGS.join(", ")));
            return None;
        };
        flags |= 1 << bit;
    }
    Some(LogFilter::Flags(flags))
}

/// The numbers of a list of names.
fn numbers(object: &Object<'_>, name: &str, known: &[&str]) -> Option<Vec<u8>> {
    let known: Vec<_> = known.iter().zip(0_u8..).map(|(name, number)| (*name, i64::from(number), number)).collect();
    let items = object.get(name).map(|at| at.items()).unwrap_or_default();
    items.iter().map(|at| at.choice(&known)).collect()
}

fn excludes(object: &Object<'_>) -> bool {
    object.get("exclude").and_then(|at| at.boolean()).unwrap_or(false)
}

// === impl Comparison ===

impl Comparison {
    /// Whether it holds for a number.
    pub fn holds(&self, number: u64) -> bool {
        let value = u64::from(self.value);
        match self.operator {
            ComparisonOperator::Equal => number == value,
            ComparisonOperator::AtLeast => number >= value,
            ComparisonOperator::AtMost => number <= value,
            ComparisonOperator::Unequal => number != value,
        }
    }
}
