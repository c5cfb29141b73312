//! The peers of an Envoy: a client and an upstream that speak HTTP/2, piece by piece.

use super::story::{Part, Peer};
use anyhow::Context as _;
use bytes::Bytes;
use h2::{Ping, PingPong, Reason, RecvStream, SendStream, client, server};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// The field in which a request says which stream of the dialogue it is, where there are several.
pub(super) const STREAM: &str = "x-stream";

/// More than any dialogue sends.
const WINDOW: u32 = 1 << 24;

/// Longest wait for an answer to a ping.
const PATIENCE: Duration = Duration::from_secs(5);

/// What peers have seen, each part with the step in which it came.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) step: usize,
    pub(super) parts: Vec<(usize, String, Peer, Part)>,
}

/// What peers have seen, shared between them.
pub(super) type Shared = Arc<Mutex<Seen>>;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the current step's number set.
pub(super) fn set_step(seen: &Shared, step: usize) {
    locked(seen).step = step;
}

/// Takes what was seen.
pub(super) fn take(seen: &Shared) -> Vec<(usize, String, Peer, Part)> {
    std::mem::take(&mut locked(seen).parts)
}

/// Whether a peer of a stream has seen its message end, in whatever way.
pub(super) fn has_ended(seen: &Shared, stream: &str, peer: Peer) -> bool {
    let seen = locked(seen);
    let mut parts = seen.parts.iter().filter(|(_, name, who, _)| name == stream && *who == peer);
    parts.any(|(_, _, _, part)| matches!(part, Part::End | Part::Reset))
}

fn push(seen: &Shared, stream: &str, peer: Peer, part: Part) {
    let mut seen = locked(seen);
    let step = seen.step;
    seen.parts.push((step, stream.to_owned(), peer, part));
}

async fn ping(ping: &mut PingPong) -> bool {
    // What was sent before is written first.
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    matches!(tokio::time::timeout(PATIENCE, ping.ping(Ping::opaque())).await, Ok(Ok(_)))
}

async fn read_body(mut body: RecvStream, seen: Shared, stream: String, peer: Peer) {
    if body.is_end_stream() {
        return push(&seen, &stream, peer, Part::End);
    }
    while let Some(data) = body.data().await {
        match data {
            Ok(data) => {
                let _ = body.flow_control().release_capacity(data.len());
                push(&seen, &stream, peer, Part::Body(data.to_vec()));
            }
            Err(_) => return push(&seen, &stream, peer, Part::Reset),
        }
    }
    match body.trailers().await {
        Ok(trailers) => {
            if let Some(trailers) = trailers {
                push(&seen, &stream, peer, Part::Trailers(fields(&trailers)));
            }
            push(&seen, &stream, peer, Part::End);
        }
        Err(_) => push(&seen, &stream, peer, Part::Reset),
    }
}

fn fields(map: &HeaderMap) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().escape_ascii().to_string())).collect()
}

/// A map of fields.
///
/// # Errors
///
/// HTTP/2 cannot carry one of them.
pub(super) fn map(fields: &[(String, String)]) -> anyhow::Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_bytes(value.as_bytes())?);
    }
    Ok(map)
}

/// A client, on a connection of its own.
pub(super) struct Client {
    send: client::SendRequest<Bytes>,
    ping: PingPong,
    seen: Shared,
    streams: HashMap<String, SendStream<Bytes>>,
    /// Where it connects from.
    pub(super) address: SocketAddr,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// There is no connection.
    pub(super) async fn connect(to: SocketAddr, seen: &Shared) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(to).await?;
        socket.set_nodelay(true)?;
        let address = socket.local_addr()?;
        let (send, mut connection) = client::Builder::new()
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .handshake::<_, Bytes>(socket)
            .await?;
        let ping = connection.ping_pong().context("a connection answers pings once")?;
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { send, ping, seen: seen.clone(), streams: HashMap::new(), address })
    }

    /// Sends a request's headers.
    ///
    /// # Errors
    ///
    /// HTTP/2 cannot carry them. That the connection is gone is none: the client has seen that already.
    pub(super) async fn headers(
        &mut self,
        stream: &str,
        method: &str,
        path: &str,
        fields: &[(String, String)],
        end: bool,
    ) -> anyhow::Result<()> {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes())?)
            .uri(format!("http://example.com{path}"))
            .body(())?;
        *request.headers_mut() = map(fields)?;
        if !stream.is_empty() {
            request.headers_mut().append(STREAM, HeaderValue::from_str(stream)?);
        }
        let Ok(mut send) = self.send.clone().ready().await else {
            push(&self.seen, stream, Peer::Client, Part::Reset);
            return Ok(());
        };
        let (response, sender) = send.send_request(request, end)?;
        self.streams.insert(stream.to_owned(), sender);
        let (seen, stream) = (self.seen.clone(), stream.to_owned());
        tokio::spawn(async move {
            match response.await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let mut all = vec![(":status".to_owned(), head.status.as_str().to_owned())];
                    all.extend(fields_of(&head.headers));
                    push(&seen, &stream, Peer::Client, Part::Headers(all));
                    read_body(body, seen, stream, Peer::Client).await;
                }
                Err(_) => push(&seen, &stream, Peer::Client, Part::Reset),
            }
        });
        Ok(())
    }

    /// Sends a piece of a body. One that nobody wants any more is not sent.
    pub(super) fn body(&mut self, stream: &str, data: Bytes, end: bool) {
        if let Some(sender) = self.streams.get_mut(stream) {
            let _ = sender.send_data(data, end);
        }
    }

    /// Sends trailers. Those that nobody wants any more are not sent.
    pub(super) fn trailers(&mut self, stream: &str, trailers: HeaderMap) {
        if let Some(sender) = self.streams.get_mut(stream) {
            let _ = sender.send_trailers(trailers);
        }
    }

    /// Goes away.
    pub(super) fn hang_up(&mut self, stream: &str) {
        if let Some(sender) = self.streams.get_mut(stream) {
            sender.send_reset(Reason::CANCEL);
        }
    }

    /// Returns once Envoy has seen everything that was sent.
    pub(super) async fn settle(&mut self) -> bool {
        ping(&mut self.ping).await
    }
}

fn fields_of(map: &HeaderMap) -> Vec<(String, String)> {
    fields(map)
}

/// How an upstream answers a stream.
enum Responder {
    Asked(server::SendResponse<Bytes>),
    Answering(SendStream<Bytes>),
}

#[derive(Default)]
struct State {
    seen: Shared,
    responders: HashMap<String, Responder>,
    /// How many calls plugins have made.
    calls: usize,
    pings: Vec<PingPong>,
    /// Where Envoy connects from.
    local: Option<SocketAddr>,
}

/// An upstream, for all cases of an Envoy.
#[derive(Clone)]
pub(super) struct Upstream {
    state: Arc<Mutex<State>>,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Where it listens for what plugins call.
    pub(super) called: SocketAddr,
}

/// What the stream of a call is named, numbered from 1.
pub(super) fn call(number: usize) -> String {
    format!("call {number}")
}

impl Upstream {
    /// Listens.
    ///
    /// # Errors
    ///
    /// It cannot.
    pub(super) async fn listen() -> anyhow::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let address = listen(&state, false).await?;
        let called = listen(&state, true).await?;
        Ok(Self { state, address, called })
    }

    /// A new case begins.
    pub(super) fn begin(&self, seen: &Shared) {
        let mut state = locked(&self.state);
        state.seen = seen.clone();
        state.responders.clear();
        state.calls = 0;
    }

    /// Where Envoy connects from.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        locked(&self.state).local
    }

    /// Whether a stream's request has arrived and was not broken off.
    pub(super) fn is_asked(&self, stream: &str) -> bool {
        locked(&self.state).responders.contains_key(stream)
    }

    /// Answers with headers.
    ///
    /// # Errors
    ///
    /// HTTP/2 cannot carry them.
    pub(super) fn headers(
        &self,
        stream: &str,
        status: u16,
        fields: &[(String, String)],
        end: bool,
    ) -> anyhow::Result<()> {
        let mut response = Response::builder().status(status).body(())?;
        *response.headers_mut() = map(fields)?;
        let mut state = locked(&self.state);
        if let Some(Responder::Asked(respond)) = state.responders.get_mut(stream)
            && let Ok(sender) = respond.send_response(response, end)
        {
            state.responders.insert(stream.to_owned(), Responder::Answering(sender));
        }
        Ok(())
    }

    /// Sends a piece of a body.
    pub(super) fn body(&self, stream: &str, data: Bytes, end: bool) {
        if let Some(Responder::Answering(sender)) = locked(&self.state).responders.get_mut(stream) {
            let _ = sender.send_data(data, end);
        }
    }

    /// Sends trailers.
    pub(super) fn trailers(&self, stream: &str, trailers: HeaderMap) {
        if let Some(Responder::Answering(sender)) = locked(&self.state).responders.get_mut(stream) {
            let _ = sender.send_trailers(trailers);
        }
    }

    /// Returns once Envoy has seen everything that was sent, and notices streams that it has broken off.
    pub(super) async fn settle(&self) {
        let mut pings = std::mem::take(&mut locked(&self.state).pings);
        let mut alive = Vec::new();
        for mut one in pings.drain(..) {
            if ping(&mut one).await {
                alive.push(one);
            }
        }
        poll_fn(|context| {
            let mut state = locked(&self.state);
            let reset = |responder: &mut Responder, context: &mut std::task::Context<'_>| match responder {
                Responder::Asked(respond) => respond.poll_reset(context).is_ready(),
                Responder::Answering(sender) => sender.poll_reset(context).is_ready(),
            };
            let gone: Vec<_> = state
                .responders
                .iter_mut()
                .filter_map(|(stream, responder)| reset(responder, context).then(|| stream.clone()))
                .collect();
            for stream in gone {
                state.responders.remove(&stream);
                push(&state.seen, &stream, Peer::Upstream, Part::Reset);
            }
            // A connection may have come in the meantime.
            state.pings.append(&mut alive);
            Poll::Ready(())
        })
        .await;
    }
}

async fn listen(state: &Arc<Mutex<State>>, takes_calls: bool) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let shared = state.clone();
    tokio::spawn(async move {
        while let Ok((socket, from)) = listener.accept().await {
            tokio::spawn(serve(socket, from, shared.clone(), takes_calls));
        }
    });
    Ok(address)
}

async fn serve(socket: TcpStream, from: SocketAddr, state: Arc<Mutex<State>>, takes_calls: bool) {
    let _ = socket.set_nodelay(true);
    let mut builder = server::Builder::new();
    builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(socket).await else { return };
    locked(&state).pings.extend(connection.ping_pong());
    while let Some(Ok((request, respond))) = connection.accept().await {
        let (head, body) = request.into_parts();
        let named = head.headers.get(STREAM).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let path = head.uri.path_and_query().map_or("", |path| path.as_str());
        let mut all = vec![(":method".to_owned(), head.method.to_string()), (":path".to_owned(), path.to_owned())];
        all.extend(head.uri.scheme_str().map(|scheme| (":scheme".to_owned(), scheme.to_owned())));
        all.extend(head.uri.authority().map(|authority| (":authority".to_owned(), authority.to_string())));
        all.extend(fields(&head.headers));
        let (stream, seen) = {
            let mut state = locked(&state);
            let stream = if takes_calls {
                state.calls += 1;
                call(state.calls)
            } else {
                state.local = Some(from);
                named.to_owned()
            };
            state.responders.insert(stream.clone(), Responder::Asked(respond));
            (stream, state.seen.clone())
        };
        push(&seen, &stream, Peer::Upstream, Part::Headers(all));
        tokio::spawn(read_body(body, seen, stream, Peer::Upstream));
    }
}
