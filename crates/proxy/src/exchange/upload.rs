//! A request's body on its way to an upstream.

use crate::connect::Facts;
use bytes::Bytes;
use http_body::{Body, Frame};
use hyper::HeaderMap;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{self, OwnedPermit, Sender};
use tollgate_host::stream::StreamNotes;

/// Frames on their way between the driver and the connection.
const IN_FLIGHT: usize = 2;

/// A part of a body.
#[derive(Debug)]
pub(crate) enum Part {
    Data {
        data: Bytes,
        /// Whether only [`Part::End`] follows.
        is_last: bool,
    },
    Trailers(HeaderMap),
    /// The body is complete. A body that stops without it was aborted, and must not look complete upstream.
    End,
}

/// The request was given up while its body was being sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aborted;

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was given up while its body was being sent")
    }
}

impl std::error::Error for Aborted {}

/// The body of an upstream request.
#[derive(Debug)]
pub(crate) struct UploadBody {
    /// `None` for a request without a body, and once it is complete.
    parts: Option<mpsc::Receiver<Part>>,
    /// The stream that the request belongs to, if it is a client's.
    notes: Option<StreamNotes>,
}

impl UploadBody {
    /// No body.
    pub(crate) fn empty() -> Self {
        Self { parts: None, notes: None }
    }

    /// A body that is complete.
    pub(crate) fn whole(data: Bytes, trailers: HeaderMap) -> Self {
        if data.is_empty() && trailers.is_empty() {
            return Self::empty();
        }
        let (sender, receiver) = mpsc::channel(3);
        let data = (!data.is_empty()).then_some(Part::Data { data, is_last: trailers.is_empty() });
        let trailers = (!trailers.is_empty()).then_some(Part::Trailers(trailers));
        for part in data.into_iter().chain(trailers).chain([Part::End]) {
            // There is room for each.
            let _ = sender.try_send(part);
        }
        Self { parts: Some(receiver), notes: None }
    }

    /// For a request of this stream.
    pub(crate) fn of_stream(self, notes: StreamNotes) -> Self {
        Self { notes: Some(notes), ..self }
    }

    /// There is a connection for the request: plugins and logs know it before the upstream has answered, if it does.
    pub(crate) fn connected(&self, facts: &Facts) {
        if let Some(notes) = &self.notes {
            let upstream = &mut notes.info_mut().upstream;
            upstream.local_address = facts.local_address;
            upstream.tls.clone_from(&facts.tls);
        }
    }

    /// A body that comes from an [`Upload`].
    pub(crate) fn channel() -> (Upload, Self) {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let upload = Upload { sender: Some(sender), waiting: VecDeque::new(), permit: None };
        (upload, Self { parts: Some(receiver), notes: None })
    }
}

impl UploadBody {
    /// The next part; `None` if the request has been given up. Nothing comes after the last one.
    pub(crate) fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Part>> {
        match &mut self.parts {
            Some(parts) => parts.poll_recv(cx),
            None => Poll::Ready(None),
        }
    }
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        let Some(parts) = &mut self.parts else { return Poll::Ready(None) };
        let part = std::task::ready!(parts.poll_recv(cx));
        Poll::Ready(match part {
            Some(Part::Data { data, .. }) => Some(Ok(Frame::data(data))),
            Some(Part::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Part::End) => {
                self.parts = None;
                None
            }
            None => Some(Err(Aborted)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_none()
    }
}

type PermitFuture = Pin<Box<dyn Future<Output = Result<OwnedPermit<Part>, mpsc::error::SendError<()>>>>>;

/// The driver's end of a body.
pub(crate) struct Upload {
    sender: Option<Sender<Part>>,
    waiting: VecDeque<Part>,
    permit: Option<PermitFuture>,
}

impl Upload {
    pub(crate) fn data(&mut self, data: Bytes, end: bool) {
        if !data.is_empty() {
            self.push(Part::Data { data, is_last: end });
        }
        if end {
            self.push(Part::End);
        }
    }

    pub(crate) fn trailers(&mut self, trailers: HeaderMap) {
        self.push(Part::Trailers(trailers));
        self.push(Part::End);
    }

    fn push(&mut self, part: Part) {
        let Some(sender) = &self.sender else { return };
        if !self.waiting.is_empty() || self.permit.is_some() {
            return self.waiting.push_back(part);
        }
        match sender.try_send(part) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(part)) => self.waiting.push_back(part),
            Err(mpsc::error::TrySendError::Closed(_)) => self.sender = None,
        }
    }

    /// Ready when everything has been handed over, so that more may be read.
    pub(crate) fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.waiting.is_empty() {
            let Some(sender) = &self.sender else {
                self.waiting.clear();
                break;
            };
            let permit = self.permit.get_or_insert_with(|| Box::pin(sender.clone().reserve_owned()));
            let permit = std::task::ready!(permit.as_mut().poll(cx));
            self.permit = None;
            match (permit, self.waiting.pop_front()) {
                (Ok(permit), Some(part)) => {
                    permit.send(part);
                }
                // The upstream wants no more; what is left has no reader.
                _ => {
                    self.sender = None;
                    self.waiting.clear();
                }
            }
        }
        Poll::Ready(())
    }
}
