//! gRPC over HTTP/2: unary calls and streams.
//!
//! What becomes of them is told as Envoy's client tells it, down to which events come after which mistake.

use super::frames::{BadFrame, Decoder, frame};
use super::http::{INTERNAL, count, expect_within, response_fields};
use super::{Command, Events, Outcome};
use crate::cluster::{Chosen, Selection, Upstream};
use crate::exchange::convert;
use crate::exchange::{Upload, UploadBody};
use crate::grpc_status as status;
use crate::upstream_body::UpstreamBody;
use crate::upstream_filters;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::Body as _;
use hyper::header::{CONTENT_TYPE, HeaderValue, TE};
use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::yield_now;
use tokio::time::Instant;
use tollgate_host::callouts::{AnswerRoom, GrpcRequest};
use tollgate_host::fields::{FieldName, HeaderMap};

/// What a stream has to tell, in order: initial metadata, messages, trailing metadata, and how it has ended.
enum Event {
    InitialMetadata(HeaderMap),
    Message(Bytes),
    TrailingMetadata(HeaderMap),
}

/// How a call has ended: its status, and what it means.
struct End(u32, Bytes);

/// Makes a unary call: its message if it ends well, its status if it does not.
pub(super) async fn unary(
    upstream: Option<Rc<Upstream>>,
    request: GrpcRequest,
    message: Bytes,
    timeout: Option<Duration>,
    mut room: AnswerRoom,
) -> Outcome {
    let mut answer = None;
    let exchange = async {
        let body = match frame(&message) {
            Ok(framed) => UploadBody::whole(framed, hyper::HeaderMap::new()),
            Err(_) => return End(status::RESOURCE_EXHAUSTED, Bytes::from_static(b"the message is too long")),
        };
        let collect = |event| {
            if let Event::Message(message) = event {
                answer = Some(message);
            }
        };
        let asked = Cell::new(Some(Instant::now()));
        match open(upstream.as_ref(), &request, body, timeout) {
            Ok((chosen, call)) => {
                receive(upstream.as_ref(), &chosen, call, &asked, collect, Room::Kept(&mut room)).await
            }
            Err(end) => {
                // As in `http::call`.
                yield_now().await;
                end
            }
        }
    };
    let end = match timeout {
        None => exchange.await,
        Some(timeout) => match tokio::time::timeout(timeout, exchange).await {
            Ok(end) => end,
            Err(_) => {
                if let Some(upstream) = &upstream {
                    upstream.cluster.stats.upstream_rq_timeout.inc();
                }
                End(status::UNAVAILABLE, Bytes::from_static(b"upstream request timeout"))
            }
        },
    };
    match (end, answer) {
        (End(status::OK, _), Some(message)) => Outcome::Message(message, Some(room)),
        // A call that ends well has an answer.
        (End(status::OK, _), None) => Outcome::Close { status: status::INTERNAL, message: Bytes::new() },
        (End(status, message), _) => Outcome::Close { status, message },
    }
}

/// Carries a stream, until the upstream has ended it.
pub(super) async fn stream(
    upstream: Option<Rc<Upstream>>,
    request: GrpcRequest,
    commands: UnboundedReceiver<Command>,
    events: Events,
    mut room: AnswerRoom,
) {
    let (upload, body) = UploadBody::channel();
    let tell = |event| {
        events.send(match event {
            Event::InitialMetadata(metadata) => Outcome::InitialMetadata(metadata),
            Event::Message(message) => Outcome::Message(message, None),
            Event::TrailingMetadata(metadata) => Outcome::TrailingMetadata(metadata),
        });
    };
    let asked = Cell::new(None);
    let End(status, message) = match open(upstream.as_ref(), &request, body, None) {
        Ok((chosen, call)) => tokio::select! {
            end = receive(upstream.as_ref(), &chosen, call, &asked, tell, Room::UntilTold(&mut room, &events)) => end,
            () = send(upload, commands, &asked, &events) => pending().await,
        },
        Err(end) => {
            yield_now().await;
            unanswered(end, &mut { tell })
        }
    };
    events.send(Outcome::Close { status, message });
}

/// Sends what the plugin sends, and never ends: a stream lasts until the upstream has ended it. `asked` is told when the
/// plugin has ended its side.
async fn send(
    mut upload: Upload,
    mut commands: UnboundedReceiver<Command>,
    asked: &Cell<Option<Instant>>,
    events: &Events,
) {
    while let Some(command) = commands.recv().await {
        let message = match command {
            Command::Message(message) => {
                // Longer than four bytes can say is longer than any plugin's memory.
                if let Ok(framed) = frame(&message) {
                    upload.data(framed, false);
                }
                Some(message.len())
            }
            Command::Close => {
                upload.data(Bytes::new(), true);
                asked.set(Some(Instant::now()));
                None
            }
        };
        poll_fn(|cx| upload.poll_drained(cx)).await;
        if let Some(message) = message {
            events.sent(message);
        }
    }
    pending::<()>().await;
}

/// Begins a call at an endpoint.
fn open(
    upstream: Option<&Rc<Upstream>>,
    request: &GrpcRequest,
    body: UploadBody,
    timeout: Option<Duration>,
) -> Result<(Chosen, crate::cluster::Answering), End> {
    let unavailable = |why: String| End(status::UNAVAILABLE, why.into());
    let upstream = upstream.ok_or_else(|| unavailable("Cluster not available".to_owned()))?;
    let chosen = upstream.choose(&Selection::default()).map_err(|why| unavailable(why.text()))?;
    let head = head(upstream, request, timeout).map_err(|bad| End(status::INTERNAL, bad.to_string().into()))?;
    let answering = upstream_filters::send(upstream, &chosen, head.map(|()| body));
    Ok((chosen, answering))
}

/// The head of a call.
fn head(
    upstream: &Upstream,
    request: &GrpcRequest,
    timeout: Option<Duration>,
) -> Result<Request<()>, convert::BadMessage> {
    let authority = request.authority.as_deref().unwrap_or(&upstream.cluster.config.name);
    let mut fields = HeaderMap::with_capacity(request.metadata.len() + 3);
    fields.append(const { FieldName::from_static(":method") }, Bytes::from_static(b"POST"));
    fields.append(const { FieldName::from_static(":path") }, request.path.clone());
    fields.append(const { FieldName::from_static(":authority") }, Bytes::copy_from_slice(authority.as_bytes()));
    let mut head = convert::upstream_request(&fields)?;
    let headers = head.headers_mut();
    headers.insert(TE, HeaderValue::from_static("trailers"));
    if let Some(timeout) = timeout
        && let Ok(value) = HeaderValue::try_from(grpc_timeout(timeout))
    {
        headers.insert("grpc-timeout", value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    for (name, value) in &metadata(&request.metadata)? {
        headers.try_append(name, value.clone()).map_err(|_| convert::BadMessage::TooMany)?;
    }
    let (internal, yes) = INTERNAL;
    headers.insert(internal, yes);
    expect_within(headers, timeout);
    Ok(head)
}

/// The value of `grpc-timeout`: eight digits at most, and a unit.
pub(crate) fn grpc_timeout(timeout: Duration) -> String {
    let milliseconds = timeout.as_millis();
    if milliseconds < 100_000_000 { format!("{milliseconds}m") } else { format!("{}S", timeout.as_secs()) }
}

/// The plugin's metadata as headers: values of `-bin` names encoded, and without what is the client's to say.
fn metadata(own: &HeaderMap) -> Result<hyper::HeaderMap, convert::BadMessage> {
    let is_ours = |name: &[u8]| matches!(name, b"content-type" | b"grpc-timeout" | b"host" | b"content-length" | b"te");
    let mut fields = HeaderMap::with_capacity(own.len());
    for field in own.iter().filter(|field| !is_ours(field.name.as_bytes())) {
        let is_binary = field.name.as_bytes().ends_with(b"-bin");
        let value = if is_binary { STANDARD.encode(&field.value).into() } else { field.value.clone() };
        fields.append(field.name.clone(), value);
    }
    convert::to_headers(&fields)
}

/// Reads what the upstream sends, to its end.
async fn receive(
    upstream: Option<&Rc<Upstream>>,
    chosen: &Chosen,
    call: crate::cluster::Answering,
    asked: &Cell<Option<Instant>>,
    mut tell: impl FnMut(Event),
    room: Room<'_>,
) -> End {
    let response = match call.await {
        Ok(response) => response,
        Err(failure) => {
            tracing::debug!("upstream {}: {}", chosen.address, failure.text());
            // A plugin of the cluster may have closed the stream.
            if failure.verdict.is_none() {
                chosen.failed();
            }
            if let Some(upstream) = upstream {
                count(upstream, &failure);
            }
            return unanswered(End(status::of_http(failure.status), failure.summary().into()), &mut tell);
        }
    };
    let (head, body) = response.into_parts();
    chosen.answered(head.status.as_u16());
    if let Some(upstream) = upstream {
        upstream.cluster.count_response(head.status.as_u16());
    }
    let headers = response_fields(head.status, &head.headers, asked.get());
    if body.is_end_stream() && (head.status == hyper::StatusCode::OK || status::of(&headers).is_some()) {
        tell(Event::InitialMetadata(HeaderMap::new()));
        return ended(headers, &mut tell);
    }
    if head.status != hyper::StatusCode::OK {
        tell(Event::InitialMetadata(HeaderMap::new()));
        return broken(status::of_http(head.status.as_u16()), Bytes::new(), &mut tell);
    }
    tell(Event::InitialMetadata(headers));
    receive_body(body, &mut tell, room).await
}

async fn receive_body(mut body: UpstreamBody, tell: &mut impl FnMut(Event), mut room: Room<'_>) -> End {
    let mut decoder = Decoder::default();
    loop {
        let frame = match body.frame().await {
            Some(Ok(frame)) => frame,
            // An end without trailers says nothing about how the call went.
            None => return broken(status::UNKNOWN, Bytes::new(), tell),
            Some(Err(failure)) => {
                return broken(status::INTERNAL, failure.details_after_head().into(), tell);
            }
        };
        match frame.into_data() {
            Ok(piece) => {
                if let Err(error) = room.own().take(piece.len()) {
                    tracing::debug!("gRPC call: {error}");
                    return broken(status::RESOURCE_EXHAUSTED, Bytes::new(), tell);
                }
                decoder.push(&piece);
                loop {
                    match decoder.next(|length| room.own().check(length).is_ok()) {
                        Ok(Some(message)) => tell(Event::Message(message)),
                        Ok(None) => break,
                        Err(BadFrame::TooLong) => {
                            return broken(status::RESOURCE_EXHAUSTED, Bytes::new(), tell);
                        }
                        Err(BadFrame::Compressed) => return broken(status::INTERNAL, Bytes::new(), tell),
                    }
                }
                room.told(decoder.len()).await;
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    return ended(convert::trailer_fields(&trailers), tell);
                }
            }
        }
    }
}

/// Room for what has come, and until when it is taken.
enum Room<'a> {
    /// To the end: the plugin is told then.
    Kept(&'a mut AnswerRoom),
    /// Until the plugin has been told.
    UntilTold(&'a mut AnswerRoom, &'a Events),
}

impl Room<'_> {
    fn own(&mut self) -> &mut AnswerRoom {
        match self {
            Self::Kept(room) | Self::UntilTold(room, _) => room,
        }
    }

    /// Whole messages have been told, and so many bytes wait for more. Nothing more is read before the plugin has them, so
    /// that the upstream cannot send faster than the plugin takes it.
    async fn told(&mut self, waiting: usize) {
        if let Self::UntilTold(room, events) = self {
            events.delivered().await;
            room.keep(waiting);
        }
    }
}

/// The upstream has said how the call went.
fn ended(trailers: HeaderMap, tell: &mut impl FnMut(Event)) -> End {
    let end = End(status::of(&trailers).unwrap_or(status::UNKNOWN), status::message(&trailers));
    tell(Event::TrailingMetadata(trailers));
    end
}

/// It has not.
fn broken(status: u32, message: Bytes, tell: &mut impl FnMut(Event)) -> End {
    tell(Event::TrailingMetadata(HeaderMap::new()));
    End(status, message)
}

/// Nobody has answered: the proxy does, with nothing but trailers.
fn unanswered(end: End, tell: &mut impl FnMut(Event)) -> End {
    let End(status, message) = &end;
    let mut trailers = HeaderMap::with_capacity(4);
    trailers.append(const { FieldName::from_static(":status") }, Bytes::from_static(b"200"));
    trailers.append(const { FieldName::from_static("content-type") }, Bytes::from_static(b"application/grpc"));
    trailers.append(const { FieldName::from_static("grpc-status") }, status.to_string().into());
    trailers.append(const { FieldName::from_static("grpc-message") }, message.clone());
    tell(Event::InitialMetadata(HeaderMap::new()));
    tell(Event::TrailingMetadata(trailers));
    end
}

#[cfg(test)]
mod tests {
    use super::{grpc_timeout, metadata};
    use std::time::Duration;

    #[test]
    fn timeouts_have_eight_digits_at_most() {
        assert_eq!(grpc_timeout(Duration::from_millis(1500)), "1500m");
        assert_eq!(grpc_timeout(Duration::from_millis(u32::MAX.into())), "4294967S");
    }

    #[test]
    fn binary_metadata_are_encoded_and_the_clients_own_left_out() {
        let own = [("x-bin", "AAEA"), ("content-type", "text/html"), ("x", "1"), (":path", "/other")];
        let sent = metadata(&own.into_iter().collect()).unwrap();
        assert_eq!(sent.len(), 2);
        assert_eq!((&sent["x-bin"], &sent["x"]), (&"QUFFQQ==".parse().unwrap(), &"1".parse().unwrap()));
    }
}
