//! `envoy.config.bootstrap.v3` and the node.

use super::advice::{NO_DNS_TUNING, NO_STATS, REMOVE, STATIC, TYPED_CONFIG};
use super::{Message, acted, harmless, only, refused, renamed};

/// `envoy.config.bootstrap.v3.Bootstrap`.
pub(crate) const BOOTSTRAP: Message = Message {
    name: "Bootstrap",
    fields: &[
        acted("node"),
        acted("static_resources"),
        acted("admin"),
        acted("layered_runtime"),
        harmless("node_context_params", "there is no xDS server to tell"),
        only("dynamic_resources", &["{}"], STATIC),
        only("cluster_manager", &["{}"], REMOVE),
        refused("hds_config", REMOVE),
        harmless("flags_path", "it holds flags of Envoy's own"),
        acted("stats_sinks"),
        harmless("deferred_stat_options", NO_STATS),
        acted("stats_config"),
        acted("stats_flush_interval"),
        only("stats_flush_on_admin", &["false"], "use stats_flush_interval"),
        harmless("stats_eviction_interval", NO_STATS),
        harmless("watchdog", "no thread is watched"),
        harmless("watchdogs", "no thread is watched"),
        refused("tracing", "no spans are made; remove it"),
        renamed("runtime", "write layered_runtime"),
        acted("overload_manager"),
        harmless("enable_dispatcher_stats", NO_STATS),
        refused("header_prefix", REMOVE),
        harmless("stats_server_version_override", NO_STATS),
        harmless("use_tcp_for_dns_lookups", NO_DNS_TUNING),
        acted("dns_resolution_config"),
        acted("typed_dns_resolver_config"),
        acted("bootstrap_extensions"),
        harmless("fatal_actions", "there are no signal handlers to extend"),
        refused("config_sources", STATIC),
        refused("default_config_source", STATIC),
        refused("default_socket_interface", REMOVE),
        refused(
            "certificate_provider_instances",
            "write tls_certificates and validation_context where they are used; remove it",
        ),
        harmless("inline_headers", "it only tunes Envoy's header storage"),
        harmless("perf_tracing_file_path", "Envoy's performance trace is not written"),
        harmless("default_regex_engine", "no regular expression is read"),
        refused("xds_delegate_extension", STATIC),
        refused("xds_config_tracker_extension", STATIC),
        refused("listener_manager", REMOVE),
        harmless("application_log_config", "the command line chooses the form of logs"),
        harmless("grpc_async_client_manager_config", "there is no gRPC client"),
        harmless("memory_allocator_manager", "it only tunes Envoy's allocator"),
    ],
};

/// `envoy.config.core.v3.TypedExtensionConfig`.
pub(crate) const TYPED_EXTENSION_CONFIG: Message =
    Message { name: "TypedExtensionConfig", fields: &[acted("name"), acted("typed_config")] };

/// `envoy.config.metrics.v3.StatsSink`.
pub(crate) const STATS_SINK: Message =
    Message { name: "StatsSink", fields: &[acted("name"), acted("typed_config"), renamed("config", TYPED_CONFIG)] };

/// `envoy.config.bootstrap.v3.Bootstrap.StaticResources`.
pub(crate) const STATIC_RESOURCES: Message = Message {
    name: "StaticResources",
    fields: &[
        acted("listeners"),
        acted("clusters"),
        harmless("secrets", "certificates are written where they are used"),
    ],
};

/// `envoy.config.core.v3.Node`.
pub(crate) const NODE: Message = Message {
    name: "Node",
    fields: &[
        acted("id"),
        acted("cluster"),
        acted("metadata"),
        harmless("dynamic_parameters", "there is no xDS server to tell"),
        acted("locality"),
        harmless("user_agent_name", "there is no xDS server to tell"),
        harmless("user_agent_version", "there is no xDS server to tell"),
        harmless("user_agent_build_version", "there is no xDS server to tell"),
        harmless("build_version", "there is no xDS server to tell"),
        harmless("extensions", "there is no xDS server to tell"),
        harmless("client_features", "there is no xDS server to tell"),
        harmless("listening_addresses", "there is no xDS server to tell"),
    ],
};

/// `envoy.config.bootstrap.v3.Admin`.
pub(crate) const ADMIN: Message = Message {
    name: "Admin",
    fields: &[
        acted("address"),
        acted("access_log"),
        acted("access_log_path"),
        harmless("profile_path", "no profiles are written"),
        refused("socket_options", REMOVE),
        harmless("ignore_global_conn_limit", "no limit holds for it"),
        refused("allow_paths", "every admin path is served; remove it, or keep the admin address private"),
    ],
};

/// `envoy.config.bootstrap.v3.LayeredRuntime`.
pub(crate) const LAYERED_RUNTIME: Message = Message { name: "LayeredRuntime", fields: &[acted("layers")] };

/// `envoy.config.bootstrap.v3.RuntimeLayer`.
pub(crate) const RUNTIME_LAYER: Message = Message {
    name: "RuntimeLayer",
    fields: &[
        acted("name"),
        acted("static_layer"),
        harmless("admin_layer", "there are no runtime flags to change"),
        refused("disk_layer", "there are no runtime flags; remove it"),
        refused("rtds_layer", "there are no runtime flags; remove it"),
    ],
};
