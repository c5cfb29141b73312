//! A connection to Redis: one command after the other, each until a moment.

use crate::Settings;
use crate::reply::{self, Reply};
use crate::script::SCRIPT;
use rustls::{ClientConnection, StreamOwned};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Bytes that are asked of the system at once.
const PIECE: usize = 16 * 1024;

/// Bytes of a reply while a connection is made.
const SHORT: usize = 4096;

/// Why an exchange has not worked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection has failed.
    Io(io::Error),
    /// Its time was over.
    TimedOut,
    /// What came is no answer.
    Protocol(&'static str),
    /// Redis has refused. The connection is as good as before.
    Refused(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Protocol(what) => f.write_str(what),
            Self::Refused(why) => write!(f, "it has refused: {why}"),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // The latter is what a socket's time-out is told as.
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

/// A connection that has logged in.
pub(crate) struct Connection {
    transport: Transport,
    /// Digest of the script.
    script: String,
}

enum Transport {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("socket", &self.transport.timed_ref().socket).finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects to one of the server's addresses, logs in, and has the script kept there.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Fault> {
        // The system's resolver takes the time that it takes; only the store's own thread waits for it.
        let addresses = (&*settings.host, settings.port).to_socket_addrs()?;
        let mut last = Fault::Io(io::Error::other("the name has no address"));
        for address in addresses {
            match Self::open_at(settings, address) {
                Ok(connection) => return Ok(connection),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    fn open_at(settings: &Settings, address: SocketAddr) -> Result<Self, Fault> {
        let deadline = Instant::now() + settings.connect_timeout;
        let socket = TcpStream::connect_timeout(&address, settings.connect_timeout)?;
        socket.set_nodelay(true)?;
        let timed = Timed { socket, deadline };
        let transport = match &settings.tls {
            None => Transport::Plain(timed),
            Some((config, name)) => {
                let session = ClientConnection::new(config.clone(), name.clone()).map_err(io::Error::other)?;
                Transport::Tls(Box::new(StreamOwned::new(session, timed)))
            }
        };
        let mut connection = Self { transport, script: String::new() };
        if let Some(password) = &settings.password {
            let words: &[&[u8]] = match &settings.username {
                Some(name) => &[b"AUTH", name.as_bytes(), password],
                None => &[b"AUTH", password],
            };
            match connection.command(words, SHORT)? {
                Reply::Simple(_) => {}
                Reply::Error(why) => return Err(Fault::Refused(why)),
                _ => return Err(Fault::Protocol("AUTH was not answered")),
            }
        }
        connection.script = match connection.command(&[b"SCRIPT", b"LOAD", SCRIPT], SHORT)? {
            Reply::Bytes(digest) => {
                String::from_utf8(digest).map_err(|_| Fault::Protocol("SCRIPT LOAD was not answered with a digest"))?
            }
            Reply::Error(why) => return Err(Fault::Refused(why)),
            _ => return Err(Fault::Protocol("SCRIPT LOAD was not answered with a digest")),
        };
        Ok(connection)
    }

    /// Digest of the script.
    pub(crate) fn script(&self) -> &str {
        &self.script
    }

    /// Sets until when the next commands may take.
    pub(crate) fn until(&mut self, deadline: Instant) {
        self.transport.timed().deadline = deadline;
    }

    /// Sends a command and waits for its reply, of so many bytes at most. After a fault other than [`Fault::Refused`], nothing can be
    /// asked of the connection any more.
    pub(crate) fn command(&mut self, words: &[&[u8]], most: usize) -> Result<Reply, Fault> {
        let command = reply::command(words).ok_or(Fault::Protocol("the command cannot be written"))?;
        self.transport.write_all(&command)?;
        self.transport.flush()?;
        let mut bytes = Vec::new();
        loop {
            if let Some(reply) = reply::read(&bytes).map_err(Fault::Protocol)? {
                return Ok(reply);
            }
            let filled = bytes.len();
            if filled >= most {
                return Err(Fault::Protocol("the reply is longer than a value may be"));
            }
            bytes.resize(filled + PIECE, 0);
            let read = self.transport.read(&mut bytes[filled..])?;
            bytes.truncate(filled + read);
            if read == 0 {
                return Err(Fault::Io(ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Whether the connection, on which nothing is under way, has not been closed meanwhile.
    pub(crate) fn is_open(&self) -> bool {
        let Timed { socket, .. } = self.transport.timed_ref();
        let mut byte = [0];
        let peeked = socket.set_nonblocking(true).and_then(|()| socket.peek(&mut byte));
        if socket.set_nonblocking(false).is_err() {
            return false;
        }
        match (&self.transport, peeked) {
            // TLS has messages of its own, such as tickets.
            (Transport::Tls(_), Ok(read)) => read > 0,
            (Transport::Plain(_), Ok(_)) => false,
            (_, Err(error)) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}

impl Transport {
    fn timed(&mut self) -> &mut Timed {
        match self {
            Self::Plain(timed) => timed,
            Self::Tls(stream) => &mut stream.sock,
        }
    }

    fn timed_ref(&self) -> &Timed {
        match self {
            Self::Plain(timed) => timed,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(timed) => timed.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// A socket that is waited for until a moment, however many pieces come before it.
struct Timed {
    socket: TcpStream,
    deadline: Instant,
}

impl Timed {
    /// Tries until it works or the time is over.
    fn retry<T>(
        &mut self,
        set: fn(&TcpStream, Option<Duration>) -> io::Result<()>,
        mut act: impl FnMut(&mut TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            set(&self.socket, Some(left))?;
            match act(&mut self.socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.retry(TcpStream::set_read_timeout, |socket| socket.read(buffer))
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.retry(TcpStream::set_write_timeout, |socket| socket.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
