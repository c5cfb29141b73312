//! HTTP/1.1 as bytes on a socket, with no library that would mend or hide anything.

use super::PATIENCE;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

/// A connection, from either end.
#[derive(Debug)]
pub(crate) struct Wire(BufReader<TcpStream>);

/// First line and fields of a message.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) first_line: String,
    /// Names in lower case.
    pub(crate) fields: Vec<(String, String)>,
}

/// A whole message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Chunked,
    Length(u64),
    UntilClose,
}

impl Wire {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect_timeout(&address, PATIENCE).expect("the address can be connected to"))
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream.set_nodelay(true).expect("an option can be set");
        Self(BufReader::with_capacity(64 * 1024, stream))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref())
    }

    /// When dropped, it will be broken off, so that the other end cannot take it for a good end.
    pub(crate) fn will_break_off(&self) {
        let linger = socket2::SockRef::from(self.0.get_ref()).set_linger(Some(std::time::Duration::ZERO));
        linger.expect("an option can be set");
    }

    /// Reads exactly as many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The same connection once more, for another thread.
    pub(crate) fn another(&self) -> Self {
        Self::over(self.0.get_ref().try_clone().expect("a handle can be copied"))
    }

    /// Says that nothing more will be sent. The other end may have broken the connection off already; what it sent before
    /// that can still be read.
    pub(crate) fn finish_sending(&self) {
        let told = self.0.get_ref().shutdown(Shutdown::Write);
        assert!(told.as_ref().map_or_else(|error| error.kind() == io::ErrorKind::NotConnected, |()| true), "{told:?}");
    }

    /// Sends a GET request and reads the response.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Message> {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))?;
        self.response("GET")
    }

    /// Reads a head.
    pub(crate) fn head(&mut self) -> io::Result<Head> {
        Ok(Head { first_line: self.line()?, fields: self.fields()? })
    }

    /// Reads a request.
    pub(crate) fn request(&mut self) -> io::Result<Message> {
        let head = self.head()?;
        self.message(head.framing().unwrap_or(Framing::Length(0)), head)
    }

    /// Reads the response to a request with this method.
    pub(crate) fn response(&mut self, method: &str) -> io::Result<Message> {
        let head = self.head()?;
        let framing = match head.status() {
            100..200 | 204 | 304 => Framing::Length(0),
            _ if method == "HEAD" => Framing::Length(0),
            _ => head.framing().unwrap_or(Framing::UntilClose),
        };
        self.message(framing, head)
    }

    fn message(&mut self, framing: Framing, head: Head) -> io::Result<Message> {
        let mut body = Vec::new();
        let trailers = self.body(framing, |piece| body.extend_from_slice(piece))?;
        Ok(Message { head, body, trailers })
    }

    /// Reads a body piece by piece; returns its trailers.
    pub(crate) fn body(&mut self, framing: Framing, mut each: impl FnMut(&[u8])) -> io::Result<Vec<(String, String)>> {
        match framing {
            Framing::Length(length) => self.pieces(length, &mut each)?,
            Framing::UntilClose => while self.piece(u64::MAX, &mut each)? > 0 {},
            Framing::Chunked => loop {
                let line = self.line()?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| invalid(&line))?;
                if size == 0 {
                    return self.fields();
                }
                self.pieces(size, &mut each)?;
                if !self.line()?.is_empty() {
                    return Err(invalid("a chunk without its end"));
                }
            },
        }
        Ok(Vec::new())
    }

    fn pieces(&mut self, mut left: u64, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
        while left > 0 {
            match self.piece(left, each)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => left -= read,
            }
        }
        Ok(())
    }

    /// Reads what there is, up to a bound; 0 at the end of the connection.
    fn piece(&mut self, most: u64, each: &mut impl FnMut(&[u8])) -> io::Result<u64> {
        let there = self.0.fill_buf()?;
        let piece = &there[..there.len().min(usize::try_from(most).unwrap_or(usize::MAX))];
        each(piece);
        let read = piece.len();
        self.0.consume(read);
        Ok(read as u64)
    }

    /// Reads up to the end of the connection.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest)?;
        Ok(rest)
    }

    /// Whether the peer has closed the connection without another byte. Waits until it has done one or the other.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.0.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8(line).map_err(|_| invalid("not UTF-8"))?;
        text.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| invalid(&text))
    }

    fn fields(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(fields);
            }
            let (name, value) = line.split_once(':').ok_or_else(|| invalid(&line))?;
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
}

impl Head {
    /// The values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(own, _)| own == name).map(|(_, value)| &**value).collect()
    }

    /// The value of a field that may be there once.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "{name} is there more than once: {self:?}");
        values.first().copied()
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> u16 {
        let status = self.first_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("this is no status line: {:?}", self.first_line))
    }

    /// How the fields say that the body ends.
    pub(crate) fn framing(&self) -> Option<Framing> {
        match (self.field("transfer-encoding"), self.field("content-length")) {
            (Some("chunked"), None) => Some(Framing::Chunked),
            (None, Some(length)) => Some(Framing::Length(length.parse().expect("a length"))),
            (None, None) => None,
            _ => panic!("the end of the body is told in two ways or none: {self:?}"),
        }
    }
}

impl Message {
    /// The body of a text message.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
