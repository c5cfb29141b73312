//! `envoy.config.route.v3.RedirectAction`.

use crate::fields::redirect::REDIRECT_ACTION;
use crate::pattern::{self, RegexRewrite};
use crate::reader::{Cursor, Object};

/// Where a client is sent instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Envoy's `scheme_redirect`, or `https` for `https_redirect`.
    pub scheme: Option<String>,
    /// Envoy's `host_redirect`.
    pub host: Option<String>,
    /// Envoy's `port_redirect`.
    pub port: Option<u16>,
    /// Envoy's `path_redirect`, `prefix_rewrite` or `regex_rewrite`.
    pub path: Option<PathRedirect>,
    /// Envoy's `response_code`, as a number; 301 by default.
    pub status: u16,
    /// Envoy's `strip_query`. Off by default.
    pub strip_query: bool,
}

/// What becomes of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathRedirect {
    /// Envoy's `path_redirect`: it is replaced; with a query, that is, too.
    Path(String),
    /// Envoy's `prefix_rewrite`: what the route has matched is replaced.
    Prefix(String),
    /// Envoy's `regex_rewrite`.
    Regex(RegexRewrite),
}

/// Decodes a `redirect`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<Redirect> {
    let object = Object::open(at, &REDIRECT_ACTION)?;
    let text = |at: &Cursor<'_>| in_a_header(at).filter(|text| !text.is_empty());
    let scheme = match object.one_of(&["https_redirect", "scheme_redirect"]) {
        Some(("https_redirect", at)) => at.boolean().filter(|on| *on).map(|_| "https".to_owned()),
        Some((_, at)) => text(&at),
        None => None,
    };
    let path = match object.one_of(&["path_redirect", "prefix_rewrite", "regex_rewrite"]) {
        Some(("path_redirect", at)) => text(&at).map(PathRedirect::Path),
        Some(("prefix_rewrite", at)) => text(&at).map(PathRedirect::Prefix),
        Some((_, at)) => Some(PathRedirect::Regex(pattern::decode_rewrite(&at)?)),
        None => None,
    };
    let port =
        object.get("port_redirect").and_then(|at| at.integer(0, 65535)).and_then(|port| u16::try_from(port).ok());
    let status = object.get("response_code").map_or(Some(301), |at| {
        at.choice(&[
            ("MOVED_PERMANENTLY", 0, 301),
            ("FOUND", 1, 302),
            ("SEE_OTHER", 2, 303),
            ("TEMPORARY_REDIRECT", 3, 307),
            ("PERMANENT_REDIRECT", 4, 308),
        ])
    });
    Some(Redirect {
        scheme,
        host: object.get("host_redirect").and_then(|at| text(&at)),
        port: port.filter(|port| *port != 0),
        path,
        status: status?,
        strip_query: object.get("strip_query").and_then(|at| at.boolean()).unwrap_or(false),
    })
}

/// Text that can stand in a header.
pub(crate) fn in_a_header(at: &Cursor<'_>) -> Option<String> {
    let text = at.text()?;
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        at.error("this becomes a part of a header, which has no control characters, such as line feeds");
        return None;
    }
    Some(text.to_owned())
}
