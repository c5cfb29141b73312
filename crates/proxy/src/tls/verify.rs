//! Whose certificates are believed: those that come from a trusted one and, if names are asked for, have one of them.

use super::certificate;
use super::pem;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
};
use std::fmt;
use std::sync::Arc;
use tollgate_config::{Diagnostic, SanKind, SanMatcher, Validation};

/// The certificate has none of the names that are asked for.
#[derive(Debug)]
pub(super) struct NoSuchName;

impl fmt::Display for NoSuchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no name of the certificate matches match_typed_subject_alt_names")
    }
}

impl std::error::Error for NoSuchName {}

fn check_names(asked: &[SanMatcher], certificate: &CertificateDer<'_>) -> Result<(), Error> {
    if asked.is_empty() {
        return Ok(());
    }
    let names = certificate::names(certificate).unwrap_or_default();
    let matches = |asked: &SanMatcher| {
        let names = match asked.kind {
            SanKind::Dns => &names.dns,
            SanKind::Uri => &names.uri,
        };
        names.iter().any(|name| asked.value.matches(name.as_bytes()))
    };
    if asked.iter().any(matches) {
        return Ok(());
    }
    Err(CertificateError::Other(OtherError(Arc::new(NoSuchName))).into())
}

/// Judges the certificates of upstreams. As in Envoy, the name that was asked for does not matter, and without a
/// configuration every certificate is taken.
#[derive(Debug)]
pub(super) struct UpstreamVerifier {
    roots: Option<RootCertStore>,
    names: Vec<SanMatcher>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl UpstreamVerifier {
    pub(super) fn load(validation: Option<&Validation>, provider: &CryptoProvider) -> Result<Self, Diagnostic> {
        Ok(Self {
            roots: validation.map(pem::roots).transpose()?,
            names: validation.map(|validation| validation.subject_alt_names.clone()).unwrap_or_default(),
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

impl ServerCertVerifier for UpstreamVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let parsed = ParsedCertificate::try_from(end_entity)?;
            verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, self.algorithms.all)?;
            check_names(&self.names, end_entity)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Judges the certificates of clients.
#[derive(Debug)]
struct DownstreamVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    names: Vec<SanMatcher>,
}

/// Who judges the certificates of clients; without a configuration, none is asked for.
pub(super) fn downstream(
    validation: Option<&Validation>,
    required: bool,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Diagnostic> {
    let Some(validation) = validation else { return Ok(WebPkiClientVerifier::no_client_auth()) };
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(pem::roots(validation)?), provider);
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    let chain = builder
        .build()
        .map_err(|error| validation.location.diagnostic(format!("trusted_ca cannot be used: {error}")))?;
    Ok(Arc::new(DownstreamVerifier { chain, names: validation.subject_alt_names.clone() }))
}

impl ClientCertVerifier for DownstreamVerifier {
    fn offer_client_auth(&self) -> bool {
        self.chain.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.chain.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        check_names(&self.names, end_entity)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
