//! `envoy.config.accesslog.v3.AccessLogFilter`.

use super::{Message, acted, harmless, refused};

/// `envoy.config.accesslog.v3.AccessLogFilter`.
pub(crate) const ACCESS_LOG_FILTER: Message = Message {
    name: "AccessLogFilter",
    fields: &[
        acted("status_code_filter"),
        acted("duration_filter"),
        acted("not_health_check_filter"),
        refused("traceable_filter", "no request is traced, so nothing would be logged; remove it"),
        acted("runtime_filter"),
        acted("and_filter"),
        acted("or_filter"),
        acted("header_filter"),
        acted("response_flag_filter"),
        acted("grpc_status_filter"),
        refused("extension_filter", OTHER),
        refused("metadata_filter", OTHER),
        acted("log_type_filter"),
    ],
};

const OTHER: &str = "use header_filter and the like, or have a plugin log";

/// `envoy.config.accesslog.v3.StatusCodeFilter`.
pub(crate) const STATUS_CODE_FILTER: Message = Message { name: "StatusCodeFilter", fields: &[acted("comparison")] };

/// `envoy.config.accesslog.v3.DurationFilter`.
pub(crate) const DURATION_FILTER: Message = Message { name: "DurationFilter", fields: &[acted("comparison")] };

/// `envoy.config.accesslog.v3.ComparisonFilter`.
pub(crate) const COMPARISON_FILTER: Message =
    Message { name: "ComparisonFilter", fields: &[acted("op"), acted("value")] };

/// `envoy.config.core.v3.RuntimeUInt32`.
pub(crate) const RUNTIME_UINT32: Message = Message {
    name: "RuntimeUInt32",
    fields: &[acted("default_value"), harmless("runtime_key", "there is no runtime; default_value counts")],
};

/// `envoy.config.accesslog.v3.NotHealthCheckFilter`.
pub(crate) const NOT_HEALTH_CHECK_FILTER: Message = Message { name: "NotHealthCheckFilter", fields: &[] };

/// `envoy.config.accesslog.v3.RuntimeFilter`.
pub(crate) const RUNTIME_FILTER: Message = Message {
    name: "RuntimeFilter",
    fields: &[
        harmless("runtime_key", "there is no runtime; percent_sampled counts"),
        acted("percent_sampled"),
        acted("use_independent_randomness"),
    ],
};

/// `envoy.config.accesslog.v3.AndFilter` and `OrFilter`.
pub(crate) const FILTERS: Message = Message { name: "AndFilter", fields: &[acted("filters")] };

/// `envoy.config.accesslog.v3.HeaderFilter`.
pub(crate) const HEADER_FILTER: Message = Message { name: "HeaderFilter", fields: &[acted("header")] };

/// `envoy.config.accesslog.v3.ResponseFlagFilter`.
pub(crate) const RESPONSE_FLAG_FILTER: Message = Message { name: "ResponseFlagFilter", fields: &[acted("flags")] };

/// `envoy.config.accesslog.v3.GrpcStatusFilter`.
pub(crate) const GRPC_STATUS_FILTER: Message =
    Message { name: "GrpcStatusFilter", fields: &[acted("statuses"), acted("exclude")] };

/// `envoy.config.accesslog.v3.LogTypeFilter`.
pub(crate) const LOG_TYPE_FILTER: Message =
    Message { name: "LogTypeFilter", fields: &[acted("types"), acted("exclude")] };
