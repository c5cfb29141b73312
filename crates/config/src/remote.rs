//! `envoy.config.core.v3.RemoteDataSource`: code that is fetched.

use std::time::Duration;

use crate::diagnostics::Location;
use crate::fields::plugin::{BACKOFF_STRATEGY_OF_RETRIES, HTTP_URI, REMOTE_DATA_SOURCE, REMOTE_RETRY_POLICY};
use crate::reader::{Cursor, Object};

/// A module that is fetched before it can run. This crate fetches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCode {
    /// Envoy's `http_uri.uri`: `https://`, `http://`, or, which Envoy does not have, `oci://` for an image in a registry.
    pub uri: String,
    /// Envoy's `http_uri.cluster`, which exists. An image needs none.
    pub cluster: Option<String>,
    /// Envoy's `http_uri.timeout`, of one attempt; `None` for zero.
    pub timeout: Option<Duration>,
    /// Envoy's `sha256`: 64 hexadecimal digits in lower case. Absent if it is empty, which Envoy refuses.
    pub sha256: Option<String>,
    /// Envoy's `retry_policy`.
    pub retries: RemoteRetryPolicy,
    /// Where the URI stands in the configuration.
    pub location: Location,
}

/// `envoy.config.core.v3.RetryPolicy`, as far as fetching uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteRetryPolicy {
    /// Envoy's `num_retries`: attempts after the first; 1 by default.
    pub num_retries: u32,
    /// Envoy's `retry_back_off.base_interval`; 1 second by default, at least 1 ms.
    pub base_interval: Duration,
    /// Envoy's `retry_back_off.max_interval`; ten times the base by default.
    pub max_interval: Duration,
}

impl Default for RemoteRetryPolicy {
    fn default() -> Self {
        Self { num_retries: 1, base_interval: Duration::from_secs(1), max_interval: Duration::from_secs(10) }
    }
}

/// Decodes a remote data source.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<RemoteCode> {
    let object = Object::open(at, &REMOTE_DATA_SOURCE)?;
    let retries =
        object.get("retry_policy").map_or_else(|| Some(RemoteRetryPolicy::default()), |at| decode_retries(&at));
    let sha256 = object.get("sha256").map_or(Some(None), |at| decode_sha256(&at));
    let http_uri = object.required("http_uri", "{uri: https://..., cluster: ..., timeout: 10s}")?;
    let http_uri = Object::open(&http_uri, &HTTP_URI)?;
    let timeout = http_uri.required("timeout", "such as 10s").and_then(|at| at.duration_or_off());
    let uri_at = http_uri.required("uri", "https://..., http://... or oci://...")?;
    let uri = uri_at.nonempty_text()?;
    let scheme = check_uri(&uri_at, uri)?;
    let cluster = match http_uri.get("cluster") {
        Some(at) => {
            let name = at.nonempty_text()?;
            at.cx.uses_cluster(name, at.location());
            Some(name.to_owned())
        }
        None if scheme == "oci" => None,
        None => {
            http_uri.required("cluster", "the name of the cluster that the module is fetched from");
            return None;
        }
    };
    let sha256 = sha256?;
    if sha256.is_none() && !(scheme == "oci" && uri.contains('@')) {
        uri_at.warn_once(
            format!("unpinned code {uri}"),
            "this code is not pinned: whoever can change what is there decides what runs here; give its sha256, without \
             which Envoy takes no remote code",
        );
    }
    Some(RemoteCode {
        uri: uri.to_owned(),
        cluster,
        timeout: timeout?,
        sha256,
        retries: retries?,
        location: uri_at.location(),
    })
}

/// The scheme of a URI that code can be fetched from.
fn check_uri<'a>(at: &Cursor<'_>, uri: &'a str) -> Option<&'a str> {
    let Some((scheme, rest)) = uri.split_once("://") else {
        at.error(format!("{uri:?} is no URI to fetch code from; write https://..., http://... or oci://..."));
        return None;
    };
    if !["https", "http", "oci"].contains(&scheme) {
        at.error(format!(
            "code is not fetched by {scheme:?}; write https://..., http://... or, for an image in a registry, oci://..."
        ));
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        at.error(format!("the URI names no host; write {scheme}://HOST/..."));
        return None;
    }
    // An image's digest is behind the first slash.
    if authority.contains('@') {
        at.error("a URI must hold no user and no password; credentials of registries are in a file: --registry-config");
        return None;
    }
    if uri.contains(|c: char| c.is_whitespace() || c.is_control()) {
        at.error("a URI holds no spaces; write them as %20");
        return None;
    }
    Some(scheme)
}

/// Empty is as good as absent.
fn decode_sha256(at: &Cursor<'_>) -> Option<Option<String>> {
    let text = at.text()?;
    if text.is_empty() {
        return Some(None);
    }
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        at.error(
            "sha256 has 64 hexadecimal digits in lower case, as sha256sum prints them; Envoy compares the text, and any \
             other never matches",
        );
        return None;
    }
    Some(Some(text.to_owned()))
}

fn decode_retries(at: &Cursor<'_>) -> Option<RemoteRetryPolicy> {
    let object = Object::open(at, &REMOTE_RETRY_POLICY)?;
    let mut policy = RemoteRetryPolicy::default();
    if let Some(at) = object.get("num_retries") {
        policy.num_retries = at.unsigned(0)?;
    }
    let Some(backoff) = object.get("retry_back_off") else { return Some(policy) };
    let object = Object::open(&backoff, &BACKOFF_STRATEGY_OF_RETRIES)?;
    let at = object.required("base_interval", "such as 1s")?;
    policy.base_interval = at.duration()?;
    if policy.base_interval < Duration::from_millis(1) {
        at.error("base_interval must be at least 0.001s");
        return None;
    }
    policy.max_interval = policy.base_interval.saturating_mul(10);
    if let Some(at) = object.get("max_interval") {
        policy.max_interval = at.duration()?;
        if policy.max_interval < policy.base_interval {
            at.error("max_interval must not be less than base_interval");
            return None;
        }
    }
    Some(policy)
}
