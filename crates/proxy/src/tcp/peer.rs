//! One side of a connection: a socket, and what waits to be written to it.

use crate::transport::Transport;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

/// Room made for bytes of a peer, again and again as it is filled.
const READ_SIZE: usize = 32 * 1024;

/// Most bytes taken from a peer before others have their turn.
const MAX_READ: usize = 256 * 1024;

/// The largest piece that TLS hands over.
const TLS_RECORD: usize = 16 * 1024;

/// One side of a connection.
pub(crate) struct Peer {
    socket: Transport,
    read: BytesMut,
    /// What has been read before there was a plugin to see it.
    first: Bytes,
    /// Room for what is read where the socket itself is not.
    decrypted: Option<Box<[u8]>>,
    /// What was written may have been kept above the socket.
    unflushed: bool,
    /// Why the socket can be read no more; told after the bytes that came before.
    failed: Option<io::Error>,
    /// Pieces to be written, none of them empty.
    out: VecDeque<Bytes>,
    out_len: usize,
    /// This half is closed once everything is written.
    ends: bool,
    closed: bool,
}

impl Peer {
    pub(crate) fn new(socket: Transport, first: Bytes) -> Self {
        let decrypted = (!matches!(socket, Transport::Plain(_))).then(|| vec![0; TLS_RECORD].into());
        Self {
            socket,
            read: BytesMut::new(),
            first,
            decrypted,
            unflushed: false,
            failed: None,
            out: VecDeque::new(),
            out_len: 0,
            ends: false,
            closed: false,
        }
    }

    /// Leaves bytes to be written; after the last ones, this half is closed.
    pub(crate) fn send(&mut self, data: Bytes, end_of_stream: bool) {
        if !data.is_empty() {
            self.out_len += data.len();
            self.out.push_back(data);
        }
        self.ends |= end_of_stream;
    }

    /// Bytes that wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.out_len
    }

    /// Whether everything has been written, and the half closed if it ends.
    pub(crate) fn is_flushed(&self) -> bool {
        self.out.is_empty() && !self.unflushed && (self.closed || !self.ends)
    }

    /// Reads what has come, and whether nothing follows: as Envoy does, so that plugins see bytes in pieces of the same size,
    /// and the end together with the last of them.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Bytes, bool)>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        if !self.first.is_empty() {
            return Poll::Ready(Ok((std::mem::take(&mut self.first), false)));
        }
        let socket = match &mut self.socket {
            Transport::Plain(socket) => socket,
            Transport::Tls(_) | Transport::Upgraded(_) | Transport::Within(_) => return self.poll_decrypted(cx),
        };
        // Counts against the task's turn, which reading alone does not.
        std::task::ready!(socket.poll_read_ready(cx))?;
        let end_of_stream = loop {
            self.read.reserve(READ_SIZE);
            match socket.try_read_buf(&mut self.read) {
                Ok(0) => break true,
                Ok(_) if self.read.len() < MAX_READ => {}
                Ok(_) => break false,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && self.read.is_empty() => {
                    std::task::ready!(socket.poll_read_ready(cx))?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break false,
                Err(error) if self.read.is_empty() => return Poll::Ready(Err(error)),
                Err(error) => {
                    self.failed = Some(error);
                    break false;
                }
            }
        };
        Poll::Ready(Ok((self.read.split().freeze(), end_of_stream)))
    }

    /// As [`poll_read`](Self::poll_read), of what comes from above the socket.
    fn poll_decrypted(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Bytes, bool)>> {
        let Some(room) = &mut self.decrypted else { return Poll::Ready(Ok((Bytes::new(), true))) };
        let end_of_stream = loop {
            let mut piece = ReadBuf::new(room);
            match Pin::new(&mut self.socket).poll_read(cx, &mut piece) {
                Poll::Pending if self.read.is_empty() => return Poll::Pending,
                Poll::Pending => break false,
                Poll::Ready(Ok(())) if piece.filled().is_empty() => break true,
                Poll::Ready(Ok(())) => {
                    self.read.extend_from_slice(piece.filled());
                    if self.read.len() >= MAX_READ {
                        break false;
                    }
                }
                // Many end a connection without a word of TLS.
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break true,
                Poll::Ready(Err(error)) if self.read.is_empty() => return Poll::Ready(Err(error)),
                Poll::Ready(Err(error)) => {
                    self.failed = Some(error);
                    break false;
                }
            }
        };
        Poll::Ready(Ok((self.read.split().freeze(), end_of_stream)))
    }

    /// Writes what waits: how many bytes, 0 for having closed this half. Pending if there is nothing to do.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut socket = Pin::new(&mut self.socket);
        let Some(front) = self.out.front_mut() else {
            if self.unflushed {
                std::task::ready!(socket.as_mut().poll_flush(cx))?;
                self.unflushed = false;
            }
            if !self.ends || self.closed {
                return Poll::Pending;
            }
            let done = std::task::ready!(socket.as_mut().poll_shutdown(cx));
            self.closed = true;
            return Poll::Ready(done.map(|()| 0));
        };
        let written = std::task::ready!(socket.poll_write(cx, front))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.unflushed = self.decrypted.is_some();
        self.out_len -= written;
        if written == front.len() {
            self.out.pop_front();
        } else {
            let _ = front.split_to(written);
        }
        Poll::Ready(Ok(written))
    }

    /// Breaks the connection off, so that the other side learns that it has not ended well.
    pub(crate) fn reset(self) {
        let Some(socket) = self.socket.tcp() else { return };
        let _ = socket2::SockRef::from(socket).set_linger(Some(std::time::Duration::ZERO));
    }
}
