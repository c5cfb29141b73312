//! Upstream servers that do what a test tells them to.

use super::wire::{Framing, Wire};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

/// A server on a port of its own. A thread per connection; all end with the test program.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Upstream {
    /// Serves each connection with `serve`; an error there just ends the connection.
    pub(crate) fn start(serve: impl Fn(&mut Wire) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = socket.local_addr().expect("a bound socket has an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (serve, count) = (Arc::new(serve), connections.clone());
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                std::thread::spawn(move || serve(&mut Wire::over(stream)));
            }
        });
        Self { address, connections }
    }

    /// Sends half an answer at once, and the other half when told to; for one connection.
    pub(crate) fn slow() -> (Self, Sender<()>) {
        let (go_on, may_go_on) = channel();
        let may_go_on = Mutex::new(may_go_on);
        let upstream = Self::start(move |wire| {
            wire.request()?;
            wire.send("HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\nthe beginning,")?;
            may_go_on.lock().expect("one connection").recv().map_err(io::Error::other)?;
            wire.send(" the end")
        });
        (upstream, go_on)
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// An address that refuses connections for as long as the socket lives, and that nobody else can take.
pub(crate) fn refusing() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    socket.bind(&any.into()).expect("a port is free");
    let address = socket.local_addr().expect("a bound socket has an address").as_socket().expect("an IP address");
    (socket, address)
}

/// The upstream of the chain example: says what has reached it. `examples/chain/upstream.py` tells how.
pub(crate) fn echo(wire: &mut Wire) -> io::Result<()> {
    loop {
        let head = wire.head()?;
        let mut received = 0;
        wire.body(head.framing().unwrap_or(Framing::Length(0)), |piece| received += piece.len())?;
        let mut words = head.first_line.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if method == "GET"
            && let Some(Ok(count)) = path.strip_prefix("/bytes/").map(str::parse)
        {
            wire.send(start_of_answer(count))?;
            send_bytes(wire, count)?;
            continue;
        }
        let mut text = format!("{method} {path}\n");
        if let Some(chain) = head.field("x-chain-request") {
            text.push_str(&format!("x-chain-request: {chain}\n"));
        }
        text.push_str(&format!("body: {received} bytes\n"));
        let answer = start_of_answer(text.len());
        wire.send(if method == "HEAD" { answer } else { answer + &text })?;
    }
}

/// Answers every request with its own head, so that a test sees what has arrived.
pub(crate) fn mirror(wire: &mut Wire) -> io::Result<()> {
    loop {
        let request = wire.request()?;
        let mut text = format!("{}\n", request.head.first_line);
        for (name, value) in &request.head.fields {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push_str(&format!("body: {}\n", String::from_utf8_lossy(&request.body)));
        wire.send(start_of_answer(text.len()) + &text)?;
    }
}

/// Answers every request with this status and text.
pub(crate) fn answering(status: u16, text: &'static str) -> Upstream {
    Upstream::start(move |wire| {
        loop {
            wire.request()?;
            wire.send(format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n{text}", text.len()))?;
        }
    })
}

fn start_of_answer(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n")
}

/// Sends so many bytes of a body.
pub(crate) fn send_bytes(wire: &mut Wire, mut count: usize) -> io::Result<()> {
    let piece = [b'x'; 64 * 1024];
    while count > 0 {
        let length = count.min(piece.len());
        wire.send(&piece[..length])?;
        count -= length;
    }
    Ok(())
}
