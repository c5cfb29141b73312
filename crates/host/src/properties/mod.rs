//! What the host knows about a stream, by path (spec: "Properties"; Envoy: "Attributes").
//!
//! A path's first segment names a group; the plugin's own names and the groups that Envoy documents come first, then what
//! plugins stored. Names without a group that Envoy had until 1.33 still answer.
//!
//! A message is answered as its protobuf encoding, and a group that is no message not at all: it exists, but has no
//! encoding.

mod request;
mod response;
mod stream;
mod xds;

use crate::filter_state::{Declaration, FilterState, LifeSpan, ReadOnly, STORED};
use crate::state::HostState;
use crate::stream::{Exchange, StreamInfo};
use bytes::Bytes;
use std::cell::RefCell;
use tollgate_abi::Status;
use tollgate_abi::encoding::property::{Value, segments};

/// Most bytes of a path.
const MAX_PATH: usize = 4096;

/// Outcome of a lookup.
pub(crate) enum Lookup {
    /// Bytes as somebody stored them.
    Stored(Bytes),
    Value(Value),
    NotFound,
    /// A group of properties: it exists, but has no encoding.
    Group,
}

impl From<Option<Value>> for Lookup {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::NotFound, Self::Value)
    }
}

impl Lookup {
    /// The bytes for the plugin.
    pub(crate) fn encode(self) -> Result<Bytes, Status> {
        match self {
            Self::Stored(bytes) => Ok(bytes),
            Self::Value(Value::Bytes(bytes)) => Ok(bytes.into()),
            Self::Value(value) => value.encode().map(Bytes::from).ok_or(Status::SerializationFailure),
            Self::NotFound => Err(Status::NotFound),
            Self::Group => Err(Status::SerializationFailure),
        }
    }
}

/// Looks a path up for the acting context.
pub(crate) fn lookup(state: &HostState, path: &[u8]) -> Lookup {
    if path.len() > MAX_PATH {
        return Lookup::NotFound;
    }
    // No path has no encoding; one empty segment is the name of nothing.
    if path.is_empty() {
        return Lookup::Group;
    }
    let mut parts = segments(path);
    let Some(first) = parts.next() else { return Lookup::NotFound };
    // Few paths are longer than this.
    let mut few = [&[][..]; 4];
    let many: Vec<&[u8]>;
    let rest: &[&[u8]] = match parts.clone().count() {
        count if count <= few.len() => {
            few.iter_mut().zip(parts).for_each(|(place, part)| *place = part);
            &few[..count]
        }
        _ => {
            many = parts.collect();
            &many
        }
    };

    match (first, rest) {
        (b"xds", []) => return Lookup::Group,
        (b"xds", [b"node", rest @ ..]) | (b"node", rest) => return xds::node(&state.node, rest).into(),
        _ => {}
    }
    if let Some(found) = of_plugin(state, first, rest) {
        return found;
    }
    let own = state.acting_exchange();
    if let Some(exchange) = own.or_else(|| state.logged_exchange())
        // An access logger has no connection of its own, as in Envoy; it can ask for that of the stream.
        && (own.is_some() || (first, rest.is_empty()) != (b"connection_id", true))
    {
        let found = Exchange::with_facts(exchange, |exchange| {
            of_stream(exchange, first, rest).or_else(|| of_info(&exchange.info, path, first, rest))
        });
        if let Some(found) = found {
            return found;
        }
    }
    Lookup::NotFound
}

/// Groups that need more than an embedder tells about a stream. `None`: not a name of these, so that others may answer.
fn of_stream(exchange: &mut Exchange, first: &[u8], rest: &[&[u8]]) -> Option<Lookup> {
    let value = match (first, rest) {
        (b"request" | b"response", []) => return Some(Lookup::Group),
        (b"request", _) => return Some(request::lookup(exchange, rest)),
        (b"response", _) => response::lookup(exchange, rest),
        (b"upstream", [b"num_endpoints"]) => stream::num_endpoints(exchange),
        (b"xds", _) => xds::lookup(exchange, rest),
        // The names that Envoy dropped in 1.33, when they moved under `xds`.
        (
            b"cluster_name"
            | b"cluster_metadata"
            | b"route_name"
            | b"route_metadata"
            | b"listener_direction"
            | b"listener_metadata"
            | b"upstream_host_metadata",
            _,
        ) => {
            let mut under_xds = vec![first];
            under_xds.extend(rest);
            xds::lookup(exchange, &under_xds)
        }
        _ => return None,
    };
    Some(value.into())
}

/// Groups that the embedder tells all about, and what is stored for the stream.
fn of_info(info: &StreamInfo, path: &[u8], first: &[u8], rest: &[&[u8]]) -> Option<Lookup> {
    let value = match (first, rest) {
        (b"source" | b"destination" | b"connection" | b"upstream" | b"filter_state", []) => return Some(Lookup::Group),
        (b"source", _) => stream::address(info.source(), rest),
        (b"destination", _) => stream::address(info.connection.destination, rest),
        (b"connection", _) => stream::connection(info, rest),
        (b"connection_id", []) => Some(Value::Uint(info.connection.id)),
        (b"upstream", _) => stream::upstream(&info.upstream, rest),
        (b"metadata", _) => crate::metadata::in_metadata(&info.metadata, rest),
        // A name in filter state may contain a separator, since paths are stored whole.
        (b"filter_state", _) => {
            let name = &trimmed(path)[first.len() + 1..];
            let found = |found: &Bytes| Lookup::Stored(found.clone());
            let connection = info.connection.filter_state.borrow();
            let value = info.filter_state.value(name).or_else(|| connection.value(name));
            return Some(value.map_or(Lookup::NotFound, found));
        }
        // Nothing is kept for upstream connections; but once there is one, there is a place for it.
        (b"upstream_filter_state", []) if info.upstream.address.is_some() => return Some(Lookup::Group),
        _ => {
            // What a plugin stored is found by the path it used, whether or not that has segments.
            let connection = info.connection.filter_state.borrow();
            let stored = |path: &[u8]| info.filter_state.stored(path).or_else(|| connection.stored(path)).cloned();
            return stored(path).or_else(|| stored(trimmed(path))).map(Lookup::Stored);
        }
    };
    Some(value.into())
}

fn of_plugin(state: &HostState, first: &[u8], rest: &[&[u8]]) -> Option<Lookup> {
    let text = |text: &str| Some(Lookup::Stored(Bytes::copy_from_slice(text.as_bytes())));
    match (first, rest, state.acting_plugin()) {
        (b"plugin_vm_id", [], _) => text(&state.config.vm_id),
        (b"plugin_name", [], Some(plugin)) => text(&plugin.spec.name),
        (b"plugin_root_id", [], Some(plugin)) => text(&plugin.spec.root_id),
        _ => None,
    }
}

/// The path without the separator that the C++ SDK puts behind it.
fn trimmed(path: &[u8]) -> &[u8] {
    path.strip_suffix(&[0]).unwrap_or(path)
}

/// Stores bytes under a path for the acting stream: `NOT_FOUND` outside of one, `BAD_ARGUMENT` for a path that is too
/// long, and for one that was declared read-only and has been set or that the plugin may not set, `INTERNAL_FAILURE` if there is no more room.
pub(crate) fn store(state: &mut HostState, path: &[u8], value: &[u8]) -> Status {
    let Some(exchange) = state.acting_exchange() else { return Status::NotFound };
    if path.len() > MAX_PATH {
        return Status::BadArgument;
    }
    let exchange = exchange.clone();
    if let Err(status) = state.check_property(path) {
        return status;
    }
    let Declaration { read_only, span } =
        state.acting_plugin().and_then(|plugin| plugin.declared(path)).unwrap_or_default();
    keep(state, &exchange, span, |objects, most| {
        let has_room = objects.has_room(STORED, path, value, most);
        has_room.then(|| objects.store(path, Bytes::copy_from_slice(value), read_only))
    })
}

/// Has `change` set an object of a stream, or of its connection. It is told how many bytes there may be, and answers `None` if
/// there is no room.
pub(crate) fn keep(
    state: &mut HostState,
    exchange: &RefCell<Exchange>,
    span: LifeSpan,
    change: impl FnOnce(&mut FilterState, u64) -> Option<Result<(), ReadOnly>>,
) -> Status {
    let most = state.limits().quotas.property_bytes;
    let changed = Exchange::with_facts(exchange, |exchange| match span {
        LifeSpan::FilterChain | LifeSpan::Request => change(&mut exchange.info.filter_state, most),
        LifeSpan::Connection => change(&mut exchange.info.connection.filter_state.borrow_mut(), most),
    });
    match changed {
        Some(Ok(())) => Status::Ok,
        Some(Err(ReadOnly)) => Status::BadArgument,
        None => state.too_much(),
    }
}
