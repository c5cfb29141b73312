//! TLS for tests: an authority with certificates, clients and servers that speak it.

use super::PATIENCE;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, ServerConfig, ServerConnection,
    SignatureScheme, StreamOwned, SupportedProtocolVersion,
};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// Who signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate with this common name and these names; those with `://` are URIs.
    pub(crate) fn issue(&self, common_name: &str, names: &[&str]) -> Identity {
        let mut params = named(common_name);
        let san = |name: &&str| {
            let text = (*name).try_into().expect("ASCII");
            if name.contains("://") { SanType::URI(text) } else { SanType::DnsName(text) }
        };
        params.subject_alt_names = names.iter().map(san).collect();
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a certificate");
        roots
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Identity {
    fn der(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("a certificate");
        (vec![certificate], PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key"))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// How a client speaks TLS.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) server_name: &'static str,
    pub(crate) alpn: Vec<&'static str>,
    pub(crate) identity: Option<Identity>,
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
}

/// A connection to a server, over TLS.
pub(crate) type Secure = StreamOwned<ClientConnection, TcpStream>;

impl Client {
    pub(crate) fn new(server_name: &'static str) -> Self {
        Self { server_name, alpn: Vec::new(), identity: None, versions: rustls::ALL_VERSIONS.to_vec() }
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&self.versions)
            .expect("versions of TLS")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone));
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.der();
                builder.with_client_auth_cert(chain, key).expect("a certificate with its key")
            }
        };
        config.alpn_protocols = self.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    /// Connects, and agrees on TLS.
    pub(crate) fn connect(&self, address: SocketAddr) -> io::Result<Secure> {
        let name = ServerName::try_from(self.server_name).expect("a name");
        let connection = ClientConnection::new(Arc::new(self.config()), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, socket(TcpStream::connect(address)?));
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// Sends a GET request of HTTP/1.1 and reads all that comes of it. A server that does not like the client's certificate
    /// may say so only now.
    pub(crate) fn get(&self, address: SocketAddr, path: &str) -> io::Result<String> {
        let mut stream = self.connect(address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        match stream.read_to_string(&mut text) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof || text.is_empty() => Err(error),
            _ => Ok(text),
        }
    }
}

/// The names of the certificate that a server has shown.
pub(crate) fn shown(stream: &Secure) -> CertificateDer<'static> {
    stream.conn.peer_certificates().expect("a certificate")[0].clone().into_owned()
}

/// A certificate as a client gets to see it.
pub(crate) fn der(identity: &Identity) -> CertificateDer<'static> {
    identity.der().0.remove(0)
}

/// A server of HTTP/1.1 over TLS that answers with what it has been asked for: the name, and whether with a certificate.
pub(crate) fn server(authority: &Authority, identity: &Identity) -> SocketAddr {
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authority.roots()), provider())
        .allow_unauthenticated()
        .build()
        .expect("an authority");
    let (chain, key) = identity.der();
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .expect("versions of TLS")
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .expect("a certificate with its key");
    serve(config, |mut stream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte)? == 0 {
                return Ok(());
            }
            head.push(byte[0]);
        }
        let name = stream.conn.server_name().unwrap_or("nobody").to_owned();
        let own = stream.conn.peer_certificates().map_or("none", |_| "one");
        let body = format!("asked for {name}, certificate: {own}");
        write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
        stream.conn.send_close_notify();
        stream.flush()
    })
}

/// TLS in front of a server that answers one short command after the other.
pub(crate) fn relay(identity: &Identity, to: SocketAddr) -> SocketAddr {
    let (chain, key) = identity.der();
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate with its key");
    serve(config, move |mut stream| {
        let mut behind = socket(TcpStream::connect(to)?);
        let mut bytes = [0; 1 << 14];
        loop {
            let command = stream.read(&mut bytes)?;
            behind.write_all(&bytes[..command])?;
            let answer = behind.read(&mut bytes)?;
            if command == 0 || answer == 0 {
                return Ok(());
            }
            stream.write_all(&bytes[..answer])?;
        }
    })
}

/// Serves each connection over TLS in a thread of its own.
fn serve(
    config: ServerConfig,
    each: impl Fn(StreamOwned<ServerConnection, TcpStream>) -> io::Result<()> + Clone + Send + 'static,
) -> SocketAddr {
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (config, each) = (config.clone(), each.clone());
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).expect("a configuration");
                each(StreamOwned::new(connection, socket(stream)))
            });
        }
    });
    address
}

fn socket(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream
}

/// Believes everybody: what is shown is looked at by the tests.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
