//! A gRPC server over HTTP/2 without TLS, which does what the name of the method says.

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, Request, Response};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// What a server has seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A request: its path, authority and fields.
    Request(String, String, HeaderMap),
    /// A message, without its frame.
    Message(Bytes),
    /// The client sends no more.
    End,
    /// The client has reset the request.
    Reset(Reason),
}

/// A server on a port of its own; it ends with the test program.
#[derive(Debug)]
pub(crate) struct GrpcServer {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Receiver<Seen>,
    connections: Arc<AtomicUsize>,
}

/// Accepts connections in a thread of its own, for tasks of tokio that serve them.
pub(crate) fn accept(mut each: impl FnMut(tokio::net::TcpStream) + Send + 'static) -> SocketAddr {
    let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = socket.local_addr().expect("a bound socket has an address");
    socket.set_nonblocking(true).expect("an option can be set");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let socket = tokio::net::TcpListener::from_std(socket).expect("a socket");
            while let Ok((stream, _)) = socket.accept().await {
                each(stream);
            }
        });
    });
    address
}

impl GrpcServer {
    /// Starts it in a thread of its own.
    pub(crate) fn start() -> Self {
        let (sender, seen) = channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let address = accept(move |stream| {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(connection(stream, sender.clone()));
        });
        Self { address, seen, connections }
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn connection(stream: tokio::net::TcpStream, seen: Sender<Seen>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let seen = seen.clone();
        tokio::spawn(async move {
            if let Err(error) = exchange(request, respond, &seen).await
                && let Some(reason) = error.reason()
            {
                let _ = seen.send(Seen::Reset(reason));
            }
        });
    }
}

async fn exchange(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    seen: &Sender<Seen>,
) -> Result<(), h2::Error> {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let authority = head.uri.authority().map(ToString::to_string).unwrap_or_default();
    let _ = seen.send(Seen::Request(path.clone(), authority, head.headers));
    let method = path.rsplit('/').next().unwrap_or_default();
    let ok = || {
        let head = Response::builder().header("content-type", "application/grpc").header("x-init", "i");
        head.body(()).expect("a head")
    };
    match method {
        "TrailersOnly" => {
            while next(&mut body, seen).await?.is_some() {}
            let mut head = ok();
            head.headers_mut().insert("grpc-status", "7".parse().expect("a value"));
            head.headers_mut().insert("grpc-message", "not%20allowed".parse().expect("a value"));
            respond.send_response(head, true)?;
        }
        "Never" => {
            while next(&mut body, seen).await?.is_some() {}
            std::future::poll_fn(|cx| respond.poll_reset(cx)).await.map(|reason| {
                let _ = seen.send(Seen::Reset(reason));
            })?;
        }
        "Reset" => respond.send_reset(Reason::CANCEL),
        "Refuse" => {
            let mut head = Response::new(());
            *head.status_mut() = http::StatusCode::NOT_FOUND;
            respond.send_response(head, true)?;
        }
        "Cancel" => {
            let mut out = respond.send_response(ok(), false)?;
            out.send_data(frame(b"Cancel me"), false)?;
            while next(&mut body, seen).await?.is_some() {}
        }
        // Every message is answered at once; the trailers follow the client's end.
        _ => {
            let mut out = respond.send_response(ok(), false)?;
            while let Some(message) = next(&mut body, seen).await? {
                out.send_data(frame(&[b"re:", &message[..]].concat()), false)?;
            }
            let trailers = [("grpc-status", "0"), ("x-trail", "t")];
            let trailers =
                trailers.map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
            out.send_trailers(trailers.into_iter().collect())?;
        }
    }
    Ok(())
}

/// The next message; the client sends each in frames of its own.
async fn next(body: &mut RecvStream, seen: &Sender<Seen>) -> Result<Option<Bytes>, h2::Error> {
    let mut framed = Vec::new();
    loop {
        if let Some((head, message)) = framed.split_first_chunk::<5>()
            && message.len() >= u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize
        {
            let message = Bytes::copy_from_slice(message);
            let _ = seen.send(Seen::Message(message.clone()));
            return Ok(Some(message));
        }
        match body.data().await {
            Some(data) => {
                let data = data?;
                body.flow_control().release_capacity(data.len())?;
                framed.extend_from_slice(&data);
            }
            None => {
                let _ = seen.send(Seen::End);
                return Ok(None);
            }
        }
    }
}

fn frame(message: &[u8]) -> Bytes {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat().into()
}
