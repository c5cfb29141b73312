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
    /// With the authorities in `ca`, in PEM, or those of the settings.
    pub(crate) fn config(&self, settings: &Settings, ca: Option<&[u8]>) -> Result<Arc<ClientConfig>, SettingsError> {
        match ca {
            Some(ca) => {
                client_config(roots(ca).map_err(|why| SettingsError(format!("the cluster's trusted_ca: {why}")))?)
            }
            None => self.0.get_or_init(|| client_config(settings_roots(settings)?)).clone(),
        }
    }
}

fn settings_roots(settings: &Settings) -> Result<RootCertStore, SettingsError> {
    if let Some(file) = &settings.ca_file {
        let wrong = |why: &dyn fmt::Display| SettingsError(format!("{}: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|error| wrong(&error))?;
        return roots(&pem).map_err(|why| wrong(&why));
    }
    let mut roots = RootCertStore::empty();
    // Those that cannot be used are left out: there are old ones everywhere.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(SettingsError(
            "this system has no certificates of authorities, so that no server can be trusted; install them \
             (ca-certificates), or give a file: --fetch-ca"
                .to_owned(),
        ));
    }
    Ok(roots)
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it; it must hold certificates in PEM".to_owned());
    }
    Ok(roots)
}

fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>, SettingsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SettingsError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
