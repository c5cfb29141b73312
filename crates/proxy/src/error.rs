//! Why a proxy does not come up.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use tollgate_config::Location;
use tollgate_host::plugin::StartError;

/// Why a proxy does not come up.
#[derive(Debug)]
pub enum ServerError {
    /// An access log cannot be written.
    AccessLog {
        /// The file.
        path: PathBuf,
        /// Where it is configured.
        location: Location,
        /// What the system says.
        error: io::Error,
    },
    /// A configured address is none.
    Address {
        /// What is configured.
        address: String,
        /// Where.
        location: Location,
    },
    /// An address cannot be listened on.
    Bind {
        /// The address.
        address: SocketAddr,
        /// Where it is configured.
        location: Location,
        /// What the system says.
        error: io::Error,
    },
    /// A plugin does not start.
    Plugin {
        /// Where it is configured.
        location: Location,
        /// What it says.
        error: StartError,
    },
    /// A thread or its runtime cannot be made.
    Worker(io::Error),
    /// A thread ended before it was ready: a bug of ours.
    WorkerGone,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessLog { path, location, error } => {
                write!(f, "{location}: the access log {} cannot be opened: {error}", path.display())
            }
            Self::Address { address, location } => write!(f, "{location}: {address:?} is not an IP address"),
            Self::Bind { address, location, error } if error.kind() == io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "{location}: cannot listen on {address}: another process does; choose another port or stop it"
                )
            }
            Self::Bind { address, location, error } => write!(f, "{location}: cannot listen on {address}: {error}"),
            Self::Plugin { location, error } => write!(f, "{location}: {error}"),
            Self::Worker(error) => write!(f, "cannot start a worker thread: {error}"),
            Self::WorkerGone => f.write_str("a worker thread ended while starting; this is a bug, please report it"),
        }
    }
}

impl std::error::Error for ServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AccessLog { error, .. } | Self::Bind { error, .. } | Self::Worker(error) => Some(error),
            Self::Plugin { error, .. } => Some(error),
            Self::Address { .. } | Self::WorkerGone => None,
        }
    }
}
