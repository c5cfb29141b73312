//! What all fetches have in common.

use crate::oci::Credentials;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What all fetches have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time for all of them together, retries included.
    pub total: Duration,
    /// Most bytes of a module.
    pub size: u64,
    /// File with the certificates of those whose word about servers is taken, in PEM, in the place of the system's.
    pub ca_file: Option<PathBuf>,
    /// Registries, `HOST` or `HOST:PORT`, that may be asked without TLS. Those on this machine may in any case.
    pub insecure_registries: Vec<String>,
    /// Who we are to registries.
    pub credentials: Credentials,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(60),
            size: 256 << 20,
            ca_file: None,
            insecure_registries: Vec::new(),
            credentials: Credentials::default(),
        }
    }
}

/// Why fetches are impossible.
#[derive(Clone, Debug)]
pub struct SettingsError(pub(crate) String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

/// TLS with the certificates of the settings, which are read when they are first needed: most starts fetch nothing by HTTPS.
#[derive(Debug, Default)]
pub(crate) struct Tls(OnceLock<Result<Arc<ClientConfig>, SettingsError>>);

impl Tls {
    pub(crate) fn config(&self, settings: &Settings) -> Result<Arc<ClientConfig>, SettingsError> {
        self.0.get_or_init(|| client_config(settings)).clone()
    }
}

fn client_config(settings: &Settings) -> Result<Arc<ClientConfig>, SettingsError> {
    let mut roots = RootCertStore::empty();
    match &settings.ca_file {
        Some(file) => {
            let wrong = |why: &dyn fmt::Display| SettingsError(format!("{}: {why}", file.display()));
            let certificates = CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| wrong(&error))?;
            for certificate in certificates {
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
            if roots.is_empty() {
                return Err(wrong(&"there is no certificate in it; it must hold certificates in PEM"));
            }
        }
        None => {
            // Those that cannot be used are left out: there are old ones everywhere.
            let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(SettingsError(
                    "this system has no certificates of authorities, so that no server can be trusted; install them \
                     (ca-certificates), or give a file: --fetch-ca"
                        .to_owned(),
                ));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SettingsError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
