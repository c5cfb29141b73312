//! Certificates and keys in PEM, read with messages that say what is wrong and never what the key is.

use super::certificate;
use super::provider;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use tollgate_config::{DataSource, Diagnostic, Location, TlsCertificate, Validation};
use tollgate_host::stream::CertificateInfo;

/// A certificate with its key, and what it says.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) info: CertificateInfo,
    /// Its names of kind DNS, in lower case.
    pub(super) names: Vec<String>,
}

/// Reads a certificate and its key.
pub(super) fn identity(configured: &TlsCertificate) -> Result<Identity, Diagnostic> {
    let wrong = |what: String| configured.location.diagnostic(what);
    let chain = certificates(&configured.chain, "certificate_chain", &configured.location)?;
    let key = PrivateKeyDer::from_pem_slice(inline(&configured.key)).map_err(|_| {
        wrong(
            "private_key holds no private key in PEM that is not encrypted (\"-----BEGIN PRIVATE KEY-----\")"
                .to_owned(),
        )
    })?;
    let key = provider().key_provider.load_private_key(key).map_err(|_| {
        wrong("private_key is of no kind that TLS can use; RSA, ECDSA (P-256, P-384) and Ed25519 are".to_owned())
    })?;
    let info = certificate::info(&chain[0]);
    let names = certificate::names(&chain[0]).map(|names| names.dns).unwrap_or_default();
    let key = CertifiedKey::new(chain, key);
    match key.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err(wrong("private_key does not belong to the first certificate of certificate_chain".to_owned()));
        }
        Err(error) => return Err(wrong(format!("certificate_chain cannot be used: {error}"))),
    }
    Ok(Identity { key: Arc::new(key), info, names })
}

/// Reads the certificates that peers' certificates may come from.
pub(super) fn roots(validation: &Validation) -> Result<RootCertStore, Diagnostic> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&validation.trusted_ca, "trusted_ca", &validation.location)? {
        roots.add(certificate).map_err(|error| {
            validation.location.diagnostic(format!("a certificate of trusted_ca cannot be used: {error}"))
        })?;
    }
    Ok(roots)
}

fn certificates(
    source: &DataSource,
    field: &str,
    location: &Location,
) -> Result<Vec<CertificateDer<'static>>, Diagnostic> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(inline(source)).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => {
            Err(location.diagnostic(format!("{field} holds no certificate in PEM (\"-----BEGIN CERTIFICATE-----\")")))
        }
        Err(error) => Err(location.diagnostic(format!("{field} is no PEM: {error}"))),
    }
}

/// The certificates that can be read.
pub(super) fn readable(source: &DataSource) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(inline(source)).filter_map(Result::ok).collect()
}

/// The data; files have been read into the configuration.
fn inline(source: &DataSource) -> &[u8] {
    match source {
        DataSource::Inline(bytes) => bytes,
        DataSource::File { .. } => b"",
    }
}
