//! A client's or an upstream's socket, as the HTTP library writes to it.

use crate::connect::Counted;
use crate::downstream::HeadClock;
use crate::transport::Transport;
use bytes::{Buf as _, Bytes};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Up to here, joining the pieces of a message costs less than having the system take them one by one.
const SMALL: usize = 1024;

/// A socket that sends a small message from one piece of memory, whatever it is made of.
#[derive(Debug)]
pub(crate) struct Socket {
    transport: Transport,
    /// What has been read from it and is to be read again.
    first: Bytes,
    /// Told when something has come.
    clock: Option<Arc<HeadClock>>,
    /// Counts what passes, where somebody wants to know.
    bytes: Option<Arc<ByteCounts>>,
    /// Counts a connection to an upstream among its cluster's.
    counted: Option<Counted>,
}

/// Bytes that have passed a socket.
#[derive(Debug, Default)]
pub(crate) struct ByteCounts {
    received: AtomicU64,
    sent: AtomicU64,
}

impl ByteCounts {
    fn received(&self, count: usize) {
        self.received.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// What was received, and what was sent.
    pub(crate) fn both(&self) -> (u64, u64) {
        (self.received.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed))
    }
}

impl Socket {
    pub(crate) fn new(transport: Transport) -> Self {
        Self { transport, first: Bytes::new(), clock: None, bytes: None, counted: None }
    }

    pub(crate) fn of_upstream(transport: Transport, counted: Option<Counted>) -> Self {
        Self { counted, ..Self::new(transport) }
    }

    /// Has `clock` know when something has come.
    pub(crate) fn tell(&mut self, clock: Option<Arc<HeadClock>>) {
        self.clock = clock;
    }

    /// Counts what passes from now on, and what waits to be read again.
    pub(crate) fn count(&mut self, bytes: Arc<ByteCounts>) {
        bytes.received(self.first.len());
        self.bytes = Some(bytes);
    }

    /// Counts what was written.
    fn sent(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = &written {
            if let Some(bytes) = &self.bytes {
                bytes.sent.fetch_add(*count as u64, Ordering::Relaxed);
            }
            if let Some(counted) = &self.counted {
                counted.sent(*count);
            }
        }
        written
    }

    /// Has `first` be read again before what follows.
    pub(crate) fn put_back(&mut self, first: Bytes) {
        self.first =
            if self.first.is_empty() { first } else { [first, std::mem::take(&mut self.first)].concat().into() };
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let size = self.first.len().min(buffer.remaining());
            buffer.put_slice(&self.first[..size]);
            self.first.advance(size);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.transport).poll_read(cx, buffer);
        if let Some(clock) = &self.clock
            && buffer.filled().len() > before
        {
            clock.note();
        }
        if let Some(bytes) = &self.bytes {
            bytes.received(buffer.filled().len() - before);
        }
        if let Some(counted) = &self.counted {
            counted.received(buffer.filled().len() - before);
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.transport).poll_write(cx, bytes);
        self.sent(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut joined = [0; SMALL];
        let written = match join(pieces, &mut joined) {
            Some(bytes) => Pin::new(&mut self.transport).poll_write(cx, bytes),
            None => Pin::new(&mut self.transport).poll_write_vectored(cx, pieces),
        };
        self.sent(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}

/// The pieces one after the other, if that is cheap: they are one, or fit.
fn join<'a>(pieces: &'a [IoSlice<'_>], joined: &'a mut [u8; SMALL]) -> Option<&'a [u8]> {
    if let [only] = pieces {
        return Some(only);
    }
    let mut size = 0;
    for piece in pieces {
        let end = size + piece.len();
        joined.get_mut(size..end)?.copy_from_slice(piece);
        size = end;
    }
    Some(&joined[..size])
}

#[cfg(test)]
mod tests {
    use super::{SMALL, join};
    use std::io::IoSlice;

    #[test]
    fn what_fits_is_joined_and_what_is_one_piece_is_left() {
        let mut room = [0; SMALL];
        let large = [b'x'; SMALL];
        let pieces = [IoSlice::new(b"head"), IoSlice::new(b""), IoSlice::new(b"body")];
        assert_eq!(join(&pieces, &mut room), Some(&b"headbody"[..]));
        assert_eq!(join(&[IoSlice::new(&large[1..]), IoSlice::new(b"y")], &mut room).map(<[u8]>::len), Some(SMALL));
        assert_eq!(join(&[IoSlice::new(&large), IoSlice::new(b"y")], &mut room), None);
        assert_eq!(join(&[IoSlice::new(&[b'x'; 2 * SMALL])], &mut room).map(<[u8]>::len), Some(2 * SMALL));
        assert_eq!(join(&[], &mut room), Some(&b""[..]));
    }
}
