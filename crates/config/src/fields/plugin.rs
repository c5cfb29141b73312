//! `envoy.extensions.wasm.v3`, the filter that holds it, and data sources.

use super::{Message, acted, harmless, misplaced, refused, renamed};

/// `envoy.extensions.filters.http.wasm.v3.Wasm`, and the messages of the same name and shape for network filters and
/// stats sinks.
pub(crate) const WASM: Message = Message { name: "Wasm", fields: &[acted("config")] };

/// `envoy.extensions.access_loggers.wasm.v3.WasmAccessLog`.
pub(crate) const WASM_ACCESS_LOG: Message = Message { name: "WasmAccessLog", fields: &[acted("config")] };

/// `envoy.extensions.wasm.v3.WasmService`.
pub(crate) const WASM_SERVICE: Message =
    Message { name: "WasmService", fields: &[acted("config"), acted("singleton")] };

/// `envoy.extensions.wasm.v3.PluginConfig`.
pub(crate) const PLUGIN_CONFIG: Message = Message {
    name: "PluginConfig",
    fields: &[
        acted("name"),
        acted("root_id"),
        acted("vm_config"),
        acted("configuration"),
        acted("fail_open"),
        acted("failure_policy"),
        acted("reload_config"),
        acted("capability_restriction_config"),
        acted("allow_on_headers_stop_iteration"),
        renamed("group_name", "write root_id"),
        renamed("inline_vm_config", "write vm_config"),
        misplaced("vm_id", "it goes under vm_config"),
    ],
};

/// `envoy.extensions.wasm.v3.ReloadConfig`.
pub(crate) const RELOAD_CONFIG: Message = Message { name: "ReloadConfig", fields: &[acted("backoff")] };

/// `envoy.config.core.v3.BackoffStrategy`.
pub(crate) const BACKOFF_STRATEGY: Message = Message {
    name: "BackoffStrategy",
    fields: &[acted("base_interval"), harmless("max_interval", "Envoy does not use it either")],
};

/// `envoy.extensions.wasm.v3.CapabilityRestrictionConfig`.
pub(crate) const CAPABILITY_RESTRICTION_CONFIG: Message =
    Message { name: "CapabilityRestrictionConfig", fields: &[acted("allowed_capabilities")] };

/// `envoy.extensions.wasm.v3.SanitizationConfig`.
pub(crate) const SANITIZATION_CONFIG: Message = Message { name: "SanitizationConfig", fields: &[] };

/// `envoy.extensions.wasm.v3.VmConfig`.
pub(crate) const VM_CONFIG: Message = Message {
    name: "VmConfig",
    fields: &[
        acted("vm_id"),
        acted("runtime"),
        acted("code"),
        acted("configuration"),
        acted("allow_precompiled"),
        acted("environment_variables"),
        harmless("nack_on_code_cache_miss", "a configuration is taken when its code is there, and never before"),
        renamed("vm", "write runtime, such as envoy.wasm.runtime.v8"),
        renamed("initial_configuration", "write configuration"),
        misplaced("root_id", "it goes beside vm_config, not under it"),
    ],
};

/// `envoy.extensions.wasm.v3.EnvironmentVariables`.
pub(crate) const ENVIRONMENT_VARIABLES: Message =
    Message { name: "EnvironmentVariables", fields: &[acted("host_env_keys"), acted("key_values")] };

/// `envoy.config.core.v3.AsyncDataSource`.
pub(crate) const ASYNC_DATA_SOURCE: Message = Message {
    name: "AsyncDataSource",
    fields: &[
        acted("local"),
        acted("remote"),
        misplaced("filename", "it goes under local"),
        misplaced("inline_string", "it goes under local"),
        misplaced("inline_bytes", "it goes under local"),
    ],
};

/// `envoy.config.core.v3.RemoteDataSource`.
pub(crate) const REMOTE_DATA_SOURCE: Message =
    Message { name: "RemoteDataSource", fields: &[acted("http_uri"), acted("sha256"), acted("retry_policy")] };

/// `envoy.config.core.v3.HttpUri`.
pub(crate) const HTTP_URI: Message =
    Message { name: "HttpUri", fields: &[acted("uri"), acted("cluster"), acted("timeout")] };

/// `envoy.config.core.v3.RetryPolicy`.
pub(crate) const REMOTE_RETRY_POLICY: Message = Message {
    name: "RetryPolicy",
    fields: &[
        acted("retry_back_off"),
        acted("num_retries"),
        harmless("retry_on", "Envoy does not use it for code either"),
        harmless("retry_priority", "Envoy does not use it for code either"),
        harmless("retry_host_predicate", "Envoy does not use it for code either"),
        harmless("host_selection_retry_max_attempts", "Envoy does not use it for code either"),
    ],
};

/// `envoy.config.core.v3.BackoffStrategy`, where both intervals count.
pub(crate) const BACKOFF_STRATEGY_OF_RETRIES: Message =
    Message { name: "BackoffStrategy", fields: &[acted("base_interval"), acted("max_interval")] };

/// `envoy.config.core.v3.DataSource`.
pub(crate) const DATA_SOURCE: Message = Message {
    name: "DataSource",
    fields: &[
        acted("filename"),
        acted("inline_bytes"),
        acted("inline_string"),
        refused("environment_variable", "use filename, inline_bytes or inline_string"),
        harmless("watched_directory", "a changed file is read at the next start"),
    ],
};
