//! One request and its response: hyper on one side, the host's stream in the middle, an upstream on the other.
//!
//! The driver is a coroutine without a task of its own. Until the response's head is known, the service future polls it;
//! from then on, the response's body does, whenever hyper can write. So the client's speed paces the upstream, a client
//! that goes away drops everything at once, and nothing is spawned for a request.

pub(crate) mod convert;
mod driver;
mod retry;
mod timer;
mod tunnel;
mod upload;

pub(crate) use timer::SpareTimer;
pub(crate) use upload::{Upload, UploadBody};

use crate::downstream::Downstream;
use crate::extended_connect::FromClient;
use crate::ingress;
use bytes::Bytes;
use driver::Driver;
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use std::cell::RefCell;
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

type DriverFuture = Pin<Box<dyn Future<Output = ()>>>;

/// Answers a request, as the listener's configuration says by now.
pub(crate) async fn serve(
    connection: Rc<Downstream>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Reset> {
    let listener = connection.http().ok_or(Reset)?;
    let output = Rc::new(RefCell::new(Output::default()));
    let downstream = connection.clone();
    let (mut head, body) = request.into_parts();
    let extended = FromClient::take(&mut head);
    let ingress = ingress::request(&listener, &connection, &head);
    let driver = Driver::new(listener, connection, output.clone(), &ingress);
    let mut driver: DriverFuture = Box::pin(driver.run(head, body, ingress));
    let (mut head, done) = poll_fn(|cx| {
        let done = driver.as_mut().poll(cx).is_ready();
        match output.borrow_mut().head.take() {
            Some(head) => Poll::Ready(Ok((head, done))),
            None if done => Poll::Ready(Err(Reset)),
            None => Poll::Pending,
        }
    })
    .await?;
    if head.status() == StatusCode::SWITCHING_PROTOCOLS && !done {
        // Nobody polls a body from here on: the tunnel has a task of its own.
        match extended {
            Some(extended) => extended.agree(&mut head),
            None => downstream.becomes_tunnel(),
        }
        tokio::task::spawn_local(driver);
        let nothing = Rc::new(RefCell::new(Output { ended: true, ..Output::default() }));
        return Ok(head.map(|()| ResponseBody { driver: None, output: nothing, has_sent: true }));
    }
    Ok(head.map(|()| ResponseBody { driver: (!done).then_some(driver), output, has_sent: false }))
}

/// A response's body. Polling it drives the exchange.
pub(crate) struct ResponseBody {
    driver: Option<DriverFuture>,
    output: Rc<RefCell<Output>>,
    /// Whether hyper has had the time to send what came before a reset.
    has_sent: bool,
}

impl ResponseBody {
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

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        loop {
            {
                let mut output = self.output.borrow_mut();
                if output.reset {
                    drop(output);
                    return self.poll_reset(cx);
                }
                if let Some(frame) = output.frames.pop_front() {
                    return Poll::Ready(Some(Ok(frame)));
                }
                if output.ended {
                    return Poll::Ready(None);
                }
            }
            let Some(driver) = &mut self.driver else { return self.poll_reset(cx) };
            if driver.as_mut().poll(cx).is_ready() {
                self.driver = None;
                continue;
            }
            let output = self.output.borrow();
            if output.frames.is_empty() && !output.ended && !output.reset {
                return Poll::Pending;
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let output = self.output.borrow();
        output.ended && !output.reset && output.frames.is_empty()
    }
}
