//! One side of a connection: a socket, and what waits to be written to it.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

/// Most bytes read at once.
const READ_SIZE: usize = 16 * 1024;

/// One side of a connection.
pub(super) struct Peer {
    socket: TcpStream,
    read: BytesMut,
    /// Pieces to be written, none of them empty.
    out: VecDeque<Bytes>,
    out_len: usize,
    /// This half is closed once everything is written.
    ends: bool,
    closed: bool,
}

impl Peer {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, read: BytesMut::new(), out: VecDeque::new(), out_len: 0, ends: false, closed: false }
    }

    /// Leaves bytes to be written; after the last ones, this half is closed.
    pub(super) fn send(&mut self, data: Bytes, end_of_stream: bool) {
        if !data.is_empty() {
            self.out_len += data.len();
            self.out.push_back(data);
        }
        self.ends |= end_of_stream;
    }

    /// Bytes that wait to be written.
    pub(super) fn waiting(&self) -> usize {
        self.out_len
    }

    /// Whether everything has been written, and the half closed if it ends.
    pub(super) fn is_flushed(&self) -> bool {
        self.out.is_empty() && (self.closed || !self.ends)
    }

    /// Reads; nothing means that the other side has sent its last byte.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        self.read.reserve(READ_SIZE);
        loop {
            std::task::ready!(self.socket.poll_read_ready(cx))?;
            match self.socket.try_read_buf(&mut self.read) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|count| self.read.split_to(count).freeze())),
            }
        }
    }

    /// Writes what waits: how many bytes, 0 for having closed this half. Pending if there is nothing to do.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut socket = Pin::new(&mut self.socket);
        let Some(front) = self.out.front_mut() else {
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
        self.out_len -= written;
        if written == front.len() {
            self.out.pop_front();
        } else {
            let _ = front.split_to(written);
        }
        Poll::Ready(Ok(written))
    }

    /// Breaks the connection off, so that the other side learns that it has not ended well.
    pub(super) fn reset(self) {
        let _ = socket2::SockRef::from(&self.socket).set_linger(Some(std::time::Duration::ZERO));
    }
}
