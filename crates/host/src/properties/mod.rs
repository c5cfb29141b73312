//! What the host knows about a stream, by path (spec: "Properties"; Envoy: "Attributes").
//!
//! A path's first segment names a group; the groups that Envoy documents come first, then what plugins stored, then the
//! plugin's own names. Names without a group that Envoy had until 1.33 still answer.

mod request;
mod response;
mod stream;

use crate::state::HostState;
use crate::stream::Exchange;
use bytes::Bytes;
use tollgate_abi::encoding::property::{Value, segments};

/// Outcome of a lookup.
pub(crate) enum Lookup {
    Found(Bytes),
    NotFound,
    NotEncodable,
}

impl From<Option<Value>> for Lookup {
    fn from(value: Option<Value>) -> Self {
        match value {
            None => Self::NotFound,
            Some(Value::Bytes(bytes)) => Self::Found(bytes.into()),
            Some(value) => value.encode().map_or(Self::NotEncodable, |bytes| Self::Found(bytes.into())),
        }
    }
}

/// Looks a path up for the acting context.
pub(crate) fn lookup(state: &HostState, path: &[u8]) -> Lookup {
    let mut parts = segments(path);
    let Some(first) = parts.next() else { return Lookup::NotEncodable };
    let rest: Vec<&[u8]> = parts.collect();

    match (first, &rest[..]) {
        (b"xds", [b"node", rest @ ..]) | (b"node", rest) => return stream::node(&state.node, rest).into(),
        _ => {}
    }
    let own = state.acting_stream().map(|(exchange, _)| exchange);
    if let Some(exchange) = own.or_else(|| state.logged_exchange())
        // An access logger has no connection of its own, as in Envoy; it can ask for that of the stream.
        && (own.is_some() || (first, rest.is_empty()) != (b"connection_id", true))
    {
        let mut exchange = exchange.borrow_mut();
        if let Some(found) = of_stream(&mut exchange, first, &rest) {
            return found;
        }
        // What a plugin stored is found by the path it used, whether or not that has segments.
        let whole = path.strip_suffix(&[0]).unwrap_or(path);
        let stored = |name: &[u8]| exchange.properties.iter().find(|(key, _)| **key == *name).map(|(_, v)| v.clone());
        if let Some(value) = stored(path).or_else(|| stored(whole)) {
            return Lookup::Found(value);
        }
    }
    of_plugin(state, first, &rest)
}

/// Groups that a stream answers. `None`: not a name of this host's, so that others may answer.
fn of_stream(exchange: &mut Exchange, first: &[u8], rest: &[&[u8]]) -> Option<Lookup> {
    let value = match first {
        b"request" => request::lookup(exchange, rest),
        b"response" => response::lookup(exchange, rest),
        b"source" => stream::address(exchange.info.connection.source, rest),
        b"destination" => stream::address(exchange.info.connection.destination, rest),
        b"connection" => stream::connection(exchange, rest),
        b"upstream" => stream::upstream(exchange, rest),
        b"xds" => stream::xds(exchange, rest),
        b"filter_state" => stream::filter_state(exchange, rest),
        b"connection_id" if rest.is_empty() => Some(Value::Uint(exchange.info.connection.id)),
        // The names that Envoy dropped in 1.33, when they moved under `xds`.
        b"cluster_name" | b"route_name" | b"listener_direction" => {
            let mut under_xds = vec![first];
            under_xds.extend(rest);
            stream::xds(exchange, &under_xds)
        }
        _ => return None,
    };
    Some(value.into())
}

fn of_plugin(state: &HostState, first: &[u8], rest: &[&[u8]]) -> Lookup {
    let text = |text: &str| Lookup::Found(Bytes::copy_from_slice(text.as_bytes()));
    match (first, rest, state.acting_plugin()) {
        (b"plugin_vm_id", [], _) => text(&state.config.vm_id),
        (b"plugin_name", [], Some(plugin)) => text(&plugin.spec.name),
        (b"plugin_root_id", [], Some(plugin)) => text(&plugin.spec.root_id),
        _ => Lookup::NotFound,
    }
}
