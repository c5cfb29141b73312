//! One request and its response: hyper on one side, the host's stream in the middle, an upstream on the other.
//!
//! The driver is a coroutine without a task of its own. Until the response's head is known, the service future polls it;
//! from then on, the response's body does, whenever hyper can write. So the client's speed paces the upstream, a client
//! that goes away drops everything at once, and nothing is spawned for a request.

pub(crate) mod convert;
mod driver;
mod rest;
mod retry;
mod timer;
mod tunnel;
mod upload;

pub(crate) use driver::piece_and_end;
pub(crate) use timer::SpareTimer;
pub(crate) use tunnel::Side;
pub(crate) use upload::{Part, Upload, UploadBody};

use crate::downstream::Downstream;
use crate::extended_connect::FromClient;
use crate::ingress;
use bytes::Bytes;
use driver::Driver;
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::{Request, Response, StatusCode};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The stream was reset: the client gets no answer, or a cut one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream was reset")
    }
}

impl std::error::Error for Reset {}

/// What the driver has for the client.
#[derive(Debug, Default)]
struct Output {
    head: Option<Response<()>>,
    frames: VecDeque<Frame<Bytes>>,
    ended: bool,
    reset: bool,
}

/// Answers a request, as the listener's configuration says by now.
pub(crate) async fn serve(
    connection: Rc<Downstream>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Reset> {
    let listener = connection.http().ok_or(Reset)?;
    let downstream = connection.clone();
    let (mut head, body) = request.into_parts();
    let extended = FromClient::take(&mut head);
    let waits = head.headers.contains_key(EXPECT);
    let ingress = ingress::request(&listener, &connection, &head);
    let mut driver = Box::new(Driver::new(listener, connection, &ingress));
    driver.begin(head, body, ingress);
    let (mut head, done) = poll_fn(|cx| {
        let done = Pin::new(&mut driver).poll(cx).is_ready();
        match driver.output.head.take() {
            Some(head) => Poll::Ready(Ok((head, done))),
            None if done => Poll::Ready(Err(Reset)),
            None => Poll::Pending,
        }
    })
    .await?;
    // A client that waits for leave to send its body does not know that it has not got any.
    if !driver.take_rest().read(waits).await {
        downstream.cut();
        head.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if done {
        return Ok(head.map(|()| ResponseBody::of(Source::Left(driver.leave()))));
    }
    if head.status() == StatusCode::SWITCHING_PROTOCOLS {
        // Nobody polls a body from here on: the tunnel has a task of its own.
        match extended {
            Some(extended) => extended.agree(&mut head),
            None => downstream.becomes_tunnel(),
        }
        tokio::task::spawn_local(driver);
        return Ok(head.map(|()| ResponseBody::of(Source::Left(Output { ended: true, ..Output::default() }))));
    }
    Ok(head.map(|()| ResponseBody::of(Source::Running(driver))))
}

/// A response's body. Polling it drives the exchange.
pub(crate) struct ResponseBody {
    source: Source,
    /// Whether hyper has had the time to send what came before a reset.
    has_sent: bool,
}

impl ResponseBody {
    fn of(source: Source) -> Self {
        Self { source, has_sent: false }
    }

    /// Ends the body before its time. hyper forgets what it has not sent when it sees an error, and sends when nothing is
    /// ready: the head and the bytes before the error are for the client all the same.
    fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        if !std::mem::replace(&mut self.has_sent, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Reset)))
    }
}

/// Where a body comes from.
enum Source {
    Running(Box<Driver>),
    /// What the exchange has left when it was over.
    Left(Output),
}

impl Source {
    fn output(&self) -> &Output {
        match self {
            Self::Running(driver) => &driver.output,
            Self::Left(output) => output,
        }
    }

    fn output_mut(&mut self) -> &mut Output {
        match self {
            Self::Running(driver) => &mut driver.output,
            Self::Left(output) => output,
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        loop {
            let output = self.source.output_mut();
            if output.reset {
                return self.poll_reset(cx);
            }
            if let Some(frame) = output.frames.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if output.ended {
                return Poll::Ready(None);
            }
            let Source::Running(driver) = &mut self.source else { return self.poll_reset(cx) };
            if Pin::new(&mut *driver).poll(cx).is_ready() {
                let left = driver.leave();
                self.source = Source::Left(left);
                continue;
            }
            let output = &driver.output;
            if output.frames.is_empty() && !output.ended && !output.reset {
                return Poll::Pending;
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let output = self.source.output();
        output.ended && !output.reset && output.frames.is_empty()
    }
}
