//! What the operator decides about plugins beyond what Envoy's configuration can say.
//!
//! It stands in `node.metadata.tollgate.plugins`, by the names of plugins, or `"*"` for all of them: Envoy takes any
//! structure as the node's metadata, so that the same file boots both. Here it is read strictly.

use crate::bootstrap::Bootstrap;
use crate::diagnostics::Location;
use crate::fields::policy::{PLUGIN_POLICY, TOLLGATE};
use crate::limit::{self, Limit};
use crate::reader::{Cursor, Object};

/// Key of the node's metadata under which all of it stands.
pub(crate) const KEY: &str = "tollgate";

/// Stands for every plugin.
const ALL: &str = "*";

/// What is decided about a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginPolicy {
    /// How much it may take, of those limits that are given. A later one of the same name goes before an earlier one.
    pub limits: Vec<Limit>,
}

/// What is decided about plugins, by their names.
#[derive(Clone, Debug, Default)]
pub struct Policies(Vec<(String, PluginPolicy, Location)>);

// === impl Policies ===

impl Policies {
    /// What holds for the plugin of this name: what stands under its own name, and under `"*"` where that says nothing.
    pub fn of(&self, plugin: &str) -> PluginPolicy {
        let mut policy = self.named(ALL).cloned().unwrap_or_default();
        if let Some(own) = self.named(plugin).filter(|_| plugin != ALL) {
            policy.limits.extend(&own.limits);
        }
        policy
    }

    fn named(&self, name: &str) -> Option<&PluginPolicy> {
        self.0.iter().find(|(known, ..)| known == name).map(|(_, policy, _)| policy)
    }
}

/// Decodes what stands under the node's metadata.
pub(crate) fn decode(at: &Cursor<'_>) -> Policies {
    refuse_nothing(at);
    let Some(plugins) = Object::open(at, &TOLLGATE).and_then(|object| object.get("plugins")) else {
        return Policies::default();
    };
    let policy = |(name, at): (&str, Cursor<'_>)| Some((name.to_owned(), decode_policy(&at)?, at.key_location()));
    Policies(plugins.entries().into_iter().filter_map(policy).collect())
}

fn decode_policy(at: &Cursor<'_>) -> Option<PluginPolicy> {
    let object = Object::open(at, &PLUGIN_POLICY)?;
    refuse_nothing(at);
    let limits = object.get("limits").map(|at| {
        refuse_nothing(&at);
        limit::decode(&at)
    });
    Some(PluginPolicy { limits: limits.unwrap_or_default() })
}

/// What protobuf takes for absent would leave a plugin with more than whoever wrote the key may have meant.
fn refuse_nothing(at: &Cursor<'_>) {
    if !matches!(at.node.value, crate::yaml::Value::Mapping(_)) {
        return;
    }
    for (key, value) in at.entries().into_iter().filter(|(_, value)| value.node.is_absent()) {
        value.key_error(format!("\"{key}\" is followed by nothing; give it a value, or remove it"));
    }
}

/// Warns of names that no plugin of the configuration has.
pub(crate) fn check_names(cx: &crate::reader::Context, bootstrap: &Bootstrap) {
    let names: Vec<_> = bootstrap.plugins().map(|plugin| plugin.name.as_str()).collect();
    for (name, _, location) in &bootstrap.policies.0 {
        if name == ALL || names.contains(&name.as_str()) {
            continue;
        }
        let likeness = |other: &&&str| strsim::jaro_winkler(other, name);
        let close = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let advice = match close.filter(|close| likeness(close) > 0.8) {
            Some(close) => format!("did you mean \"{close}\"?"),
            None => format!("a plugin's name is the field \"name\" of its PluginConfig; \"{ALL}\" stands for all"),
        };
        let message = format!("no plugin of this file has the name \"{name}\"; {advice}");
        cx.warn_once(format!("plugin {name}"), location.diagnostic(message));
    }
}

#[cfg(test)]
mod tests {
    use super::{Policies, decode};
    use crate::limit::{Limit, LimitValue};
    use crate::reader::{Context, Cursor};
    use crate::yaml;

    fn policies(text: &str) -> Policies {
        let cx = Context::new("t.yaml");
        let node = yaml::load(text).expect("YAML");
        let policies = decode(&Cursor::root(&cx, &node));
        cx.finish().expect("no errors");
        policies
    }

    #[test]
    fn a_plugin_s_own_goes_before_what_is_said_for_all() {
        let policies = policies("plugins: {a: {limits: {strikes: 1}}, '*': {limits: {strikes: 2, queues: 3}}}");
        let last = |plugin: &str, name: &str| {
            let limits = policies.of(plugin).limits;
            limits.iter().rev().find(|limit| limit.name == name).map(|limit| limit.value)
        };
        assert_eq!(last("a", "strikes"), Some(LimitValue::Count(1)));
        assert_eq!(last("a", "queues"), Some(LimitValue::Count(3)));
        assert_eq!(policies.of("b").limits.len(), 2);
        assert_eq!(policies.of("b").limits[0], Limit { name: "strikes", value: LimitValue::Count(2) });
        assert!(Policies::default().of("a").limits.is_empty());
    }
}
