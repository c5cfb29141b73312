//! `envoy.config.route.v3.RetryPolicy`.

use super::advice::REMOVE;
use super::{Message, acted, refused};

/// `envoy.config.route.v3.RetryPolicy`.
pub(crate) const RETRY_POLICY: Message = Message {
    name: "RetryPolicy",
    fields: &[
        acted("retry_on"),
        acted("num_retries"),
        acted("per_try_timeout"),
        acted("per_try_idle_timeout"),
        acted("retry_host_predicate"),
        acted("host_selection_retry_max_attempts"),
        acted("retriable_status_codes"),
        acted("retry_back_off"),
        acted("retriable_headers"),
        acted("retriable_request_headers"),
        refused("retry_priority", "priorities are chosen by health only; remove it"),
        refused("retry_options_predicates", REMOVE),
        refused("rate_limited_retry_back_off", "use retry_back_off"),
    ],
};

/// `envoy.config.route.v3.RetryPolicy.RetryBackOff`.
pub(crate) const RETRY_BACK_OFF: Message =
    Message { name: "RetryBackOff", fields: &[acted("base_interval"), acted("max_interval")] };

/// `envoy.config.route.v3.RetryPolicy.RetryHostPredicate`.
pub(crate) const RETRY_HOST_PREDICATE: Message = Message {
    name: "RetryHostPredicate",
    fields: &[acted("name"), super::harmless("typed_config", "the name says it")],
};
