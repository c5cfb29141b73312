//! One check of an endpoint, on a connection of its own.

use super::Cluster;
use super::health::Health;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::{http1, http2};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, TE, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate_config::{HealthProbe, HttpProbe, UpstreamProtocol};

/// Most bytes of an answer to a check that are read.
const MAX_ANSWER: usize = 64 << 10;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Asks an endpoint. It takes as long as it takes.
pub(super) async fn ask(cluster: &Cluster, probe: &HealthProbe, address: SocketAddr) -> Health {
    let asked = match probe {
        HealthProbe::Http(probe) => http(&cluster.config.name, probe, address).await,
        HealthProbe::Tcp { send, receive } => tcp(send, receive, address).await,
        HealthProbe::Grpc { service_name, authority } => {
            let authority = authority.as_deref().unwrap_or(&cluster.config.name);
            grpc(service_name, authority, address).await
        }
    };
    asked.unwrap_or_else(|error| {
        tracing::debug!("health check of {address}: {error}");
        Health::Unreachable
    })
}

async fn http(cluster: &str, probe: &HttpProbe, address: SocketAddr) -> Result<Health, Failed> {
    let host = probe.host.as_deref().unwrap_or(cluster);
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = probe.method.parse()?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static("Tollgate/HC"));
    for (name, value) in &probe.headers {
        headers.append(HeaderName::try_from(name.as_str())?, HeaderValue::try_from(value.as_str())?);
    }
    let response = match probe.protocol {
        UpstreamProtocol::Http1 => {
            request.headers_mut().insert(HOST, HeaderValue::try_from(host)?);
            *request.uri_mut() = probe.path.parse()?;
            over_http1(request, address).await?
        }
        UpstreamProtocol::Http2(_) | UpstreamProtocol::Negotiated(_) => {
            *request.uri_mut() = target(host, &probe.path)?;
            over_http2(request, address).await?.0
        }
    };
    let status = i64::from(response);
    let is_in = |ranges: &[(i64, i64)]| ranges.iter().any(|(start, end)| (*start..*end).contains(&status));
    Ok(if is_in(&probe.expected_statuses) {
        Health::Good
    } else if is_in(&probe.retriable_statuses) {
        Health::Bad
    } else {
        Health::Unhealthy
    })
}

fn target(host: &str, path: &str) -> Result<Uri, Failed> {
    Ok(Uri::builder().scheme("http").authority(host).path_and_query(path).build()?)
}

/// The status of an answer. Its body is read, so that the endpoint can end the exchange well.
async fn over_http1(request: Request<Full<Bytes>>, address: SocketAddr) -> Result<u16, Failed> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        Limited::new(response.into_body(), MAX_ANSWER).collect().await?;
        Ok(status)
    };
    tokio::select! {
        status = exchange => status,
        // It ends when the exchange has, or when the endpoint hangs up.
        ended = connection => Err(ended.err().map_or_else(|| "the connection has ended".into(), Failed::from)),
    }
}

/// The status, the fields of head and trailers, and the body.
async fn over_http2(request: Request<Full<Bytes>>, address: SocketAddr) -> Result<(u16, Bytes, Option<u32>), Failed> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    let exchange = async {
        let response: Response<_> = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await?;
        let of = |headers: &hyper::HeaderMap| headers.get("grpc-status")?.to_str().ok()?.parse().ok();
        let grpc_status = body.trailers().and_then(of).or_else(|| of(&head.headers));
        Ok((head.status.as_u16(), body.to_bytes(), grpc_status))
    };
    tokio::select! {
        answer = exchange => answer,
        ended = connection => Err(ended.err().map_or_else(|| "the connection has ended".into(), Failed::from)),
    }
}

async fn tcp(send: &[u8], receive: &[Vec<u8>], address: SocketAddr) -> Result<Health, Failed> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(send).await?;
    let mut got = Vec::new();
    // Each piece has to come, behind the one before it; there may be others between.
    let mut from = 0;
    for piece in receive {
        loop {
            if let Some(at) = find(&got[from..], piece) {
                from += at + piece.len();
                break;
            }
            if got.len() > MAX_ANSWER || stream.read_buf(&mut got).await? == 0 {
                return Ok(Health::Bad);
            }
        }
    }
    Ok(Health::Good)
}

fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    if piece.is_empty() {
        return Some(0);
    }
    text.windows(piece.len()).position(|window| window == piece)
}

/// Asks the standard service (grpc/doc/health-checking.md), whose messages have one field each.
async fn grpc(service_name: &str, authority: &str, address: SocketAddr) -> Result<Health, Failed> {
    let mut request = Request::post(target(authority, "/grpc.health.v1.Health/Check")?)
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers")
        .header(USER_AGENT, "Tollgate/HC")
        .body(Full::new(Bytes::new()))?;
    *request.body_mut() = Full::new(health_request(service_name).into());
    let (status, body, grpc_status) = over_http2(request, address).await?;
    let is_serving = status == 200 && grpc_status == Some(0) && body.get(5..) == Some(&[0x08, 0x01]);
    Ok(if is_serving { Health::Good } else { Health::Bad })
}

/// A framed `HealthCheckRequest`: field 1 is the name of the service.
fn health_request(service_name: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service_name.is_empty() {
        message.push(0x0a);
        let mut length = service_name.len();
        while length >= 0x80 {
            message.push(length as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(service_name.as_bytes());
    }
    let mut framed = vec![0];
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend(message);
    framed
}

#[cfg(test)]
mod tests {
    use super::{find, health_request};

    #[test]
    fn the_request_is_framed() {
        assert_eq!(health_request(""), [0, 0, 0, 0, 0]);
        assert_eq!(health_request("ab"), [0, 0, 0, 0, 4, 0x0a, 2, b'a', b'b']);
        let long = health_request(&"x".repeat(300));
        assert_eq!(&long[..8], [0, 0, 0, 1, 47, 0x0a, 0xac, 2]);
    }

    #[test]
    fn pieces_are_found() {
        assert_eq!(find(b"+PONG", b"PONG"), Some(1));
        assert_eq!((find(b"", b"x"), find(b"", b"")), (None, Some(0)));
    }
}
