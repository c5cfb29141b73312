//! Pages of other origins: which of them may read answers (Fetch, 3.2). A filter of the proxy's own, in front of all plugins.

use crate::request_id;
use bytes::Bytes;
use std::rc::Rc;
use tollgate_config::{CorsFilter, CorsPolicy, FilterChange, PerFilterConfig, RouteAction, VirtualHost};
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::LocalResponse;

/// What is said of a route: by what is said of its filters, the most specific first, or else by the field that Envoy had before.
pub(crate) fn policy(
    filter: &CorsFilter,
    levels: &[&PerFilterConfig],
    action: &RouteAction,
    host: &VirtualHost,
) -> Option<Rc<CorsPolicy>> {
    // As in Envoy, it is about what is sent on.
    let RouteAction::Cluster(action) = action else { return None };
    let said: Vec<_> = levels.iter().filter_map(|level| level.of(&filter.filter_name)).collect();
    let is_off = match said.first() {
        Some(FilterChange::Disabled) => true,
        Some(_) => false,
        None => filter.disabled,
    };
    if is_off {
        return None;
    }
    let typed = said.iter().filter_map(|change| match change {
        FilterChange::Cors(policy) => Some(&**policy),
        _ => None,
    });
    let older = || CorsPolicy::resolve(action.cors.iter().chain(&host.cors));
    CorsPolicy::resolve(typed).or_else(older).map(Rc::new)
}

/// A request that a page of another origin has sent, and may read the answer to.
#[derive(Debug)]
pub(crate) struct CrossOrigin {
    policy: Rc<CorsPolicy>,
    origin: Bytes,
}

/// What becomes of a request.
pub(crate) enum Verdict {
    /// It is no page's, or nobody is to tell.
    Unconcerned,
    /// Its answer tells who may read it.
    Tell(CrossOrigin),
    /// It only asks whether another may be sent: this is the answer, which tells, too.
    Answer(LocalResponse, Option<CrossOrigin>),
}

/// Looks at a request.
pub(crate) fn look(policy: Rc<CorsPolicy>, fields: &HeaderMap) -> Verdict {
    let is_on = policy
        .enabled
        .is_none_or(|share| request_id::random() % u64::from(share.denominator) < u64::from(share.numerator));
    let Some(origin) = fields.value(b"origin").filter(|origin| is_on && !origin.is_empty()).cloned() else {
        return Verdict::Unconcerned;
    };
    let asks = fields.value(b":method").is_some_and(|method| method == "OPTIONS")
        && fields.value(b"access-control-request-method").is_some_and(|method| !method.is_empty());
    let is_allowed = policy.allows(&origin);
    let found = is_allowed.then(|| CrossOrigin { policy: policy.clone(), origin });
    if !asks || !is_allowed && policy.forwards_strangers != Some(false) {
        return found.map_or(Verdict::Unconcerned, Verdict::Tell);
    }
    let mut headers = HeaderMap::new();
    for (name, value, asked) in [
        ("access-control-allow-methods", &policy.methods, "access-control-request-method"),
        ("access-control-allow-headers", &policy.headers, "access-control-request-headers"),
    ] {
        // A star is no wildcard to browsers where credentials are sent: they are told what they ask for.
        let value = if value == "*" {
            fields.value(asked.as_bytes()).cloned().unwrap_or_default()
        } else if value.is_empty() {
            continue;
        } else {
            value.clone().into()
        };
        headers.append(FieldName::from(name), value);
    }
    if !policy.max_age.is_empty() {
        headers.append(FieldName::from("access-control-max-age"), policy.max_age.clone().into());
    }
    let asks_for_network = fields.value(b"access-control-request-private-network").is_some_and(|asked| asked == "true");
    if policy.private_network == Some(true) && asks_for_network {
        headers.append(FieldName::from("access-control-allow-private-network"), Bytes::from_static(b"true"));
    }
    if policy.credentials == Some(true) {
        headers.append(FieldName::from("access-control-allow-credentials"), Bytes::from_static(b"true"));
    }
    let details = "cors_response".to_owned();
    Verdict::Answer(LocalResponse { status: 200, details, headers, ..LocalResponse::default() }, found)
}

impl CrossOrigin {
    /// Tells the client's browser.
    pub(crate) fn tell(&self, answer: &mut HeaderMap) {
        let mut put = |name: &'static str, value: Bytes| answer.replace(FieldName::from(name), value);
        put("access-control-allow-origin", self.origin.clone());
        if self.policy.credentials == Some(true) {
            put("access-control-allow-credentials", Bytes::from_static(b"true"));
        }
        if !self.policy.exposed.is_empty() {
            put("access-control-expose-headers", self.policy.exposed.clone().into());
        }
    }
}
