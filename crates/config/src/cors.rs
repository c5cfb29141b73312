//! Which pages of other origins may read answers: `envoy.extensions.filters.http.cors.v3`.

use crate::fields::cors::CORS_POLICY;
use crate::reader::{Cursor, Object, TypedMessage};
use crate::route_match::{self, Fraction};
use crate::string_match::{self, StringMatch};

/// `envoy.extensions.filters.http.cors.v3.Cors` in `http_filters`. It stands in front of all plugins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsFilter {
    /// Envoy's `name` of the filter, which can be any text.
    pub filter_name: String,
    /// Envoy's `disabled`: left out, except where a route enables it. Off by default.
    pub disabled: bool,
}

/// What a route or a virtual host says of other origins. What it does not say, the next less specific place may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsPolicy {
    /// Envoy's `allow_origin_string_match`.
    pub origins: Vec<StringMatch>,
    /// Envoy's `allow_methods`, the value of a header; empty for none.
    pub methods: String,
    /// Envoy's `allow_headers`, likewise.
    pub headers: String,
    /// Envoy's `expose_headers`, likewise.
    pub exposed: String,
    /// Envoy's `max_age`, likewise.
    pub max_age: String,
    /// Envoy's `allow_credentials`.
    pub credentials: Option<bool>,
    /// Envoy's `allow_private_network_access`.
    pub private_network: Option<bool>,
    /// Envoy's `forward_not_matching_preflights`.
    pub forwards_strangers: Option<bool>,
    /// Envoy's `filter_enabled`: of which share of requests it counts; of all by default.
    pub enabled: Option<Fraction>,
}

impl CorsPolicy {
    /// What several places say in all, the most specific first. `None` if nothing is said.
    pub fn resolve<'a>(levels: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut levels = levels.into_iter();
        let mut all = levels.next()?.clone();
        for level in levels {
            if all.origins.is_empty() {
                all.origins.clone_from(&level.origins);
            }
            for (own, other) in [
                (&mut all.methods, &level.methods),
                (&mut all.headers, &level.headers),
                (&mut all.exposed, &level.exposed),
                (&mut all.max_age, &level.max_age),
            ] {
                if own.is_empty() {
                    own.clone_from(other);
                }
            }
            all.credentials = all.credentials.or(level.credentials);
            all.private_network = all.private_network.or(level.private_network);
            all.forwards_strangers = all.forwards_strangers.or(level.forwards_strangers);
        }
        Some(all)
    }

    /// Whether pages of this origin may read answers.
    pub fn allows(&self, origin: &[u8]) -> bool {
        self.origins.iter().any(|pattern| pattern.matches(b"*") || pattern.matches(origin))
    }
}

/// Decodes a policy.
pub(crate) fn decode(object: &Object<'_>) -> CorsPolicy {
    let value = |name| object.get(name).and_then(|at| header_value(&at)).unwrap_or_default();
    let flag = |name| object.get(name).and_then(|at| at.boolean());
    let origins = object.get("allow_origin_string_match").map(|at| at.items()).unwrap_or_default();
    CorsPolicy {
        origins: origins.iter().filter_map(string_match::decode).collect(),
        methods: value("allow_methods"),
        headers: value("allow_headers"),
        exposed: value("expose_headers"),
        max_age: value("max_age"),
        credentials: flag("allow_credentials"),
        private_network: flag("allow_private_network_access"),
        forwards_strangers: flag("forward_not_matching_preflights"),
        enabled: object.get("filter_enabled").and_then(|at| route_match::decode_runtime_fraction(&at)),
    }
}

/// Decodes the field `cors` of a route or virtual host, which counts where `typed_per_filter_config` says nothing of it.
pub(crate) fn of(owner: &Object<'_>) -> Option<CorsPolicy> {
    owner.get("cors").and_then(|at| Object::open(&at, &CORS_POLICY)).map(|policy| decode(&policy))
}

fn header_value(at: &Cursor<'_>) -> Option<String> {
    let text = at.text()?;
    if !text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..)) {
        at.error("a header cannot have this value");
        return None;
    }
    Some(text.to_owned())
}

pub(crate) const FILTER: TypedMessage =
    TypedMessage { v3: "envoy.extensions.filters.http.cors.v3.Cors", v2: "envoy.config.filter.http.cors.v2.Cors" };

pub(crate) const POLICY: TypedMessage = TypedMessage { v3: "envoy.extensions.filters.http.cors.v3.CorsPolicy", v2: "" };

#[cfg(test)]
mod tests {
    use super::CorsPolicy;

    #[test]
    fn what_a_route_does_not_say_its_host_may() {
        let route = CorsPolicy { methods: "GET".to_owned(), credentials: Some(false), ..CorsPolicy::default() };
        let host = CorsPolicy {
            methods: "PUT".to_owned(),
            max_age: "9".to_owned(),
            credentials: Some(true),
            ..CorsPolicy::default()
        };
        let all = CorsPolicy::resolve([&route, &host]).expect("something is said");
        assert_eq!((&*all.methods, &*all.max_age, all.credentials), ("GET", "9", Some(false)));
        assert_eq!(CorsPolicy::resolve([]), None);
    }
}
