//! Connections: TCP, and TLS over it.

use super::Url;
use crate::error::{FetchError, Kind};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A connection of either kind.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// Connects to the first of these addresses that answers; with TLS, its certificate must be for `name`.
pub(crate) async fn connect(
    url: &Url,
    name: &str,
    addresses: &[(String, u16)],
    tls: Option<Arc<ClientConfig>>,
) -> Result<Box<dyn Connection>, FetchError> {
    let mut failures = Vec::new();
    for (host, port) in addresses {
        match TcpStream::connect((host.as_str(), *port)).await {
            Ok(stream) => {
                // Requests are written in one piece; it is for TLS.
                let _ = stream.set_nodelay(true);
                return match tls {
                    Some(config) => Ok(Box::new(secure(url, name, config, stream).await?)),
                    None => Ok(Box::new(stream)),
                };
            }
            Err(error) => failures.push(format!("{host}:{port} cannot be connected to: {error}")),
        }
    }
    Err(FetchError::new(Kind::Connect, failures.join("; ")))
}

async fn secure(
    url: &Url,
    name: &str,
    config: Arc<ClientConfig>,
    stream: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, FetchError> {
    let name = ServerName::try_from(name.to_owned())
        .map_err(|_| FetchError::new(Kind::Source, format!("{name:?} is no name of a server")))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| refused(url, &error))
}

fn refused(url: &Url, error: &io::Error) -> FetchError {
    let of_rustls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match of_rustls {
        Some(rustls::Error::InvalidCertificate(why)) => FetchError::new(
            Kind::Tls,
            format!(
                "the certificate of {} is not accepted: {why:?}; if it was issued by an authority of your own, give its \
                 certificate: --fetch-ca",
                url.authority
            ),
        ),
        Some(rustls::Error::InvalidMessage(_)) => {
            FetchError::new(Kind::Connect, format!("{} does not speak TLS", url.authority))
        }
        Some(other) => FetchError::new(Kind::Tls, format!("no TLS with {}: {other}", url.authority)),
        None => {
            FetchError::new(Kind::Connect, format!("{} has closed the connection before TLS: {error}", url.authority))
        }
    }
}
