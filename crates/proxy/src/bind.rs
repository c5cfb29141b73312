//! The sockets of listeners: one for each worker, all at one address.

use crate::error::ServerError;
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{IpAddr, SocketAddr, TcpListener};
use tollgate_config::{Address, Listener, Location};

/// Connections that may wait to be accepted, per socket.
const BACKLOG: i32 = 4096;

/// Whether a listener can go on with the sockets of one of an earlier configuration. Ports that the system has chosen
/// belong to the listener of this name.
pub(crate) fn is_at_the_same_place(one: &Listener, two: &Listener) -> bool {
    (&one.address.address, one.address.port) == (&two.address.address, two.address.port)
        && (one.address.port != 0 || one.name == two.name)
}

/// Binds the sockets of a listener, one for each of the workers, and tells where.
///
/// # Errors
///
/// A [`ServerError`] if the address is none or cannot be had.
pub(crate) fn bind_listener(
    listener: &Listener,
    workers: usize,
) -> Result<(SocketAddr, Vec<TcpListener>), ServerError> {
    let mut address = parse(&listener.address)?;
    let location = &listener.address.location;
    // Sockets of workers share a port, and the system would let those of another process in as well: part of the requests
    // would go there. So see first whether the address is to be had alone.
    if address.port() != 0 {
        drop(bind(address, false, location)?);
    }
    let mut sockets = Vec::new();
    for _ in 0..workers {
        let socket = bind(address, true, location)?;
        // A port chosen by the system is shared by all workers.
        address = socket.local_addr().map_err(ServerError::Worker)?;
        sockets.push(socket);
    }
    Ok((address, sockets))
}

/// Binds a socket that nobody shares.
///
/// # Errors
///
/// As [`bind_listener`].
pub(crate) fn bind_alone(address: &Address) -> Result<(SocketAddr, TcpListener), ServerError> {
    let socket = bind(parse(address)?, false, &address.location)?;
    Ok((socket.local_addr().map_err(ServerError::Worker)?, socket))
}

fn parse(address: &Address) -> Result<SocketAddr, ServerError> {
    let ip: IpAddr = address
        .address
        .parse()
        .map_err(|_| ServerError::Address { address: address.address.clone(), location: address.location.clone() })?;
    Ok(SocketAddr::new(ip, address.port))
}

fn bind(address: SocketAddr, shared: bool, location: &Location) -> Result<TcpListener, ServerError> {
    let bound = || -> std::io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        if shared {
            socket.set_reuse_port(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    bound().map_err(|error| ServerError::Bind { address, location: location.clone(), error })
}
