//! The root of the file: `envoy.config.bootstrap.v3.Bootstrap`.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::access_log;
use crate::address::{self, Address};
use crate::cluster::{self, Cluster};
use crate::dns;
use crate::fields::bootstrap::{ADMIN, BOOTSTRAP, LAYERED_RUNTIME, NODE, RUNTIME_LAYER, STATIC_RESOURCES};
use crate::listener::{self, Listener};
use crate::metadata::{self, Locality, Struct};
use crate::overload::{self, Overload};
use crate::plugin::PluginConfig;
use crate::policy::{self, Policies};
use crate::reader::{Cursor, Object};
use crate::service::{self, StatsSink, WasmService};
use crate::shared_data::RedisSettings;
use crate::stats_config::{self, StatsConfig};
use crate::yaml::Value;

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// Envoy's `node`: who this process says it is. Plugins see it as properties.
    pub node: Node,
    /// Envoy's `admin`; none when it is absent or has no address.
    pub admin: Option<Admin>,
    /// Envoy's `static_resources.listeners`, at least one.
    pub listeners: Vec<Listener>,
    /// Envoy's `static_resources.clusters`, each with a name of its own.
    pub clusters: Vec<Cluster>,
    /// Envoy's `bootstrap_extensions`.
    pub services: Vec<WasmService>,
    /// Envoy's `stats_sinks`.
    pub stats_sinks: Vec<StatsSink>,
    /// What stands in `node.metadata.tollgate.plugins`: a place of ours that Envoy takes and does not read.
    pub policies: Policies,
    /// What stands in `node.metadata.tollgate.shared_data`, likewise: where shared data of plugins is, if not in this process.
    pub shared_data: Option<RedisSettings>,
    /// Envoy's `overload_manager`, and runtime flags to the same end.
    pub overload: Overload,
    /// Envoy's `stats_config`.
    pub stats_config: StatsConfig,
    /// Envoy's `stats_flush_interval`, at least 1 ms; 5 seconds by default.
    pub stats_flush_interval: Duration,
}

/// `envoy.config.core.v3.Node`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Envoy's `id`; empty by default.
    pub id: String,
    /// Envoy's `cluster`, the service this process belongs to; empty by default.
    pub cluster: String,
    /// Envoy's `locality`.
    pub locality: Option<Locality>,
    /// Envoy's `metadata`, without the key `tollgate`. That says how much each plugin is trusted, and where it would be
    /// stopped, which is between the operator and the host; and plugins hand the metadata of their node on to others.
    pub metadata: Struct,
}

/// `envoy.config.bootstrap.v3.Admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Envoy's `address`, an IP address.
    pub address: Address,
}

/// Decodes the file. What is returned is of use only if no error was noted.
pub(crate) fn decode(root: &Cursor<'_>) -> Option<Bootstrap> {
    if root.node.is_null() {
        root.error(format!("the file is empty; {NEEDED}"));
        return None;
    }
    if let Some(kind) = kubernetes_kind(root) {
        root.error(format!("this is a Kubernetes object of kind {kind}, not an Envoy bootstrap; {NEEDED}"));
        return None;
    }
    let object = Object::open(root, &BOOTSTRAP)?;
    let (node, (policies, shared_data)) = object.get("node").and_then(|at| decode_node(&at)).unwrap_or_default();
    let admin = object.get("admin").and_then(|at| decode_admin(&at));
    let services = object.get("bootstrap_extensions").map(|at| service::decode_services(&at)).unwrap_or_default();
    let stats_sinks = object.get("stats_sinks").map(|at| service::decode_sinks(&at)).unwrap_or_default();
    let stats_flush_interval = object.get("stats_flush_interval").and_then(|at| decode_interval(&at));
    let resources = match object.get("static_resources") {
        Some(at) => Some(Object::open(&at, &STATIC_RESOURCES)?),
        None => None,
    };
    let within = |name| resources.as_ref().and_then(|resources| resources.get(name));
    let clusters = within("clusters").map(|at| cluster::decode_all(&at)).unwrap_or_default();
    let listeners = within("listeners");
    let mut overload = object.get("overload_manager").and_then(|at| overload::decode(&at)).unwrap_or_default();
    if let Some(runtime) = object.get("layered_runtime") {
        decode_runtime(&runtime, &names_as_written(listeners.as_ref()), &mut overload);
    }
    if listeners.is_none() {
        let owner = resources.as_ref().unwrap_or(&object);
        // What stands there under a name that is slightly wrong is reported as such.
        if !root.cx.has_errors() {
            owner.at.warn_once("no listeners", format!("there is nothing to listen on; {NEEDED}"));
        }
    }
    dns::check(&object);
    let listeners = listeners.map(|at| listener::decode_all(&at)).unwrap_or_default();
    check_cluster_uses(root, within("clusters").as_ref());
    let stats_flush_interval = stats_flush_interval.unwrap_or(Duration::from_secs(5));
    let bootstrap = Bootstrap {
        node,
        admin,
        listeners,
        clusters,
        services,
        stats_sinks,
        policies,
        shared_data,
        overload,
        stats_config: object.get("stats_config").map(|at| stats_config::decode(&at)).unwrap_or_default(),
        stats_flush_interval,
    };
    policy::check(root.cx, &bootstrap);
    Some(bootstrap)
}

impl Bootstrap {
    /// Every plugin that the file configures, disabled ones too: those of clusters first, then those of listeners.
    pub fn plugins(&self) -> impl Iterator<Item = &PluginConfig> {
        let clusters = self.clusters.iter().flat_map(|cluster| &cluster.http_filters).map(|filter| &filter.plugin);
        let services = self.services.iter().map(|service| &service.plugin);
        let sinks = self.stats_sinks.iter().map(|sink| &sink.plugin);
        clusters.chain(self.listeners.iter().flat_map(Listener::plugins)).chain(services).chain(sinks)
    }
}

fn decode_node(at: &Cursor<'_>) -> Option<(Node, (Policies, Option<RedisSettings>))> {
    let object = Object::open(at, &NODE)?;
    let text = |name| object.get(name).and_then(|at| at.text()).unwrap_or_default().to_owned();
    let mut node = Node {
        id: text("id"),
        cluster: text("cluster"),
        locality: object.get("locality").and_then(|at| metadata::decode_locality(&at)),
        metadata: Struct::new(),
    };
    let mut own = (Policies::default(), None);
    for (key, at) in object.get("metadata").map(|at| at.entries()).unwrap_or_default() {
        if key == policy::KEY {
            own = policy::decode(&at);
        } else {
            node.metadata.push((key.to_owned(), metadata::decode_value(&at)));
        }
    }
    Some((node, own))
}

fn decode_interval(at: &Cursor<'_>) -> Option<Duration> {
    let interval = at.duration()?;
    if interval < Duration::from_millis(1) || interval >= Duration::from_secs(300) {
        at.error("stats_flush_interval must be at least 0.001s and less than 300s");
        return None;
    }
    Some(interval)
}

fn decode_admin(at: &Cursor<'_>) -> Option<Admin> {
    let object = Object::open(at, &ADMIN)?;
    let unused = |at: &Cursor<'_>, field: &str| {
        at.warn_once(
            format!("Admin.{field}"),
            format!("field \"{field}\" has no effect in Tollgate: the admin interface keeps no log of its requests"),
        );
    };
    if let Some(path) = object.get("access_log_path") {
        path.text();
        unused(&path, "access_log_path");
    }
    if let Some(logs) = object.get("access_log") {
        let _ = access_log::decode_written(&logs);
        unused(&logs, "access_log");
    }
    let address = object.get("address")?;
    Some(Admin { address: address::decode_ip(&address)? })
}

/// There are no runtime flags but those that limit connections. Layers that change nothing we have are read over; others would be
/// silently lost.
fn decode_runtime(at: &Cursor<'_>, listeners: &[String], overload: &mut Overload) {
    let Some(layers) = Object::open(at, &LAYERED_RUNTIME).and_then(|runtime| runtime.get("layers")) else {
        return;
    };
    for layer in layers.items() {
        let Some(layer) = Object::open(&layer, &RUNTIME_LAYER) else {
            continue;
        };
        if let Some(name) = layer.required("name", "any text") {
            name.nonempty_text();
        }
        if let Some(flags) = layer.get("static_layer") {
            for (name, flag) in flags.entries() {
                decode_flag(name, &flag, listeners, overload);
            }
        }
    }
}

fn decode_flag(name: &str, at: &Cursor<'_>, listeners: &[String], overload: &mut Overload) {
    if let Value::Mapping(_) = at.node.value {
        for (part, flag) in at.entries() {
            decode_flag(&format!("{name}.{part}"), &flag, listeners, overload);
        }
        return;
    }
    if overload::decode_flag(name, at, listeners, overload) {
        return;
    }
    let of_envoy = ["envoy.reloadable_features.", "envoy.restart_features.", "envoy.deprecated_features", "re2."];
    // Copied from Envoy's examples along with the name of a listener that is not there.
    let of_no_listener = name.strip_prefix("envoy.resource_limits.listener.").is_some_and(|rest| {
        !listeners.iter().any(|listener| rest.strip_prefix(listener.as_str()).is_some_and(|rest| rest.starts_with('.')))
    });
    let reason = if of_envoy.iter().any(|prefix| name.starts_with(prefix)) {
        "it is one of Envoy's code"
    } else if of_no_listener {
        "no listener has this name"
    } else {
        at.key_error(format!(
            "runtime flag \"{name}\" is not supported by Tollgate; remove it if what it sets may be absent"
        ));
        return;
    };
    at.warn_once(
        format!("runtime flags: {reason}"),
        format!("runtime flag \"{name}\" has no effect in Tollgate: {reason}"),
    );
}

/// As Envoy does for static routes: a cluster that a route names must exist.
fn check_cluster_uses(root: &Cursor<'_>, clusters: Option<&Cursor<'_>>) {
    // Names as written: a cluster with another mistake in it is not also reported as missing.
    let names = names_as_written(clusters);
    let known: HashSet<&str> = names.iter().map(String::as_str).collect();
    let unknown = root.cx.cluster_uses().into_iter().filter(|(name, _)| !known.contains(name.as_str()));
    for (name, location) in unknown.take(MAX_UNKNOWN) {
        let likeness = |other: &String| strsim::jaro_winkler(other, &name);
        let close = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let advice = match close {
            Some(close) if likeness(close) > 0.8 => format!("did you mean \"{close}\"?"),
            Some(_) if names.len() <= 10 => {
                format!("static_resources.clusters has {}", names.join(", "))
            }
            _ => "define it under static_resources.clusters".to_owned(),
        };
        root.cx.error(location.diagnostic(format!("unknown cluster \"{name}\"; {advice}")));
    }
}

fn names_as_written(list: Option<&Cursor<'_>>) -> Vec<String> {
    let items = list.map(Cursor::items).unwrap_or_default();
    items.iter().filter_map(|item| text_entry(item, "name")).collect()
}

fn kubernetes_kind(root: &Cursor<'_>) -> Option<String> {
    text_entry(root, "apiVersion")?;
    text_entry(root, "kind")
}

fn text_entry(at: &Cursor<'_>, key: &str) -> Option<String> {
    let Value::Mapping(entries) = &at.node.value else {
        return None;
    };
    match &entries.iter().find(|entry| entry.key == key)?.value.value {
        Value::Scalar(scalar) => Some(scalar.text.clone()),
        _ => None,
    }
}

/// Notes each value that was given before; `what` names the kind of thing that must be unique.
pub(crate) fn check_unique<'a, 'c: 'a>(what: &str, values: impl Iterator<Item = (String, &'a Cursor<'c>)>) {
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (value, at) in values {
        let location = at.location();
        if let Some(first) = lines.get(&value) {
            at.error(format!("{what} \"{value}\" is given twice; the first is on line {first}"));
        } else {
            lines.insert(value, location.line);
        }
    }
}

/// Routes to unknown clusters that are named at most; each is compared with all clusters.
const MAX_UNKNOWN: usize = 20;

const NEEDED: &str = "to serve anything, a bootstrap needs static_resources: {listeners: [...]}, each listener with an address and \
                      filter_chains that hold an HTTP connection manager";
