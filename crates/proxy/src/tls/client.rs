//! TLS with upstreams.

use super::verify::UpstreamVerifier;
use super::{certificate, pem, provider, version_name, versions};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tollgate_config::{Diagnostic, UpstreamProtocol, UpstreamTls};
use tollgate_host::stream::{CertificateInfo, TlsInfo};

/// How TLS is spoken with the endpoints of a cluster.
pub(crate) struct ClientTls {
    connector: TlsConnector,
    /// The name that is asked for, whatever the endpoint.
    server_name: Option<ServerName<'static>>,
    auto_host_sni: bool,
    local: CertificateInfo,
    validates: bool,
}

impl ClientTls {
    pub(super) fn load(tls: &UpstreamTls, protocol: &UpstreamProtocol) -> Result<Self, Diagnostic> {
        let common = &tls.common;
        let provider = provider();
        let wrong = |what: String| common.location.diagnostic(what);
        let cannot = |error: rustls::Error| wrong(format!("TLS cannot be set up: {error}"));
        let verifier = UpstreamVerifier::load(common.validation.as_ref(), &provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(common))
            .map_err(cannot)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let (mut config, local) = match common.certificates.first() {
            None => (builder.with_no_client_auth(), CertificateInfo::default()),
            Some(own) => {
                let identity = pem::identity(own)?;
                let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(identity.key));
                (builder.with_client_cert_resolver(resolver), CertificateInfo { pem: String::new(), ..identity.info })
            }
        };
        config.alpn_protocols = match (&common.alpn_protocols[..], protocol) {
            ([], UpstreamProtocol::Http1) => Vec::new(),
            ([], UpstreamProtocol::Http2(_)) => vec![b"h2".to_vec()],
            ([], UpstreamProtocol::Negotiated(_)) => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            (names, _) => names.iter().map(|name| name.clone().into_bytes()).collect(),
        };
        let server_name =
            tls.sni.clone().map(|name| ServerName::try_from(name).map_err(|_| wrong("sni is no host name".to_owned())));
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            server_name: server_name.transpose()?,
            auto_host_sni: tls.auto_host_sni,
            local,
            validates: common.validation.is_some(),
        })
    }

    /// For who speaks TLS with this endpoint without waiting on a runtime: the configuration, and the name that is asked for.
    pub(super) fn into_parts(self, endpoint: &str) -> (Arc<ClientConfig>, ServerName<'static>) {
        let own = self.auto_host_sni.then(|| ServerName::try_from(endpoint.to_owned()).ok()).flatten();
        // An address is asked for by no name.
        let nobody = || ServerName::IpAddress(endpoint.parse().unwrap_or_else(|_| IpAddr::from([0; 4])).into());
        (self.connector.config().clone(), own.or(self.server_name).unwrap_or_else(nobody))
    }

    /// Agrees on TLS with an endpoint, whose name is known or not.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        endpoint: &str,
    ) -> io::Result<(TlsStream<TcpStream>, TlsInfo)> {
        let own = self.auto_host_sni.then(|| ServerName::try_from(endpoint.to_owned()).ok()).flatten();
        let name = match own.or_else(|| self.server_name.clone()) {
            Some(name) => name,
            // An address is asked for by no name.
            None => {
                ServerName::IpAddress(stream.peer_addr().map_or_else(|_| IpAddr::from([0; 4]), |peer| peer.ip()).into())
            }
        };
        let requested = match &name {
            ServerName::DnsName(name) => name.as_ref().to_owned(),
            _ => String::new(),
        };
        let stream = self.connector.connect(name, stream).await?;
        let connection = stream.get_ref().1;
        let shown = connection.peer_certificates().unwrap_or_default();
        let peer = shown.first().map(certificate::info);
        let info = TlsInfo {
            version: version_name(connection.protocol_version()),
            requested_server_name: requested,
            local: self.local.clone(),
            peer_validated: self.validates && peer.is_some(),
            peer,
            // Nobody asks for more of an upstream.
            peer_chain: String::new(),
        };
        Ok((stream, info))
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}
