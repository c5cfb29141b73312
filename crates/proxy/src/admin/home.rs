//! `/`: a page for people. It has everything in itself, and asks the other pages for what it shows.

use super::help;
use super::reply::{self, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::{ACCEPT, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, VARY};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const HTML: &str = include_str!("home.html");

/// What the page may do: run its own script, look like its own style, ask where it is from. Nothing it shows can add to that.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = |tag| STANDARD.encode(Sha256::digest(content(tag).unwrap_or_default()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash("script"),
        hash("style")
    );
    HeaderValue::from_str(&policy).ok()
});

/// What stands between a tag and its end.
fn content(tag: &str) -> Option<&'static str> {
    let (_, rest) = HTML.split_once(&format!("<{tag}>"))?;
    Some(rest.split_once(&format!("</{tag}>"))?.0)
}

/// The page for browsers; the list of pages for everybody else.
pub(super) fn page(headers: &HeaderMap) -> Reply {
    let accepts =
        headers.get_all(ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|text| text.contains("text/html")));
    let mut response =
        if accepts { reply::reply(StatusCode::OK, "text/html; charset=UTF-8", HTML.to_owned()) } else { help::page() };
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept"));
    if accepts {
        headers.extend(POLICY.clone().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{HTML, POLICY, content};

    #[test]
    fn the_page_needs_nobody_and_its_policy_is_of_its_own_parts() {
        let policy = POLICY.as_ref().and_then(|policy| policy.to_str().ok()).unwrap();
        assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert!(content("script").is_some_and(|script| script.len() > 1000) && content("style").is_some());
        for outside in
            ["http://", "https://", "//cdn", "innerHTML", "outerHTML", "insertAdjacent", " style=\"", "onclick="]
        {
            assert!(!HTML.contains(outside), "{outside}");
        }
    }
}
