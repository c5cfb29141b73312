//! Whether a request that changes something may come from where it does. Programs are free to; a browser sends what pages of
//! any site tell it to, and says so in fields that pages cannot write.

use hyper::header::{HOST, HeaderMap, ORIGIN};
use std::net::IpAddr;

/// Refuses what a page of another site has a browser send.
///
/// # Errors
///
/// Why, for the one who asks.
pub(super) fn check(headers: &HeaderMap) -> Result<(), String> {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return Err(format!("refused: a page of another site has sent this (sec-fetch-site: {})", text(site)));
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let (origin, host) = (text(origin), headers.get(HOST).map(text).unwrap_or_default());
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    if authority.is_empty() || !authority.eq_ignore_ascii_case(&host) {
        return Err(format!("refused: a page of another site has sent this (origin: {origin}, host: {host})"));
    }
    if !is_own(&host) {
        return Err(format!(
            "refused: who owns the name {host} can have it mean this address; open the page by address, as localhost, or by \
             a name without dots"
        ));
    }
    Ok(())
}

/// Whether nobody outside can have the name mean this address: it is an address itself, or means the machine or one near it.
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok() || !name.contains('.') || name.to_ascii_lowercase().ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::check;
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    fn is_allowed(fields: &[(&'static str, &'static str)]) -> bool {
        let fields = fields.iter().copied();
        let fields = fields.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        check(&fields.collect::<HeaderMap>()).is_ok()
    }

    #[test]
    fn programs_and_the_own_page_are_free_to_change_things() {
        for host in ["127.0.0.1:9901", "localhost:9901", "[::1]:9901", "proxy:9901", "a.localhost", "10.0.0.1"] {
            assert!(is_allowed(&[("host", host)]));
            let origin: &'static str = format!("http://{host}").leak();
            let own = [("host", host), ("origin", origin), ("sec-fetch-site", "same-origin")];
            assert!(is_allowed(&own), "{host}");
        }
        // Typed into the address bar.
        assert!(is_allowed(&[("host", "localhost:9901"), ("sec-fetch-site", "none")]));
    }

    #[test]
    fn pages_of_other_sites_are_not() {
        let local = ("host", "127.0.0.1:9901");
        for other in [
            ("origin", "https://evil.example"),
            ("origin", "http://127.0.0.1:8080"),
            ("origin", "null"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!is_allowed(&[local, other]), "{other:?}");
        }
        // A name that its owner has pointed here.
        assert!(!is_allowed(&[("host", "evil.example:9901"), ("origin", "http://evil.example:9901")]));
    }
}
