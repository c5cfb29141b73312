//! Names that plugins have resolved (`envoy_resolve_dns`, an extension of Envoy's).

use crate::plugin::Worker;
use crate::state::{IdHasher, VmId};
use bytes::{BufMut, Bytes, BytesMut};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tollgate_abi::callbacks::rows;

/// Most names of a VM that are being resolved at once; a plugin that has more is told `INTERNAL_FAILURE`.
const MAX_OPEN: usize = 1 << 10;

/// The resolution of a name, as host and embedder know it. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResolutionId {
    vm: VmId,
    token: u32,
}

/// An address that a name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolvedAddress {
    /// The address.
    pub address: IpAddr,
    /// How long it may be kept; whole seconds are told. 0 where nobody knows.
    pub ttl: Duration,
}

/// What an embedder provides for the resolution of names.
pub trait Resolver {
    /// Begins to resolve a name or the text of an address; it is what a plugin says, and may be neither. Called while a
    /// guest runs: an implementation only takes note.
    /// The outcome comes later, through [`Worker::handle_resolution`]. False: nothing can be resolved here, and nothing
    /// comes.
    fn resolve(&self, id: ResolutionId, name: &str) -> bool;
}

/// Resolves nothing: plugins are told `UNIMPLEMENTED`.
#[derive(Clone, Copy, Debug)]
pub struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: ResolutionId, _: &str) -> bool {
        false
    }
}

/// The names of a VM that are being resolved.
#[derive(Debug)]
pub(crate) struct Resolutions {
    vm: VmId,
    last: u32,
    /// Token to plugin context.
    open: HashMap<u32, u32, BuildHasherDefault<IdHasher>>,
}

impl Resolutions {
    pub(crate) fn new(vm: VmId) -> Self {
        // The first token is 2, as Envoy's.
        Self { vm, last: 1, open: HashMap::default() }
    }

    /// A number for a resolution that a plugin begins. `None` if there are too many.
    pub(crate) fn begin(&mut self, plugin: u32) -> Option<(u32, ResolutionId)> {
        if self.open.len() >= MAX_OPEN {
            return None;
        }
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            let token = self.last;
            if let Entry::Vacant(free) = self.open.entry(token) {
                free.insert(plugin);
                return Some((token, ResolutionId { vm: self.vm, token }));
            }
        }
    }

    /// Takes back what [`Self::begin`] has given.
    pub(crate) fn forget(&mut self, token: u32) -> Option<u32> {
        self.open.remove(&token)
    }

    /// A plugin context has gone.
    pub(crate) fn forget_of(&mut self, plugin: u32) {
        self.open.retain(|_, of| *of != plugin);
    }
}

impl Worker {
    /// A name has been resolved, to no addresses if there is no such name; `None`: it could not be found out. The plugin is
    /// told with `envoy_on_resolve_dns`. What comes for plugins and VMs that are gone is dropped.
    ///
    /// To be called between callbacks, never from inside [`Resolver`].
    pub fn handle_resolution(&self, id: ResolutionId, addresses: Option<&[ResolvedAddress]>) {
        let Some(vm) = self.vm_by_id(id.vm) else { return };
        let Some(plugin) = vm.with_state(|state| state.resolutions.forget(id.token)) else { return };
        let result = addresses.map(encode).unwrap_or_default();
        let Ok(size) = i32::try_from(result.len()) else { return };
        // A trap is logged and told to the streams; there is nothing to add.
        let _ = vm.notify_with(plugin, rows::envoy_on_resolve_dns.name, result, |instance| {
            instance.envoy_on_resolve_dns(plugin as i32, id.token as i32, size)
        });
    }
}

/// Envoy's form: how many there are, the seconds that each may be kept, then each with port 0 and a zero byte.
fn encode(addresses: &[ResolvedAddress]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(4 + addresses.len() * 24);
    bytes.put_u32_le(u32::try_from(addresses.len()).unwrap_or(u32::MAX));
    for resolved in addresses {
        bytes.put_u32_le(u32::try_from(resolved.ttl.as_secs()).unwrap_or(u32::MAX));
    }
    for resolved in addresses {
        bytes.put_slice(SocketAddr::new(resolved.address, 0).to_string().as_bytes());
        bytes.put_u8(0);
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::{ResolvedAddress, encode};
    use std::time::Duration;

    #[test]
    fn addresses_are_encoded_as_envoy_does() {
        let resolved = |address: &str, seconds| ResolvedAddress {
            address: address.parse().unwrap(),
            ttl: Duration::from_secs(seconds),
        };
        assert_eq!(encode(&[])[..], [0, 0, 0, 0]);
        let two = encode(&[resolved("127.0.0.1", 300), resolved("::1", 0)]);
        assert_eq!(two[..], *b"\x02\0\0\0\x2c\x01\0\0\0\0\0\x00127.0.0.1:0\0[::1]:0\0");
    }
}
