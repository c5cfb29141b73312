//! The body of an upstream's response.

use crate::http1::ConnectionBody;
use crate::upstream_failure::UpstreamFailure;
use crate::upstream_filters::Passage;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body of an upstream's response.
#[derive(Debug)]
pub(crate) enum UpstreamBody {
    /// As it comes from the connection.
    Plain(ConnectionBody),
    /// As the cluster's plugins let it pass.
    Filtered(Box<Passage>),
}

impl UpstreamBody {
    /// Whether plugins of the cluster let it pass.
    pub(crate) fn is_filtered(&self) -> bool {
        matches!(self, Self::Filtered(_))
    }

    /// Whether plugins of the cluster may yet change the length that the response says.
    pub(crate) fn has_doubtful_length(&self) -> bool {
        matches!(self, Self::Filtered(passage) if passage.leaves_length())
    }

    /// Lets the request go on while nobody wants more of the response.
    pub(crate) fn keep_sending(&mut self, cx: &mut Context<'_>) {
        if let Self::Filtered(passage) = self {
            passage.keep_sending(cx);
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = UpstreamFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamFailure>>> {
        match &mut *self {
            Self::Plain(body) => Pin::new(body).poll_frame(cx),
            Self::Filtered(passage) => Pin::new(&mut **passage).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain(body) => body.is_end_stream(),
            Self::Filtered(passage) => passage.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain(body) => body.size_hint(),
            Self::Filtered(passage) => passage.size_hint(),
        }
    }
}

impl From<ConnectionBody> for UpstreamBody {
    fn from(body: ConnectionBody) -> Self {
        Self::Plain(body)
    }
}
