//! `envoy.config.accesslog.v3.AccessLog`: not written, which is harmless unless the log is a plugin.

use crate::reader::Cursor;
use crate::yaml::Value;

/// Reads over a list of access logs with a warning; one that is a plugin, which would not be run, is refused.
pub(crate) fn check(logs: &Cursor<'_>) {
    logs.items().iter().for_each(check_entry);
}

fn check_entry(at: &Cursor<'_>) {
    let entries = at.entries();
    let name = entries.iter().find(|(key, _)| *key == "name");
    let name = match name.map(|(_, value)| &value.node.value) {
        Some(Value::Scalar(scalar)) => scalar.text.as_str(),
        _ => "",
    };
    let typed = entries.iter().any(|(_, config)| mentions_wasm(config));
    if typed || name.contains("wasm") {
        at.error(format!(
            "access log \"{name}\" is a plugin, and Tollgate runs plugins as HTTP filters only; attach it with \
             envoy.filters.http.wasm, where proxy_on_log is called too"
        ));
    } else {
        at.warn_once(
            "access_log",
            format!("access log \"{name}\" has no effect in Tollgate: access logs are not written"),
        );
    }
}

fn mentions_wasm(config: &Cursor<'_>) -> bool {
    let Value::Mapping(entries) = &config.node.value else { return false };
    entries.iter().any(|entry| {
        matches!(entry.key.as_str(), "@type" | "type_url" | "typeUrl")
            && matches!(&entry.value.value, Value::Scalar(scalar) if scalar.text.contains(".wasm."))
    })
}
