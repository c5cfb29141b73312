//! `envoy.extensions.wasm.v3.PluginConfig`.

use std::time::Duration;

use crate::diagnostics::Location;
use crate::fields::plugin::{
    BACKOFF_STRATEGY, CAPABILITY_RESTRICTION_CONFIG, PLUGIN_CONFIG, RELOAD_CONFIG, SANITIZATION_CONFIG,
};
use crate::reader::{Cursor, Object, configuration_bytes};
use crate::vm::{self, VmConfig};

/// A plugin: which code, which root context of it, and with what configuration.
#[derive(Clone, Debug)]
pub struct PluginConfig {
    /// Envoy's `name`, for logs and the property `plugin_name`; empty by default.
    pub name: String,
    /// Envoy's `root_id`: which of the module's root contexts; empty by default.
    pub root_id: String,
    /// The bytes of Envoy's `configuration`, for `proxy_on_configure`; empty by default.
    pub configuration: Vec<u8>,
    /// Envoy's `failure_policy` or `fail_open`.
    pub failure_policy: FailurePolicy,
    /// The names in Envoy's `capability_restriction_config.allowed_capabilities`, in order; none, which is the default, allows
    /// everything.
    pub allowed_capabilities: Vec<String>,
    /// Envoy's `allow_on_headers_stop_iteration`; off by default.
    pub allow_on_headers_stop_iteration: bool,
    /// Envoy's `vm_config`.
    pub vm: VmConfig,
    /// Whether it is a service or a stats sink: such have no streams.
    pub is_background: bool,
    /// Where the plugin stands in the file.
    pub location: Location,
}

/// What happens to requests once a plugin has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Envoy's `FAIL_CLOSED`, the default: requests are answered with an error.
    FailClosed,
    /// Envoy's `FAIL_OPEN`, or `fail_open: true`: requests pass without the plugin.
    FailOpen,
    /// Envoy's `FAIL_RELOAD`: the VM is started again.
    FailReload {
        /// Envoy's `reload_config.backoff.base_interval` between attempts; 1 second by default, at least 1 ms.
        base_interval: Duration,
    },
}

/// Decodes a plugin's configuration.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<PluginConfig> {
    let object = Object::open(at, &PLUGIN_CONFIG)?;
    let text = |name| object.get(name).and_then(|at| at.text()).unwrap_or_default().to_owned();
    let (name, root_id) = (text("name"), text("root_id"));
    let configuration = object.get("configuration").map(|at| configuration_bytes(&at));
    let failure_policy = failure_policy(&object);
    let restriction = object.get("capability_restriction_config");
    let allow_stop = object.get("allow_on_headers_stop_iteration").and_then(|at| at.boolean());
    let vm = object.required("vm_config", "with the code of the plugin").and_then(|at| vm::decode(&at));
    Some(PluginConfig {
        name,
        root_id,
        configuration: configuration.unwrap_or_else(|| Some(Vec::new()))?,
        failure_policy,
        allowed_capabilities: restriction.map(|at| allowed_capabilities(&at)).unwrap_or_default(),
        allow_on_headers_stop_iteration: allow_stop.unwrap_or(false),
        vm: vm?,
        is_background: false,
        location: at.location(),
    })
}

fn failure_policy(plugin: &Object<'_>) -> FailurePolicy {
    let base_interval = plugin.get("reload_config").and_then(|at| base_interval(&at));
    let reload = FailurePolicy::FailReload { base_interval: base_interval.unwrap_or(Duration::from_secs(1)) };
    let policy = plugin.get("failure_policy").and_then(|at| {
        at.choice(&[
            ("UNSPECIFIED", 0, None),
            ("FAIL_RELOAD", 1, Some(reload)),
            ("FAIL_CLOSED", 2, Some(FailurePolicy::FailClosed)),
            ("FAIL_OPEN", 3, Some(FailurePolicy::FailOpen)),
        ])
    });
    let policy = policy.flatten();
    let open = plugin.get("fail_open").filter(|at| at.boolean() == Some(true));
    match (policy, open) {
        (Some(policy), Some(open)) => {
            open.key_error("only one of fail_open and failure_policy can be given; keep failure_policy");
            policy
        }
        (Some(policy), None) => policy,
        (None, Some(_)) => FailurePolicy::FailOpen,
        (None, None) => FailurePolicy::FailClosed,
    }
}

fn base_interval(reload: &Cursor<'_>) -> Option<Duration> {
    let backoff = Object::open(reload, &RELOAD_CONFIG)?.get("backoff")?;
    let at = Object::open(&backoff, &BACKOFF_STRATEGY)?.required("base_interval", "such as 1s")?;
    let interval = at.duration()?;
    if interval < Duration::from_millis(1) {
        at.error("base_interval must be at least 0.001s");
        return None;
    }
    Some(interval)
}

fn allowed_capabilities(at: &Cursor<'_>) -> Vec<String> {
    let allowed =
        Object::open(at, &CAPABILITY_RESTRICTION_CONFIG).and_then(|object| object.get("allowed_capabilities"));
    allowed
        .map(|at| at.entries())
        .unwrap_or_default()
        .into_iter()
        .map(|(name, config)| {
            // A message without fields, which stands for nothing yet.
            let _ = Object::open(&config, &SANITIZATION_CONFIG);
            name.to_owned()
        })
        .collect()
}
