//! HTTP calls. Whatever becomes of one, something is delivered: what no upstream has answered is answered in its place,
//! in Envoy's words.

use super::Outcome;
use crate::cluster::{Selection, Upstream};
use crate::exchange::UploadBody;
use crate::exchange::convert;
use crate::upstream_body::UpstreamBody;
use crate::upstream_failure::UpstreamFailure;
use crate::upstream_filters;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::Instant;
use tollgate_host::callouts::{AnswerRoom, AnswerTooLarge, HttpCall, HttpCallResponse};
use tollgate_host::fields::{FieldName, HeaderMap as Fields};
use tollgate_host::stream::status_value;

/// Marks requests of the proxy's own, as Envoy does.
pub(super) const INTERNAL: (&str, HeaderValue) = ("x-envoy-internal", HeaderValue::from_static("true"));

/// Tells an upstream how long its answer is waited for, as Envoy does.
pub(super) fn expect_within(headers: &mut HeaderMap, timeout: Option<Duration>) {
    if let Some(timeout) = timeout
        && let Ok(value) = HeaderValue::try_from(timeout.as_millis().to_string())
    {
        headers.insert("x-envoy-expected-rq-timeout-ms", value);
    }
}

/// The fields of a response as they came - nothing is forwarded, so that nothing need be left out - and how long the
/// upstream has taken since the whole request was sent, as Envoy has it: an answer to part of a request has no such time.
pub(super) fn response_fields(status: StatusCode, headers: &HeaderMap, asked: Option<Instant>) -> Fields {
    let mut fields = Fields::with_capacity(headers.len() + 2);
    fields.append(const { FieldName::from_static(":status") }, status_value(status.as_u16().into()));
    for (name, value) in headers {
        fields.append(name.clone().into(), Bytes::copy_from_slice(value.as_bytes()));
    }
    if let Some(asked) = asked {
        let time = asked.elapsed().as_millis().to_string();
        fields.replace(const { FieldName::from_static("x-envoy-upstream-service-time") }, time.into());
    }
    fields
}

/// Makes a call. `upstream` is there whenever the cluster is.
pub(super) async fn call(upstream: Option<Rc<Upstream>>, call: HttpCall, room: AnswerRoom) -> Outcome {
    let Some(upstream) = upstream else { return made(503, "cluster not found") };
    let timeout = call.timeout;
    let answered = Cell::new(false);
    let exchange = exchange(&upstream, call, &answered, room);
    match timeout {
        None => exchange.await,
        Some(timeout) => match tokio::time::timeout(timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => {
                upstream.cluster.stats.upstream_rq_timeout.inc();
                // A response that has begun cannot become another one.
                if answered.get() { Outcome::Failure("reset") } else { made(504, "upstream request timeout") }
            }
        },
    }
}

async fn exchange(upstream: &Rc<Upstream>, call: HttpCall, answered: &Cell<bool>, room: AnswerRoom) -> Outcome {
    let chosen = match upstream.choose(&Selection::default()) {
        Ok(chosen) => chosen,
        Err(unavailable) => {
            // A plugin that calls again whenever a call has failed must not have the worker to itself.
            yield_now().await;
            return made(503, unavailable.text());
        }
    };
    let request = match request(&call, upstream) {
        Ok(request) => request,
        Err(bad) => {
            yield_now().await;
            return made(503, bad.to_string());
        }
    };
    let asked = Instant::now();
    match upstream_filters::send(upstream, &chosen, request).await {
        Ok(response) => {
            answered.set(true);
            chosen.answered(response.status().as_u16());
            upstream.cluster.count_response(response.status().as_u16());
            match buffer(response, upstream.has_trailers(), asked, room).await {
                Ok((response, room)) => Outcome::Response(response, Some(room)),
                Err(why) => {
                    tracing::debug!("upstream {}: {why}", chosen.address);
                    Outcome::Failure("reset")
                }
            }
        }
        // A plugin of the cluster has closed the stream.
        Err(failure) if failure.verdict.is_some() => Outcome::Failure("reset"),
        Err(failure) => {
            tracing::debug!("upstream {}: {}", chosen.address, failure.text());
            chosen.failed();
            count(upstream, &failure);
            made(failure.status, failure.summary())
        }
    }
}

/// Counts a failure to connect.
pub(super) fn count(upstream: &Upstream, failure: &UpstreamFailure) {
    if failure.is_connect() {
        upstream.cluster.stats.upstream_cx_connect_fail.inc();
    }
}

fn request(call: &HttpCall, upstream: &Upstream) -> Result<Request<UploadBody>, convert::BadMessage> {
    let mut head = convert::upstream_request(&call.headers)?;
    // A request that is expected to have a body says that it has none.
    if call.body.is_empty() && matches!(*head.method(), Method::POST | Method::PUT | Method::PATCH) {
        head.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let (internal, yes) = INTERNAL;
    head.headers_mut().insert(internal, yes);
    expect_within(head.headers_mut(), call.timeout);
    let trailers = if upstream.has_trailers() { convert::to_headers(&call.trailers)? } else { HeaderMap::default() };
    let body = call.body.clone();
    Ok(head.map(|()| UploadBody::whole(body, trailers)))
}

/// Reads a response to its end.
async fn buffer(
    response: Response<UpstreamBody>,
    has_trailers: bool,
    asked: Instant,
    room: AnswerRoom,
) -> Result<(HttpCallResponse, AnswerRoom), String> {
    let (head, mut body) = response.into_parts();
    let headers = response_fields(head.status, &head.headers, Some(asked));
    let mut data = Pieces::new(room);
    let mut trailers = Fields::new();
    while let Some(frame) = body.frame().await {
        match frame.map_err(|failure| failure.text())?.into_data() {
            Ok(piece) => data.push(piece).map_err(|error| error.to_string())?,
            Err(frame) => {
                if let Ok(got) = frame.into_trailers()
                    && has_trailers
                {
                    trailers = convert::trailer_fields(&got);
                }
            }
        }
    }
    let (body, room) = data.join();
    Ok((HttpCallResponse { headers, body, trailers }, room))
}

/// A body in pieces, joined once at the end; one piece is not copied.
struct Pieces {
    pieces: Vec<Bytes>,
    size: usize,
    room: AnswerRoom,
}

impl Pieces {
    fn new(room: AnswerRoom) -> Self {
        Self { pieces: Vec::new(), size: 0, room }
    }

    fn push(&mut self, piece: Bytes) -> Result<(), AnswerTooLarge> {
        self.size += piece.len();
        self.room.check(self.size as u64)?;
        self.room.take(piece.len())?;
        self.pieces.push(piece);
        Ok(())
    }

    fn join(mut self) -> (Bytes, AnswerRoom) {
        if let [_] = self.pieces[..]
            && let Some(piece) = self.pieces.pop()
        {
            return (piece, self.room);
        }
        let mut joined = BytesMut::with_capacity(self.size);
        self.pieces.iter().for_each(|piece| joined.extend_from_slice(piece));
        (joined.freeze(), self.room)
    }
}

/// An answer in place of the upstream's.
fn made(status: u16, body: impl Into<Bytes>) -> Outcome {
    let body = body.into();
    let mut headers = Fields::with_capacity(3);
    headers.append(const { FieldName::from_static(":status") }, status_value(status.into()));
    headers.append(const { FieldName::from_static("content-length") }, body.len().to_string().into());
    headers.append(const { FieldName::from_static("content-type") }, Bytes::from_static(b"text/plain"));
    Outcome::Response(HttpCallResponse { headers, body, trailers: Fields::new() }, None)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_answer_to_part_of_a_request_has_no_service_time() {
        let time = |asked| {
            let fields = super::response_fields(hyper::StatusCode::OK, &hyper::HeaderMap::new(), asked);
            fields.value(b"x-envoy-upstream-service-time").is_some()
        };
        assert_eq!((time(None), time(Some(tokio::time::Instant::now()))), (false, true));
    }
}
