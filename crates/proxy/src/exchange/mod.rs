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
    let mut driver = Box::new(Driver::new(listener, connection, output.clone(), &ingress));
    driver.begin(head, body, ingress);
    let (mut head, done) = poll_fn(|cx| {
        let done = Pin::new(&mut driver).poll(cx).is_ready();
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
        return Ok(head.map(|()| ResponseBody { driver: None, output: nothing }));
    }
    Ok(head.map(|()| ResponseBody { driver: (!done).then_some(driver), output }))
}

/// A response's body. Polling it drives the exchange.
pub(crate) struct ResponseBody {
    driver: Option<Box<Driver>>,
    output: Rc<RefCell<Output>>,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        loop {
            {
                let mut output = self.output.borrow_mut();
                if output.reset {
                    return Poll::Ready(Some(Err(Reset)));
                }
                if let Some(frame) = output.frames.pop_front() {
                    return Poll::Ready(Some(Ok(frame)));
                }
                if output.ended {
                    return Poll::Ready(None);
                }
            }
            let Some(driver) = &mut self.driver else { return Poll::Ready(Some(Err(Reset))) };
            if Pin::new(driver).poll(cx).is_ready() {
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
