//! HTTP fields.

use crate::fields::{FieldName, HeaderMap};
use crate::memory::{answer, check_slots, return_bytes, return_into, return_with, slice, write_u32};
use crate::state::HostState;
use crate::stream::Exchange;
use crate::vm::{Guest, Quotas, VmError};
use bytes::Bytes;
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use tollgate_abi::encoding::pairs;
use tollgate_abi::{AbiVersion, LogLevel, MapType, Status};

/// Runs `f` on a map that the acting context can read.
#[inline]
fn read<T>(state: &HostState, map: MapType, f: impl FnOnce(&HeaderMap) -> T) -> Option<T> {
    read_with_owner(state, map, |fields, _| f(fields))
}

/// As [`read`], with the stream that has the map, where it is not of a call or of a stream that is logged.
#[inline]
fn read_with_owner<T>(
    state: &HostState,
    map: MapType,
    f: impl FnOnce(&HeaderMap, Option<&Rc<RefCell<Exchange>>>) -> T,
) -> Option<T> {
    if is_of_call(map) {
        return state.acting_plugin()?.calls.borrow().answer.map(map).map(|fields| f(fields, None));
    }
    if let Some(exchange) = state.logged_exchange() {
        return exchange.borrow().logged(map).map(|fields| f(fields, None));
    }
    let (exchange, filter) = state.acting_stream()?;
    exchange.borrow().readable(filter, map).map(|fields| f(fields, Some(exchange)))
}

/// Whether a map comes with what a call has brought, and so belongs to the plugin and not to a stream.
fn is_of_call(map: MapType) -> bool {
    matches!(
        map,
        MapType::GrpcCallInitialMetadata
            | MapType::GrpcCallTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers
    )
}

/// Runs `f` on a map that the acting context can write. `BAD_ARGUMENT` if there is none.
fn write(state: &HostState, map: MapType, f: impl FnOnce(&mut HeaderMap)) -> Status {
    let Some((exchange, filter)) = state.acting_stream() else { return Status::BadArgument };
    match exchange.borrow_mut().writable(filter, map) {
        Some(fields) => {
            f(fields);
            Status::Ok
        }
        None => Status::BadArgument,
    }
}

/// `proxy_get_header_map_size`: bytes of all names and values. `BAD_ARGUMENT` for an unknown or unavailable map, and for
/// one that can only be read.
pub(crate) fn proxy_get_header_map_size<G: Guest>(
    guest: &mut G,
    map_type: i32,
    return_size: i32,
) -> Result<Status, VmError> {
    let Some(map) = MapType::from_i32(map_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let (memory, state) = guest.split();
        let mut size = None;
        // Envoy looks among the maps that can be written only; trailers are made by asking.
        if write_without_rerouting(state, map, |fields| size = Some(fields.byte_size())) != Status::Ok {
            return Ok(Status::BadArgument);
        }
        let size = size.and_then(|size| u32::try_from(size).ok()).unwrap_or(u32::MAX);
        write_u32(memory, return_size, size)?;
        Ok(Status::Ok)
    })
}

/// As [`write`], for what does not change the map.
fn write_without_rerouting(state: &HostState, map: MapType, f: impl FnOnce(&mut HeaderMap)) -> Status {
    let Some((exchange, filter)) = state.acting_stream() else { return Status::BadArgument };
    let mut exchange = exchange.borrow_mut();
    let route = exchange.route.take();
    let status = match exchange.writable(filter, map) {
        Some(fields) => {
            f(fields);
            Status::Ok
        }
        None => Status::BadArgument,
    };
    exchange.route = route;
    status
}

/// `proxy_get_header_map_pairs`: the whole map. `BAD_ARGUMENT` for an unknown map; an unavailable one is empty.
pub(crate) fn proxy_get_header_map_pairs<G: Guest>(
    guest: &mut G,
    map_type: i32,
    return_map_data: i32,
    return_map_size: i32,
) -> Result<Status, VmError> {
    let Some(map) = MapType::from_i32(map_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let size = read(guest.state(), map, HeaderMap::encoded_len).unwrap_or(Some(0));
        let Some(size) = size else { return Ok(Status::SerializationFailure) };
        return_with(guest, size, return_map_data, return_map_size, |state, block| {
            read(state, map, |fields| pairs::encode_some_into(fields.len(), fields.pairs(), block)).unwrap_or(false)
        })
    })
}

/// `proxy_set_header_map_pairs`: replaces the whole map by what adding its fields one by one makes. Bytes that are no map count as an empty one, as in Envoy, but
/// are logged. `INTERNAL_FAILURE` for more than there may be; `BAD_ARGUMENT` if a field differs that the plugin may not write.
pub(crate) fn proxy_set_header_map_pairs<G: Guest>(
    guest: &mut G,
    map_type: i32,
    map_data: i32,
    map_size: i32,
) -> Result<Status, VmError> {
    let Some(map) = MapType::from_i32(map_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let (memory, state) = guest.split();
        let new = decode_pairs(state, slice(memory, map_data, map_size)?, |key| field_key(map, key));
        if counted(&new) > state.limits().quotas.header_bytes {
            return Ok(state.too_much());
        }
        let Some(allowed) = &state.config.allow.write_headers else {
            return Ok(write(state, map, |fields| *fields = new));
        };
        // Those that it may not write must be as they were: who changes one field may send back the whole map.
        let others = |fields: &HeaderMap| -> Vec<(Bytes, Bytes)> {
            let others = fields.iter().filter(|field| !allowed.allows_field(field.name.as_bytes()));
            others.map(|field| (Bytes::copy_from_slice(field.name.as_bytes()), field.value.clone())).collect()
        };
        let mut changed = None;
        let status = write(state, map, |fields| {
            let (before, after) = (others(fields), others(&new));
            if before == after {
                *fields = new;
            } else {
                let differs = before.iter().zip(&after).find(|(before, after)| before != after);
                let more = || before.get(after.len()).or_else(|| after.get(before.len()));
                changed = differs.map(|(_, after)| after).or_else(more).map(|(name, _)| name.clone());
            }
        });
        match changed {
            Some(name) => Ok(state.not_allowed("write_headers", &name, Status::BadArgument)),
            None => Ok(status),
        }
    })
}

/// The fields that a plugin has encoded, added one by one under what `key` makes of their names, as in Envoy; none if it has
/// not encoded any properly.
pub(super) fn decode_pairs(state: &HostState, bytes: &[u8], key: impl Fn(&[u8]) -> &[u8]) -> HeaderMap {
    match pairs::decode(bytes) {
        Ok(pairs) => {
            let mut fields = HeaderMap::with_capacity(pairs.len());
            for (name, value) in pairs {
                fields.add(FieldName::from_bytes(key(name)), Bytes::copy_from_slice(value));
            }
            fields
        }
        Err(error) => {
            let message = format!("a map from the plugin is not encoded properly and counts as empty: {error}");
            state.log(LogLevel::Warn, message.as_bytes());
            HeaderMap::new()
        }
    }
}

/// `proxy_get_header_map_value`: value of the first field with the name. A missing field is `NOT_FOUND`, in 0.1.0 `OK`
/// and empty. `BAD_ARGUMENT` for an unknown map, and for an unavailable one except while logging, when it counts as
/// empty.
pub(crate) fn proxy_get_header_map_value<G: Guest>(
    guest: &mut G,
    map_type: i32,
    key_data: i32,
    key_size: i32,
    return_value_data: i32,
    return_value_size: i32,
) -> Result<Status, VmError> {
    let Some(map) = MapType::from_i32(map_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let (memory, state) = guest.split();
        let key = field_key(map, slice(memory, key_data, key_size)?);
        let found = match find(state, map, key) {
            Some(found) => found,
            None if is_logging(state) => None,
            None => return Ok(Status::BadArgument),
        };
        match found {
            Some(found) => {
                let Ok(len) = u32::try_from(found.len) else { return Err(Status::InvalidMemoryAccess.into()) };
                check_slots(memory, return_value_data, return_value_size)?;
                return_into(guest, len, return_value_data, return_value_size, |state, block| {
                    found.copy_into(state, map, block).is_some()
                })
            }
            None if state.abi == AbiVersion::V0_1_0 => return_bytes(guest, &[], return_value_data, return_value_size),
            None => Ok(Status::NotFound),
        }
    })
}

/// A field that has been found. The guest's allocator can change no map: until it has returned, the field is where it was.
struct Found {
    /// As [`read_with_owner`] has it.
    exchange: Option<Rc<RefCell<Exchange>>>,
    position: usize,
    len: usize,
}

/// Finds a field in a map that the acting context can read. `None` if there is no such map. What it answers is looked at where it
/// is made: handing it over by way of memory takes as long as finding it.
#[inline(always)]
fn find(state: &HostState, map: MapType, key: &[u8]) -> Option<Option<Found>> {
    read_with_owner(state, map, |fields, exchange| {
        let position = fields.position(key)?;
        let len = fields.value_at(position)?.len();
        Some(Found { exchange: exchange.cloned(), position, len })
    })
}

impl Found {
    /// Copies the value; `None` if it is not there any more.
    fn copy_into(&self, state: &HostState, map: MapType, block: &mut [u8]) -> Option<()> {
        let copy = |fields: &HeaderMap| {
            block.copy_from_slice(fields.value_at(self.position)?.get(..block.len())?);
            Some(())
        };
        match &self.exchange {
            // What could be read a moment ago, still can.
            Some(exchange) => exchange.borrow().logged(map).and_then(copy),
            None => read(state, map, copy).flatten(),
        }
    }
}

/// The name under which a map holds a field: `host` of a request is its `:authority`, as in Envoy.
fn field_key(map: MapType, key: &[u8]) -> &[u8] {
    if map == MapType::HttpRequestHeaders && key.eq_ignore_ascii_case(b"host") { b":authority" } else { key }
}

fn is_logging(state: &HostState) -> bool {
    let logs = |exchange: &Exchange| exchange.logging && !exchange.ended;
    state.logged_exchange().is_some() || state.acting_stream().is_some_and(|(exchange, _)| logs(&exchange.borrow()))
}

/// `proxy_add_header_map_value`: appends a field; those that may occur once get the value after a comma instead.
/// `BAD_ARGUMENT` for a map that is unknown or cannot be written here and for a field that the plugin may not write, then
/// `INTERNAL_FAILURE` if it would be too large.
pub(crate) fn proxy_add_header_map_value<G: Guest>(
    guest: &mut G,
    map_type: i32,
    key_data: i32,
    key_size: i32,
    value_data: i32,
    value_size: i32,
) -> Result<Status, VmError> {
    write_field(guest, map_type, [key_data, key_size, value_data, value_size], HeaderMap::add_named)
}

/// `proxy_replace_header_map_value`: leaves one field with the name. `BAD_ARGUMENT` for a map that is unknown or cannot
/// be written here and for a field that the plugin may not write, then `INTERNAL_FAILURE` if it would be too large.
pub(crate) fn proxy_replace_header_map_value<G: Guest>(
    guest: &mut G,
    map_type: i32,
    key_data: i32,
    key_size: i32,
    value_data: i32,
    value_size: i32,
) -> Result<Status, VmError> {
    write_field(guest, map_type, [key_data, key_size, value_data, value_size], HeaderMap::replace_named)
}

/// For how much a map counts.
fn counted(fields: &HeaderMap) -> u64 {
    (fields.byte_size() as u64).saturating_add((fields.len() as u64).saturating_mul(Quotas::ENTRY))
}

fn write_field<G: Guest>(
    guest: &mut G,
    map_type: i32,
    [key_data, key_size, value_data, value_size]: [i32; 4],
    change: impl FnOnce(&mut HeaderMap, Cow<'_, FieldName>, Bytes),
) -> Result<Status, VmError> {
    let Some(map) = MapType::from_i32(map_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let (memory, state) = guest.split();
        let key = field_key(map, slice(memory, key_data, key_size)?);
        let value = slice(memory, value_data, value_size)?;
        state.check_field(key)?;
        let most = state.limits().quotas.header_bytes;
        let mut full = false;
        let status = write(state, map, |fields| {
            full = counted(fields).saturating_add(Quotas::entry(&[key, value])) > most;
            if !full {
                state.field_pool.borrow_mut().field(key, value, |name, value| change(fields, name, value));
            }
        });
        Ok(if full { state.too_much() } else { status })
    })
}

/// `proxy_remove_header_map_value`: removes every field with the name; none is `OK`. `BAD_ARGUMENT` for a map that is
/// unknown or cannot be written here, and for a field that the plugin may not write.
pub(crate) fn proxy_remove_header_map_value<G: Guest>(
    guest: &mut G,
    map_type: i32,
    key_data: i32,
    key_size: i32,
) -> Result<Status, VmError> {
    let Some(map) = MapType::from_i32(map_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let (memory, state) = guest.split();
        let key = field_key(map, slice(memory, key_data, key_size)?);
        state.check_field(key)?;
        Ok(write(state, map, |fields| {
            fields.remove(key);
        }))
    })
}
