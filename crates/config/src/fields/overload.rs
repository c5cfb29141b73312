//! `envoy.config.overload.v3` and its resource monitors.

use super::advice::TYPED_CONFIG;
use super::{Message, acted, refused, renamed};

/// `envoy.config.overload.v3.OverloadManager`.
pub(crate) const OVERLOAD_MANAGER: Message = Message {
    name: "OverloadManager",
    fields: &[
        acted("refresh_interval"),
        acted("resource_monitors"),
        acted("actions"),
        refused("loadshed_points", "write an action of the same effect"),
        refused("buffer_factory_config", "it is for an action that Tollgate does not have; remove it"),
    ],
};

/// `envoy.config.overload.v3.ResourceMonitor`.
pub(crate) const RESOURCE_MONITOR: Message = Message {
    name: "ResourceMonitor",
    fields: &[acted("name"), acted("typed_config"), renamed("config", TYPED_CONFIG)],
};

/// `envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig`.
pub(crate) const FIXED_HEAP: Message = Message { name: "FixedHeapConfig", fields: &[acted("max_heap_size_bytes")] };

/// `envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig`.
pub(crate) const DOWNSTREAM_CONNECTIONS: Message =
    Message { name: "DownstreamConnectionsConfig", fields: &[acted("max_active_downstream_connections")] };

/// `envoy.config.overload.v3.OverloadAction`.
pub(crate) const OVERLOAD_ACTION: Message = Message {
    name: "OverloadAction",
    fields: &[
        acted("name"),
        acted("triggers"),
        refused("typed_config", "no action of Tollgate has a configuration; remove it"),
    ],
};

/// `envoy.config.overload.v3.Trigger`.
pub(crate) const TRIGGER: Message = Message {
    name: "Trigger",
    fields: &[acted("name"), acted("threshold"), refused("scaled", "actions are done wholly or not; write threshold")],
};

/// `envoy.config.overload.v3.ThresholdTrigger`.
pub(crate) const THRESHOLD_TRIGGER: Message = Message { name: "ThresholdTrigger", fields: &[acted("value")] };
