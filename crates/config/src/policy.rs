//! What the operator decides about plugins beyond what Envoy's configuration can say.
//!
//! It stands in `node.metadata.tollgate.plugins`, by the names of plugins, or `"*"` for all of them: Envoy takes any
//! structure as the node's metadata, so that the same file boots both. Here it is read strictly.

use crate::bootstrap::Bootstrap;
use crate::diagnostics::Location;
use crate::fields::policy::{ALLOW, PLUGIN_POLICY, REBUILD, TOLLGATE};
use crate::limit::{self, Limit};
use crate::plugin::PluginConfig;
use crate::reader::{Context, Cursor, Object};
use crate::shared_data::{self, RedisSettings};
use crate::yaml::Value;

/// Key of the node's metadata under which all of it stands.
pub(crate) const KEY: &str = "tollgate";

/// Stands for every plugin.
const ALL: &str = "*";

/// What is decided about a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginPolicy {
    /// How much it may take, of those limits that are given. A later one of the same name goes before an earlier one.
    pub limits: Vec<Limit>,
    /// Whom it shares its VM with; [`Isolation::Shared`] by default.
    pub isolation: Option<Isolation>,
    /// When its VM has been used enough; never by default.
    pub rebuild: Option<Rebuild>,
    /// What it may use; everything by default.
    pub allow: Allow,
    /// Keys, one of whose owners has to have signed its module; nobody has to by default.
    pub signed_by: Option<Vec<KeySource>>,
}

/// Where a public key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySource {
    /// Its bytes as hexadecimal digits or Base64, or else the name of a file that it stands in.
    pub text: String,
    /// Where the configuration says so.
    pub location: Location,
}

/// Whom a plugin shares its VM with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Plugins with the same code and VM configuration, as in Envoy.
    #[default]
    Shared,
    /// No other plugin.
    Plugin,
    /// No other plugin, and no other stream.
    Stream,
}

/// When a VM has been used enough: at one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuild {
    /// When its memory has grown to more bytes.
    pub memory_bytes: Option<u64>,
    /// When a plugin has had so many streams in it; at least 1.
    pub streams: Option<u64>,
}

/// What a plugin may use: of each kind everything, or what the list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// Clusters that it may call.
    pub clusters: Option<Vec<String>>,
    /// Foreign functions that it may call.
    pub foreign_functions: Option<Vec<String>>,
    /// Header fields and trailers that it may write: names, or `prefix*`.
    pub write_headers: Option<Vec<String>>,
    /// Properties that it may set, with dots between the parts of the path: paths, or `prefix*`.
    pub set_properties: Option<Vec<String>>,
    /// Environment variables that it sees, of those that its VM configuration has.
    pub environment_keys: Option<Vec<String>>,
}

/// What is decided about plugins, by their names.
#[derive(Clone, Debug, Default)]
pub struct Policies(Vec<Entry>);

/// What is decided about the plugin of a name.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    policy: PluginPolicy,
    location: Location,
    /// Of the fields that only plugins with streams can have.
    of_streams: Vec<(&'static str, Location)>,
}

// === impl Policies ===

impl Policies {
    /// What holds for a plugin: what stands under its own name, and under `"*"` where that says nothing.
    pub fn of(&self, plugin: &PluginConfig) -> PluginPolicy {
        let mut policy = self.named(ALL).map(|entry| entry.policy.clone()).unwrap_or_default();
        if let Some(Entry { policy: own, .. }) = self.named(&plugin.name).filter(|entry| entry.name != ALL) {
            policy.limits.extend(&own.limits);
            policy.isolation = own.isolation.or(policy.isolation);
            policy.rebuild = own.rebuild.or(policy.rebuild);
            policy.allow = policy.allow.with(&own.allow);
            policy.signed_by = own.signed_by.clone().or(policy.signed_by);
        }
        if plugin.is_background {
            policy.isolation =
                policy.isolation.map(|_| Isolation::Plugin).filter(|_| policy.isolation != Some(Isolation::Shared));
        }
        if plugin.is_background || policy.isolation == Some(Isolation::Stream) {
            policy.rebuild = None;
        }
        policy
    }

    fn named(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.name == name)
    }
}

impl Allow {
    /// The same, but for the kinds that the other has a list of.
    fn with(self, own: &Self) -> Self {
        let either = |own: &Option<Vec<String>>, general| own.clone().or(general);
        Self {
            clusters: either(&own.clusters, self.clusters),
            foreign_functions: either(&own.foreign_functions, self.foreign_functions),
            write_headers: either(&own.write_headers, self.write_headers),
            set_properties: either(&own.set_properties, self.set_properties),
            environment_keys: either(&own.environment_keys, self.environment_keys),
        }
    }
}

/// Decodes what stands under the node's metadata.
pub(crate) fn decode(at: &Cursor<'_>) -> (Policies, Option<RedisSettings>) {
    refuse_nothing(at);
    let Some(object) = Object::open(at, &TOLLGATE) else { return Default::default() };
    let entries = object.get("plugins").map(|plugins| plugins.entries()).unwrap_or_default();
    let policies = entries.into_iter().filter_map(|(name, at)| decode_entry(name, &at)).collect();
    let shared_data = object.get("shared_data").and_then(|at| {
        refuse_nothing(&at);
        shared_data::decode(&at)
    });
    (Policies(policies), shared_data)
}

fn decode_entry(name: &str, at: &Cursor<'_>) -> Option<Entry> {
    let object = Object::open(at, &PLUGIN_POLICY)?;
    refuse_nothing(at);
    let limits = object.get("limits").map(|at| {
        refuse_nothing(&at);
        limit::decode(&at)
    });
    let mut of_streams = Vec::new();
    let isolation = object.get("isolation").and_then(|at| {
        let isolation = at.choice(&[
            ("shared", 0, Isolation::Shared),
            ("plugin", 1, Isolation::Plugin),
            ("stream", 2, Isolation::Stream),
        ])?;
        if isolation == Isolation::Stream {
            of_streams.push(("isolation: stream", at.key_location()));
        }
        Some(isolation)
    });
    let rebuild = object.get("rebuild").and_then(|at| {
        if isolation == Some(Isolation::Stream) {
            at.key_error("a VM that goes with its stream is not rebuilt; remove rebuild, or isolation: stream");
        }
        of_streams.push(("rebuild", at.key_location()));
        decode_rebuild(&at)
    });
    let allow = object.get("allow").map(|at| decode_allow(&at)).unwrap_or_default();
    let signed_by = object.get("signed_by").and_then(|at| decode_keys(&at));
    let policy = PluginPolicy { limits: limits.unwrap_or_default(), isolation, rebuild, allow, signed_by };
    Some(Entry { name: name.to_owned(), policy, location: at.key_location(), of_streams })
}

/// A list of keys; never an empty one, which is refused like everything that is followed by nothing.
fn decode_keys(at: &Cursor<'_>) -> Option<Vec<KeySource>> {
    let key = |at: &Cursor<'_>| Some(KeySource { text: at.nonempty_text()?.to_owned(), location: at.location() });
    if !matches!(at.node.value, Value::Sequence(_)) {
        at.error(format!("expected a list of keys, found {}", at.node.kind()));
        return None;
    }
    Some(at.items().iter().filter_map(key).collect())
}

fn decode_rebuild(at: &Cursor<'_>) -> Option<Rebuild> {
    let object = Object::open(at, &REBUILD)?;
    refuse_nothing(at);
    let streams = object.get("streams").and_then(|at| at.integer(1, i64::MAX));
    let rebuild = Rebuild {
        memory_bytes: object.get("memory_bytes").and_then(|at| limit::decode_bytes(&at)),
        streams: streams.and_then(|streams| u64::try_from(streams).ok()),
    };
    if !object.was_given("memory_bytes") && !object.was_given("streams") {
        object.missing(&["memory_bytes", "streams"], "rebuild needs memory_bytes, such as 64MiB, or streams, or both");
    }
    Some(rebuild)
}

fn decode_allow(at: &Cursor<'_>) -> Allow {
    if Object::open(at, &ALLOW).is_none() {
        return Allow::default();
    }
    let list = |name: &str, decode: fn(&Cursor<'_>) -> Option<String>| {
        // An empty list allows nothing, and so is not the same as none.
        let (_, at) =
            at.entries().into_iter().find(|(key, _)| ALLOW.find(key).is_some_and(|field| field.name == name))?;
        if at.node.is_null() {
            at.key_error(format!(
                "\"{name}\" is followed by nothing; write [] to allow none, or remove it to allow all"
            ));
        } else if !matches!(at.node.value, Value::Sequence(_)) {
            at.error(format!("expected a list, found {}", at.node.kind()));
        } else {
            return Some(at.items().iter().filter_map(decode).collect());
        }
        None
    };
    let name = |at: &Cursor<'_>| at.nonempty_text().map(str::to_owned);
    Allow {
        clusters: list("clusters", name),
        foreign_functions: list("foreign_functions", name),
        write_headers: list("write_headers", pattern),
        set_properties: list("set_properties", pattern),
        environment_keys: list("environment_keys", name),
    }
}

/// A name, or the beginning of names and a star.
fn pattern(at: &Cursor<'_>) -> Option<String> {
    let text = at.nonempty_text()?;
    if text.strip_suffix('*').unwrap_or(text).contains('*') {
        at.error(format!(
            "{text:?} has a star that is not at its end; write a name, or the beginning of names and a star"
        ));
        return None;
    }
    Some(text.to_owned())
}

/// What protobuf takes for absent would leave a plugin with more than whoever wrote the key may have meant.
fn refuse_nothing(at: &Cursor<'_>) {
    if !matches!(at.node.value, Value::Mapping(_)) {
        return;
    }
    for (key, value) in at.entries().into_iter().filter(|(_, value)| value.node.is_absent()) {
        value.key_error(format!("\"{key}\" is followed by nothing; give it a value, or remove it"));
    }
}

/// Warns of names that no plugin of the configuration has, and refuses what plugins cannot have that see no streams.
pub(crate) fn check(cx: &Context, bootstrap: &Bootstrap) {
    let names: Vec<_> = bootstrap.plugins().map(|plugin| plugin.name.as_str()).collect();
    for Entry { name, location, of_streams, .. } in bootstrap.policies.0.iter().filter(|entry| entry.name != ALL) {
        if !names.contains(&name.as_str()) {
            let likeness = |other: &&&str| strsim::jaro_winkler(other, name);
            let close = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
            let advice = match close.filter(|close| likeness(close) > 0.8) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => format!("a plugin's name is the field \"name\" of its PluginConfig; \"{ALL}\" stands for all"),
            };
            let message = format!("no plugin of this file has the name \"{name}\"; {advice}");
            cx.warn_once(format!("plugin {name}"), location.diagnostic(message));
        }
        let mut background = bootstrap.plugins().filter(|plugin| plugin.is_background && plugin.name == *name);
        if let Some(plugin) = background.next() {
            for (what, location) in of_streams {
                cx.error(location.diagnostic(format!(
                    "the plugin on line {} is a service or a stats sink: it has no streams, which {what} is about; remove it",
                    plugin.location.line
                )));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Isolation, PluginPolicy, Policies, Rebuild, decode};
    use crate::limit::{Limit, LimitValue};
    use crate::plugin::PluginConfig;
    use crate::reader::{Context, Cursor};
    use crate::{plugin, yaml};

    fn policies(text: &str) -> Policies {
        let cx = Context::new("t.yaml");
        let node = yaml::load(text).expect("YAML");
        let (policies, _) = decode(&Cursor::root(&cx, &node));
        cx.finish().expect("no errors");
        policies
    }

    fn plugin(name: &str) -> PluginConfig {
        let cx = Context::new("t.yaml");
        let text = format!("{{name: {name}, vm_config: {{code: {{local: {{filename: a.wasm}}}}}}}}");
        let node = yaml::load(&text).expect("YAML");
        plugin::decode(&Cursor::root(&cx, &node)).expect("a plugin")
    }

    #[test]
    fn a_plugin_s_own_goes_before_what_is_said_for_all() {
        let policies = policies("plugins: {a: {limits: {strikes: 1}}, '*': {limits: {strikes: 2, queues: 3}}}");
        let last = |name: &str, limit: &str| {
            let limits = policies.of(&plugin(name)).limits;
            limits.iter().rev().find(|known| known.name == limit).map(|limit| limit.value)
        };
        assert_eq!(last("a", "strikes"), Some(LimitValue::Count(1)));
        assert_eq!(last("a", "queues"), Some(LimitValue::Count(3)));
        let others = policies.of(&plugin("b")).limits;
        assert_eq!((others.len(), others[0]), (2, Limit { name: "strikes", value: LimitValue::Count(2) }));
        assert_eq!(Policies::default().of(&plugin("a")), PluginPolicy::default());
    }

    #[test]
    fn each_list_of_its_own_goes_before_the_general_one() {
        let policies =
            policies("plugins: {a: {allow: {clusters: []}}, '*': {allow: {clusters: [one], write_headers: [x-*]}}}");
        let (own, other) = (policies.of(&plugin("a")).allow, policies.of(&plugin("b")).allow);
        assert_eq!((own.clusters, other.clusters), (Some(vec![]), Some(vec!["one".to_owned()])));
        assert_eq!((own.write_headers.as_ref(), own.set_properties), (other.write_headers.as_ref(), None));
        assert_eq!(other.write_headers, Some(vec!["x-*".to_owned()]));
    }

    #[test]
    fn what_is_said_for_all_about_streams_is_not_for_those_without() {
        let policies = policies("plugins: {'*': {isolation: stream}, a: {isolation: plugin, rebuild: {streams: 2}}}");
        let background = |name: &str| PluginConfig { is_background: true, ..plugin(name) };
        let isolation = |plugin: &PluginConfig| policies.of(plugin).isolation;
        assert_eq!(isolation(&plugin("b")), Some(Isolation::Stream));
        assert_eq!(isolation(&background("b")), Some(Isolation::Plugin));
        let rebuild = Rebuild { streams: Some(2), memory_bytes: None };
        assert_eq!(policies.of(&plugin("a")).rebuild, Some(rebuild));
        assert_eq!(policies.of(&background("a")).rebuild, None);
    }
}
