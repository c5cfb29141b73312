//! Names that plugins have resolved, by the system's resolver.
//!
//! As with calls, what the host asks for while a guest runs is only noted; one task per worker does it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tollgate_host::plugin::Worker;
use tollgate_host::resolver::{ResolutionId, ResolvedAddress, Resolver};

/// Most names that a worker has the system resolve at once; each takes a thread while it lasts.
const AT_ONCE: usize = 16;

type Note = (ResolutionId, String);

/// Takes note of what plugins ask for.
pub(crate) struct SystemResolver(UnboundedSender<Note>);

/// Does it.
pub(crate) struct Resolving(UnboundedReceiver<Note>);

/// A resolver for the plugins of a worker, and what works for it.
pub(crate) fn new() -> (SystemResolver, Resolving) {
    let (notes, inbox) = mpsc::unbounded_channel();
    (SystemResolver(notes), Resolving(inbox))
}

impl Resolver for SystemResolver {
    fn resolve(&self, id: ResolutionId, name: &str) -> bool {
        self.0.send((id, name.to_owned())).is_ok()
    }
}

impl Resolving {
    /// Resolves names for a worker's plugins, for as long as the worker lives.
    pub(crate) async fn run(mut self, worker: Worker) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        while let Some((id, name)) = self.0.recv().await {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let worker = worker.clone();
            tokio::task::spawn_local(async move {
                let addresses = resolve(&name).await;
                drop(place);
                worker.handle_resolution(id, addresses.as_deref());
            });
        }
    }
}

/// Longest name, in bytes (RFC 1035, 2.3.4).
const MAX_NAME: usize = 255;

/// The addresses of a name: those of IPv6 if there are any, or else those of IPv4, as Envoy's resolver does it. `None` for
/// what is no name.
async fn resolve(name: &str) -> Option<Vec<ResolvedAddress>> {
    if name.len() > MAX_NAME || name.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        return None;
    }
    // The system tells a name that is not there from a server that does not answer by words alone; either way there is no
    // address.
    let found: Vec<IpAddr> = match tokio::net::lookup_host((name, 0)).await {
        Ok(found) => found.map(|address| address.ip()).collect(),
        Err(error) => {
            tracing::debug!("{name} does not resolve: {error}");
            Vec::new()
        }
    };
    let is_wanted = |ip: &IpAddr| ip.is_ipv6() || !found.iter().any(IpAddr::is_ipv6);
    let mut addresses: Vec<ResolvedAddress> = Vec::new();
    for address in found.iter().copied().filter(is_wanted) {
        if addresses.iter().all(|known| known.address != address) {
            addresses.push(ResolvedAddress { address, ttl: Duration::ZERO });
        }
    }
    Some(addresses)
}
