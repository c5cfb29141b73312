//! Why a module could not be had.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing answers at the address.
    Connect,
    /// No TLS with who answers; their certificate, most often.
    Tls,
    /// It took too long.
    Timeout,
    /// The server has answered with a status that has no module.
    Status(u16),
    /// The answer broke off, or is no HTTP.
    Http,
    /// The answer is empty.
    Empty,
    /// It is larger than it may be.
    TooLarge,
    /// It is not what it should be.
    Digest,
    /// The server leads to somewhere that is not gone to.
    Redirect,
    /// The registry does not give it to us.
    Denied,
    /// The image has no module, or more than one.
    Image,
    /// It cannot be asked for: the source or what is needed for it is wrong.
    Source,
}

/// Why a module could not be had: what, where, and what to do.
#[derive(Clone, Debug)]
pub struct FetchError {
    kind: Kind,
    message: String,
}

impl FetchError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn timeout(after: Duration, hint: &str) -> Self {
        Self::new(Kind::Timeout, format!("it was not there after {after:?}{hint}"))
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether trying again could help.
    pub(crate) fn is_transient(&self) -> bool {
        match self.kind {
            // A copy that is behind, or a broken one on the way.
            Kind::Connect | Kind::Timeout | Kind::Status(_) | Kind::Http | Kind::Empty | Kind::Digest => true,
            Kind::Tls | Kind::TooLarge | Kind::Redirect | Kind::Denied | Kind::Image | Kind::Source => false,
        }
    }

    /// The same, with what was tried in front.
    pub(crate) fn about(self, what: &str) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for FetchError {}
