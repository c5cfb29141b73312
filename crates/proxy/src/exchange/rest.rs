//! What is left of a request over HTTP/1.1 that is answered before it is complete. The next request can follow on its connection
//! only when the rest has been read; otherwise the client has to be told that the connection closes.

use http_body::Body as _;
use hyper::body::Incoming;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// What is read, in bytes, to spare the client a connection.
const MOST: usize = 64 * 1024;

/// What the client has still to send.
pub(super) enum Rest {
    /// Nothing.
    None,
    /// What the upstream still gets.
    Wanted,
    /// What nobody wants.
    Unwanted(Incoming),
}

impl Rest {
    /// Reads it, as far as it is there already. Returns whether that was all. The body of a client that `waits` for leave to
    /// send it is not asked for.
    pub(super) async fn read(self, waits: bool) -> bool {
        let mut body = match self {
            Self::None => return true,
            Self::Unwanted(body) if !waits => body,
            Self::Wanted | Self::Unwanted(_) => return false,
        };
        let (mut read, mut was_pending) = (0, false);
        poll_fn(|cx| {
            loop {
                match Pin::new(&mut body).poll_frame(cx) {
                    Poll::Ready(None) => return Poll::Ready(true),
                    Poll::Ready(Some(Err(_))) => return Poll::Ready(false),
                    Poll::Ready(Some(Ok(frame))) => {
                        read += frame.data_ref().map_or(0, bytes::Bytes::len);
                        was_pending = false;
                        if body.is_end_stream() {
                            return Poll::Ready(true);
                        }
                        if read > MOST {
                            return Poll::Ready(false);
                        }
                    }
                    // The HTTP library reads once it has been asked to, when its turn comes again.
                    Poll::Pending if !was_pending => {
                        was_pending = true;
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Pending => return Poll::Ready(false),
                }
            }
        })
        .await
    }
}
