//! TLS with clients.

use super::certificate;
use super::pem::{self, Identity};
use super::{provider, verify, version_name, versions};
use crate::http_connection::Version;
use bytes::{Bytes, BytesMut};
use rustls::ServerConfig;
use rustls::server::{Accepted, Acceptor, ClientHello};
use rustls::sign::SingleCertAndKey;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::StartHandshake;
use tokio_rustls::server::TlsStream;
use tollgate_config::{Diagnostic, DownstreamTls};
use tollgate_host::stream::{CertificateInfo, TlsInfo};

/// How a filter chain speaks TLS.
#[derive(Debug)]
pub(crate) struct ServerTls {
    certificates: Vec<Certificate>,
    validates: bool,
}

/// A certificate that may be shown, and the configuration that shows it.
#[derive(Debug)]
struct Certificate {
    identity: Identity,
    config: Arc<ServerConfig>,
    /// The same for clients with none of our protocols: as Envoy, we go on without agreeing on one.
    without_alpn: Arc<ServerConfig>,
}

/// How a connection has begun.
pub(crate) enum Opening {
    /// Not with TLS; these are its first bytes.
    Plain(Bytes),
    /// With a client's hello, which stands in these bytes.
    Tls(Box<Accepted>, Bytes),
}

/// What a client has asked for, of what chooses filter chains.
impl Opening {
    /// The name asked for, in lower case.
    pub(crate) fn server_name(&self) -> Option<String> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(accepted, _) => accepted.client_hello().server_name().map(str::to_ascii_lowercase),
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(..))
    }
}

/// Reads how a connection begins: up to the end of the client's hello, if it is one.
pub(crate) async fn inspect(stream: &mut TcpStream) -> io::Result<Opening> {
    const HANDSHAKE: u8 = 22;
    let mut acceptor = Acceptor::default();
    let mut read = BytesMut::with_capacity(2048);
    loop {
        let before = read.len();
        read.reserve(1024);
        let count = stream.read_buf(&mut read).await?;
        if read.first().is_none_or(|first| *first != HANDSHAKE) {
            return Ok(Opening::Plain(read.freeze()));
        }
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut fresh = &read[before..];
        while !fresh.is_empty() {
            acceptor.read_tls(&mut fresh)?;
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok(Opening::Tls(Box::new(accepted), read.freeze())),
            Ok(None) => {}
            Err((error, mut alert)) => {
                let mut bytes = Vec::new();
                alert.write_all(&mut bytes)?;
                stream.write_all(&bytes).await?;
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
    }
}

impl ServerTls {
    pub(super) fn load(tls: &DownstreamTls) -> Result<Self, Diagnostic> {
        let common = &tls.common;
        let provider = provider();
        let verifier =
            verify::downstream(common.validation.as_ref(), tls.require_client_certificate, provider.clone())?;
        let cannot = |error: rustls::Error| common.location.diagnostic(format!("TLS cannot be set up: {error}"));
        // One for all certificates: a client that comes back with another name is asked for a new handshake by the library.
        let mut certificates = Vec::new();
        for configured in &common.certificates {
            let identity = pem::identity(configured)?;
            let mut config = ServerConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(&versions(common))
                .map_err(cannot)?
                .with_client_cert_verifier(verifier.clone())
                .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.key.clone())));
            config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(cannot)?;
            let without_alpn = Arc::new(config.clone());
            config.alpn_protocols = common.alpn_protocols.iter().map(|name| name.clone().into_bytes()).collect();
            certificates.push(Certificate { identity, config: Arc::new(config), without_alpn });
        }
        Ok(Self { certificates, validates: common.validation.is_some() })
    }

    /// Agrees on TLS with a client that has said hello.
    pub(crate) async fn accept(
        &self,
        accepted: Accepted,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, TlsInfo)> {
        let hello = accepted.client_hello();
        let certificate = self.choose(&hello).ok_or(io::ErrorKind::InvalidInput)?;
        let shared = |name: &[u8]| certificate.config.alpn_protocols.iter().any(|own| own == name);
        let agrees = hello.alpn().is_none_or(|mut names| names.any(shared));
        let config = if agrees { &certificate.config } else { &certificate.without_alpn };
        let stream = StartHandshake::from_parts(accepted, stream).into_stream(config.clone()).await?;
        let connection = stream.get_ref().1;
        let shown = connection.peer_certificates().unwrap_or_default();
        let peer = shown.first().map(certificate::info);
        let info = TlsInfo {
            version: version_name(connection.protocol_version()),
            requested_server_name: connection.server_name().unwrap_or_default().to_owned(),
            local: CertificateInfo { pem: String::new(), ..certificate.identity.info.clone() },
            peer_validated: self.validates && peer.is_some(),
            peer,
            peer_chain: shown.iter().skip(1).map(|shown| certificate::url_encoded_pem(shown)).collect(),
        };
        Ok((stream, info))
    }

    /// The certificate for a client: one with the name that it asks for, otherwise the first; of those, one whose key it can
    /// check.
    fn choose(&self, hello: &ClientHello<'_>) -> Option<&Certificate> {
        let usable = |own: &&Certificate| own.identity.key.key.choose_scheme(hello.signature_schemes()).is_some();
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let named = |own: &&Certificate| name.as_deref().is_some_and(|name| has_name(&own.identity.names, name));
        let of = |pick: &dyn Fn(&&Certificate) -> bool| self.certificates.iter().find(|own| pick(own));
        of(&|own| named(own) && usable(own)).or_else(|| of(&usable)).or_else(|| self.certificates.first())
    }
}

/// The version of HTTP that was agreed on.
pub(crate) fn agreed(protocol: Option<&[u8]>) -> Option<Version> {
    match protocol? {
        b"h2" => Some(Version::Http2),
        b"http/1.1" | b"http/1.0" => Some(Version::Http1),
        _ => None,
    }
}

fn has_name(names: &[String], name: &str) -> bool {
    names.iter().any(|own| match own.strip_prefix('*') {
        // One label.
        Some(suffix) => name.find('.').is_some_and(|point| point > 0 && &name[point..] == suffix),
        None => own == name,
    })
}

#[cfg(test)]
mod tests {
    use super::has_name;

    #[test]
    fn a_star_stands_for_one_label() {
        let names = ["a.test".to_owned(), "*.b.test".to_owned()];
        for (name, expected) in
            [("a.test", true), ("x.b.test", true), ("b.test", false), ("x.y.b.test", false), (".b.test", false)]
        {
            assert_eq!(has_name(&names, name), expected, "{name}");
        }
    }
}
