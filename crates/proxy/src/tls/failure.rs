//! Why no TLS was agreed on: in words, and as it is counted.

use super::verify::NoSuchName;
use crate::stats::TlsStats;
use rustls::{CertificateError, Error};
use std::io;

/// What TLS has found wrong, if it was TLS that failed.
fn of<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    std::iter::successors(Some(error), |error| error.source())
        // What an I/O error holds is none of its sources.
        .filter_map(|error| error.downcast_ref::<io::Error>()?.get_ref())
        .find_map(|held| held.downcast_ref())
}

/// Why TLS has failed, in words that are the same each time; `None` if it was not TLS that failed.
pub(crate) fn why(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    Some(match of(error)? {
        // What we find wrong ourselves; the library would show how it is kept.
        Error::InvalidCertificate(CertificateError::Other(own)) => own.0.to_string(),
        // The library would tell by how many seconds.
        Error::InvalidCertificate(CertificateError::ExpiredContext { .. }) => {
            Error::from(CertificateError::Expired).to_string()
        }
        Error::InvalidCertificate(CertificateError::NotValidYetContext { .. }) => {
            Error::from(CertificateError::NotValidYet).to_string()
        }
        other => other.to_string(),
    })
}

/// Counts a handshake that has failed. A peer that goes away in the middle of one makes no error of TLS, as in Envoy.
pub(crate) fn count(error: &io::Error, stats: &TlsStats) {
    match of(error) {
        Some(Error::InvalidCertificate(CertificateError::Other(own))) if own.0.is::<NoSuchName>() => {
            stats.fail_verify_san.inc();
        }
        Some(Error::InvalidCertificate(_)) => stats.fail_verify_error.inc(),
        Some(Error::NoCertificatesPresented) => stats.fail_verify_no_cert.inc(),
        Some(_) => stats.connection_error.inc(),
        None if error.kind() == io::ErrorKind::InvalidData => stats.connection_error.inc(),
        None => {}
    }
}
