//! `envoy.config.route.v3.RouteAction.HashPolicy`: what of a request chooses its endpoint.

use std::time::Duration;

use crate::fields::hash_policy::{
    CONNECTION_PROPERTIES, COOKIE, COOKIE_ATTRIBUTE, HASH_POLICY, HEADER, QUERY_PARAMETER,
};
use crate::header_mutations::is_token;
use crate::pattern::{self, RegexRewrite};
use crate::reader::{Cursor, Object};

/// A part of a request that goes into the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashPolicy {
    /// What it is.
    pub source: HashSource,
    /// Envoy's `terminal`: if this part is there, those after it do not count.
    pub terminal: bool,
}

/// What is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashSource {
    /// Envoy's `header`: its values.
    Header {
        /// Envoy's `header_name`, in lower case.
        name: String,
        /// Envoy's `regex_rewrite`, before it is hashed.
        rewrite: Option<RegexRewrite>,
    },
    /// Envoy's `cookie`.
    Cookie(HashCookie),
    /// Envoy's `connection_properties.source_ip`: the client's address.
    SourceIp,
    /// Envoy's `query_parameter`, by its name.
    QueryParameter(String),
}

/// A cookie whose value is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashCookie {
    /// Envoy's `name`.
    pub name: String,
    /// Envoy's `ttl`: a client without the cookie is given one, for so long; for its session if it is zero.
    pub ttl: Option<Duration>,
    /// Envoy's `path` and `attributes` of the cookie that is given, as they stand behind its value: `; Path=/`.
    pub attributes: String,
}

/// Decodes `hash_policy`.
pub(crate) fn decode_all(at: &Cursor<'_>) -> Vec<HashPolicy> {
    at.items().iter().filter_map(decode).collect()
}

fn decode(at: &Cursor<'_>) -> Option<HashPolicy> {
    let object = Object::open(at, &HASH_POLICY)?;
    let terminal = object.get("terminal").and_then(|at| at.boolean()).unwrap_or(false);
    let kinds = ["header", "cookie", "connection_properties", "query_parameter", "filter_state"];
    let source = match object.one_of(&kinds) {
        Some(("header", at)) => decode_header(&at),
        Some(("cookie", at)) => decode_cookie(&at).map(HashSource::Cookie),
        Some(("connection_properties", at)) => {
            let on = Object::open(&at, &CONNECTION_PROPERTIES)?.get("source_ip").and_then(|at| at.boolean());
            if on != Some(true) {
                return None;
            }
            Some(HashSource::SourceIp)
        }
        Some(("query_parameter", at)) => {
            let name = Object::open(&at, &QUERY_PARAMETER)?.required("name", "the name of a parameter")?;
            name.nonempty_text().map(|name| HashSource::QueryParameter(name.to_owned()))
        }
        // Refused by the table.
        Some(_) => None,
        None => {
            object.missing(
                &["header", "cookie", "connection_properties", "query_parameter"],
                "a hash policy needs one of the fields \"header\", \"cookie\", \"connection_properties\" and \
                 \"query_parameter\"",
            );
            None
        }
    };
    Some(HashPolicy { source: source?, terminal })
}

fn decode_header(at: &Cursor<'_>) -> Option<HashSource> {
    let object = Object::open(at, &HEADER)?;
    let name = object.required("header_name", "the name of a header").and_then(|at| at.nonempty_text());
    let rewrite = match object.get("regex_rewrite") {
        Some(at) => Some(pattern::decode_rewrite(&at)?),
        None => None,
    };
    Some(HashSource::Header { name: name?.to_ascii_lowercase(), rewrite })
}

fn decode_cookie(at: &Cursor<'_>) -> Option<HashCookie> {
    let object = Object::open(at, &COOKIE)?;
    let at = object.required("name", "the name of a cookie")?;
    let name = at.nonempty_text()?;
    if !is_token(name) {
        at.error("this is no name of a cookie");
        return None;
    }
    let mut attributes = String::new();
    let mut add = |name: &str, value: &str, at: &Cursor<'_>| {
        if name.is_empty() || format!("{name}{value}").bytes().any(|byte| !(0x20..0x7f).contains(&byte) || byte == b';')
        {
            at.error("an attribute of a cookie has no \";\" and no control characters");
            return;
        }
        attributes.push_str("; ");
        attributes.push_str(name);
        if !value.is_empty() {
            attributes.push('=');
            attributes.push_str(value);
        }
    };
    if let Some(at) = object.get("path") {
        let path = at.text()?;
        if !path.is_empty() {
            add("Path", path, &at);
        }
    }
    for at in object.get("attributes").map(|at| at.items()).unwrap_or_default() {
        let attribute = Object::open(&at, &COOKIE_ATTRIBUTE)?;
        let name = attribute.required("name", "such as SameSite")?.nonempty_text()?;
        let value = attribute.get("value").and_then(|at| at.text()).unwrap_or_default();
        add(name, value, &at);
    }
    let ttl = object.get("ttl").and_then(|at| at.duration());
    Some(HashCookie { name: name.to_owned(), ttl, attributes })
}
