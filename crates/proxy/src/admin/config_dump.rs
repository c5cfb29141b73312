//! `/config_dump`.

use super::redact::redacted;
use super::reply::{self, Reply};
use super::{Query, State};
use serde_json::{Value, json};

/// The configuration that serves, as Envoy's `ConfigDump`: what was read, then its clusters and listeners one by one.
pub(super) fn page(state: &State, query: &Query<'_>) -> Reply {
    if query.has("mask") {
        return reply::bad("mask is not supported by Tollgate; ask for resource=static_listeners or static_clusters");
    }
    let names = match query.regex("name_regex") {
        Ok(names) => names,
        Err(refused) => return refused,
    };
    let document = redacted(&state.process.current().configuration.document);
    let each = |list: &str, kind: &str, message: &str| -> Vec<Value> {
        let items = document.pointer(list).and_then(Value::as_array).into_iter().flatten();
        let name = |item: &&Value| item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let items = items.filter(|item| names.as_ref().is_none_or(|names| names.is_match(&name(item))));
        let typed = |item: &Value| {
            let mut item = item.clone();
            if let Value::Object(fields) = &mut item {
                fields.insert("@type".to_owned(), format!("type.googleapis.com/{message}").into());
            }
            json!({kind: item})
        };
        items.map(typed).collect()
    };
    let clusters = || each("/static_resources/clusters", "cluster", "envoy.config.cluster.v3.Cluster");
    let listeners = || each("/static_resources/listeners", "listener", "envoy.config.listener.v3.Listener");
    let dump = |kind: &str| format!("type.googleapis.com/envoy.admin.v3.{kind}");
    let own = |kind: &str, list: Vec<Value>| {
        let typed = |mut item: Value| {
            item["@type"] = dump(kind).into();
            item
        };
        Value::from(list.into_iter().map(typed).collect::<Vec<_>>())
    };
    let configs = match query.value("resource").as_deref() {
        None => json!([
            {"@type": dump("BootstrapConfigDump"), "bootstrap": document},
            {"@type": dump("ClustersConfigDump"), "static_clusters": clusters()},
            {"@type": dump("ListenersConfigDump"), "static_listeners": listeners()},
        ]),
        Some("static_clusters") => own("ClustersConfigDump.StaticCluster", clusters()),
        Some("static_listeners") => own("ListenersConfigDump.StaticListener", listeners()),
        Some(_) => return reply::bad("usage: /config_dump?resource=(static_clusters|static_listeners)"),
    };
    reply::json(&json!({ "configs": configs }))
}
