//! URLs of servers.

use http::Uri;
use std::fmt;

/// An `http` or `https` URL with a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) https: bool,
    /// Without the brackets of IPv6.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As it stands in the URL.
    pub(crate) authority: String,
    /// Path and query; begins with a slash.
    pub(crate) target: String,
}

impl Url {
    /// Reads a URL; the error completes "URL ...".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.split('#').next().unwrap_or_default();
        let uri: Uri = text.parse().map_err(|error| format!("cannot be read: {error}"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("is neither https:// nor http://".to_owned()),
        };
        let authority = uri.authority().ok_or("names no host")?;
        if authority.as_str().contains('@') {
            return Err("holds a user or a password, which is not sent".to_owned());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err("names no host".to_owned());
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str() != authority.host() => return Err("has no port behind the colon".to_owned()),
            None if https => 443,
            None => 80,
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        // A query behind the host: `http` allows for it, servers want a path.
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { https, host, port, authority: authority.as_str().to_owned(), target })
    }

    /// Where a `Location` of an answer from here leads.
    pub(crate) fn join(&self, location: &str) -> Result<Self, String> {
        let scheme = if self.https { "https" } else { "http" };
        if location.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric())) {
            return Self::parse(location);
        }
        if let Some(rest) = location.strip_prefix("//") {
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        let path = self.target.split('?').next().unwrap_or("/");
        let target = if location.starts_with('/') {
            location.to_owned()
        } else if location.starts_with('?') {
            format!("{path}{location}")
        } else {
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            format!("{folder}{location}")
        };
        Self::parse(&format!("{scheme}://{}{target}", self.authority))
    }

    /// Whether both are the same server by the same protocol.
    pub(crate) fn has_origin_of(&self, other: &Self) -> bool {
        self.https == other.https && self.port == other.port && self.host.eq_ignore_ascii_case(&other.host)
    }
}

/// Without the query, which may hold a signature that lets others fetch.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.target.split('?').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn parts() {
        let it = url("https://a.b:8443/c/d?e=f#g");
        assert_eq!((it.https, &*it.host, it.port, &*it.target), (true, "a.b", 8443, "/c/d?e=f"));
        assert_eq!(it.to_string(), "https://a.b:8443/c/d");
        let it = url("http://[::1]");
        assert_eq!((it.https, &*it.host, it.port, &*it.target), (false, "::1", 80, "/"));
        assert_eq!(url("https://a?b").target, "/?b");
        for wrong in
            ["a", "ftp://a/", "https://", "https://u:p@a/", "/a", "http://a:99999/", "http://a:/", "http://a b/"]
        {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn where_a_redirect_leads() {
        let from = url("https://a:1/b/c?d");
        for (location, to) in [
            ("http://x/y", "http://x/y"),
            ("//x/y", "https://x/y"),
            ("/y?z=https://q", "https://a:1/y?z=https://q"),
            ("y", "https://a:1/b/y"),
            ("?y", "https://a:1/b/c?y"),
        ] {
            assert_eq!(from.join(location).unwrap(), url(to), "{location}");
        }
        assert!(from.has_origin_of(&url("https://A:1/")) && !from.has_origin_of(&url("http://a:1/")));
    }
}
