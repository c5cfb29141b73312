//! Parts of names that Prometheus sees as labels, those of Envoy's default tags that have a counterpart here.

use std::borrow::Cow;
use tollgate_config::{StatsConfig, TagValue};

/// A name without the parts that have become labels, and the labels in Envoy's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tagged {
    pub(super) name: String,
    pub(super) labels: Vec<(Cow<'static, str>, String)>,
}

/// Takes the labels out of a name: those that all statistics have, Envoy's own, and those of the configuration. Of two with
/// one name, the first counts.
pub(super) fn extract(name: &str, config: &StatsConfig) -> Tagged {
    let mut tagged = Tagged { name: name.to_owned(), labels: Vec::new() };
    for tag in &config.tags {
        if let TagValue::Fixed(value) = &tag.value {
            tagged.add(&tag.name, value.clone());
        }
    }
    if config.use_all_default_tags {
        response_code(&mut tagged);
        for (first, label) in [
            ("cluster.", "envoy_cluster_name"),
            ("http.", "envoy_http_conn_manager_prefix"),
            ("tcp.", "envoy_tcp_prefix"),
        ] {
            second_part(&mut tagged, first, label);
        }
    }
    for tag in &config.tags {
        if let TagValue::Extracted(pattern) = &tag.value
            && let Some((removed, value)) = pattern.find(name.as_bytes())
        {
            let text = |range| String::from_utf8_lossy(&name.as_bytes()[range]).into_owned();
            if tagged.add(&tag.name, text(value)) {
                tagged.name = tagged.name.replacen(&text(removed), "", 1);
            }
        }
    }
    tagged
}

impl Tagged {
    /// Adds a label, with `_` for what may not stand in its name. False if there is one of the name.
    fn add(&mut self, name: &str, value: String) -> bool {
        let name = super::prometheus::sanitized(name);
        if self.labels.iter().any(|(known, _)| *known == name) {
            return false;
        }
        self.labels.push((name.into(), value));
        true
    }
}

/// `..._rq_503` becomes `..._rq`, and `..._rq_5xx` becomes `..._rq_xx`.
fn response_code(tagged: &mut Tagged) {
    let Some((head, code)) = tagged.name.rsplit_once("_rq_") else { return };
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let (name, label) = match code.as_bytes() {
        [one, two, three] if [one, two, three].into_iter().all(is_digit) => {
            (format!("{head}_rq"), ("envoy_response_code", code.to_owned()))
        }
        [class, b'x', b'x'] if is_digit(class) => {
            (format!("{head}_rq_xx"), ("envoy_response_code_class", char::from(*class).to_string()))
        }
        _ => return,
    };
    tagged.name = name;
    tagged.labels.push((label.0.into(), label.1));
}

/// `cluster.NAME.rest` becomes `cluster.rest`.
fn second_part(tagged: &mut Tagged, first: &str, label: &'static str) {
    let Some((part, rest)) = tagged.name.strip_prefix(first).and_then(|rest| rest.split_once('.')) else { return };
    let (part, name) = (part.to_owned(), format!("{first}{rest}"));
    tagged.name = name;
    tagged.labels.push((label.into(), part));
}
