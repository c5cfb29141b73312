//! `node.metadata.tollgate`: what Envoy's configuration has no field for. Envoy takes any structure there, and reads none.

use super::{Message, acted};

/// `node.metadata.tollgate`.
pub(crate) const TOLLGATE: Message =
    Message { name: "node.metadata.tollgate", fields: &[acted("plugins"), acted("shared_data")] };

/// What is said about a plugin, or about all.
pub(crate) const PLUGIN_POLICY: Message = Message {
    name: "PluginPolicy",
    fields: &[acted("limits"), acted("isolation"), acted("rebuild"), acted("allow"), acted("signed_by")],
};

/// When its VM has been used enough.
pub(crate) const REBUILD: Message = Message { name: "rebuild", fields: &[acted("memory_bytes"), acted("streams")] };

/// What it may use.
pub(crate) const ALLOW: Message = Message {
    name: "allow",
    fields: &[
        acted("clusters"),
        acted("foreign_functions"),
        acted("write_headers"),
        acted("set_properties"),
        acted("environment_keys"),
    ],
};

/// How much it may take.
pub(crate) const LIMITS: Message = Message {
    name: "limits",
    fields: &[
        acted("callback_deadline"),
        acted("start_deadline"),
        acted("fuel"),
        acted("memory_bytes"),
        acted("table_elements"),
        acted("strikes"),
        acted("shared_data_bytes"),
        acted("queues"),
        acted("queue_bytes"),
        acted("metrics"),
        acted("metric_name_bytes"),
        acted("header_bytes"),
        acted("body_bytes"),
        acted("call_bytes"),
        acted("calls"),
        acted("response_bytes"),
        acted("answer_bytes"),
        acted("property_bytes"),
        acted("contexts"),
        acted("instances"),
        acted("log_messages"),
        acted("log_messages_per_second"),
        acted("timer_period"),
    ],
};
