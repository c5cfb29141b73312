//! Where a module is.

use crate::digest::Digest;
use std::time::Duration;

/// Where a module is, and how to get it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// `https://`, `http://` or `oci://`.
    pub uri: String,
    /// Hosts and ports to ask in the place of the URI's, in this order; empty to ask the URI's. The URI is still what is asked
    /// for, and what a certificate must be for. Not for `oci://`.
    pub via: Vec<(String, u16)>,
    /// TLS that is spoken even if the URI is `http://`; `None` for what the URI says. Not for `oci://`.
    pub tls: Option<ServerTls>,
    /// The module's digest; of an image, it may be that of the manifest.
    pub sha256: Option<Digest>,
    /// Time for one attempt; `None` for as long as [`Settings::total`](crate::Settings::total) allows.
    pub timeout: Option<Duration>,
    /// Attempts after the first.
    pub retries: u32,
    /// Most that is waited before the second attempt; twice as much before each further one.
    pub base_interval: Duration,
    /// Most that is waited before any attempt.
    pub max_interval: Duration,
}

/// How TLS is spoken with a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServerTls {
    /// The name that is asked for, and that the certificate must be for; the URI's host if there is none.
    pub name: Option<String>,
    /// Certificates of authorities in PEM, in the place of those of the settings.
    pub ca: Option<Vec<u8>>,
}

impl Source {
    /// A source that is asked directly, with Envoy's defaults for attempts.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            via: Vec::new(),
            tls: None,
            sha256: None,
            timeout: None,
            retries: 1,
            base_interval: Duration::from_secs(1),
            max_interval: Duration::from_secs(10),
        }
    }

    /// The URI without its query, which may hold a signature that lets others fetch.
    pub fn shown(&self) -> &str {
        self.uri.split(['?', '#']).next().unwrap_or_default()
    }
}
