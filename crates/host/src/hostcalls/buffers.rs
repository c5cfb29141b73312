//! Buffers.

use crate::memory::{answer, return_bytes, slice, slice_mut, write_u32};
use crate::state::HostState;
use crate::stream::{Direction, Exchange, Stage};
use crate::vm::{Guest, VmError};
use bytes::Bytes;
use std::cell::RefCell;
use std::rc::Rc;
use tollgate_abi::{BufferType, Status};

/// What is behind a buffer number for the acting context.
enum Source {
    /// A body; with the stream, the direction and the place of the filter.
    Body(Rc<RefCell<Exchange>>, Direction, usize),
    /// Bytes that cannot be written.
    Fixed(Bytes),
    /// A body outside its callback: it reads as empty.
    Closed,
    /// There is no such thing here.
    Missing,
}

/// `proxy_get_buffer_bytes`: `BAD_ARGUMENT` for an unknown type, `NOT_FOUND` for a buffer that does not exist here; the
/// range is clamped. Bodies outside their callback read as empty.
pub(crate) fn proxy_get_buffer_bytes<G: Guest>(
    guest: &mut G,
    buffer_type: i32,
    offset: i32,
    max_size: i32,
    return_buffer_data: i32,
    return_buffer_size: i32,
) -> Result<Status, VmError> {
    let Some(buffer) = BufferType::from_i32(buffer_type) else { return Ok(Status::BadArgument) };
    let (start, size) = (offset as u32 as usize, max_size as u32 as usize);
    answer(|| {
        let bytes = match source(guest.state(), buffer) {
            Source::Body(exchange, direction, filter) => {
                stage(&exchange, direction, filter, |stage| stage.body.range(start, size))
            }
            Source::Fixed(bytes) => {
                let start = start.min(bytes.len());
                bytes.slice(start..start.saturating_add(size).min(bytes.len()))
            }
            Source::Closed => Bytes::new(),
            Source::Missing => return Ok(Status::NotFound),
        };
        return_bytes(guest, &bytes, return_buffer_data, return_buffer_size)
    })
}

/// `proxy_get_buffer_status`: the size; the flags are always 0.
pub(crate) fn proxy_get_buffer_status<G: Guest>(
    guest: &mut G,
    buffer_type: i32,
    return_buffer_size: i32,
    return_unused: i32,
) -> Result<Status, VmError> {
    let Some(buffer) = BufferType::from_i32(buffer_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let size = match source(guest.state(), buffer) {
            Source::Body(exchange, direction, filter) => stage(&exchange, direction, filter, |stage| stage.body.len()),
            Source::Fixed(bytes) => bytes.len(),
            Source::Closed => 0,
            Source::Missing => return Ok(Status::NotFound),
        };
        let (memory, _) = guest.split();
        write_u32(memory, return_buffer_size, u32::try_from(size).unwrap_or(u32::MAX))?;
        write_u32(memory, return_unused, 0)?;
        Ok(Status::Ok)
    })
}

/// `proxy_set_buffer_bytes`: replaces a range, clamped to the buffer. `BAD_ARGUMENT` for an unknown type and for what
/// cannot be written here, `NOT_FOUND` for what does not exist here, `INTERNAL_FAILURE` if it would be too long.
pub(crate) fn proxy_set_buffer_bytes<G: Guest>(
    guest: &mut G,
    buffer_type: i32,
    offset: i32,
    size: i32,
    buffer_data: i32,
    buffer_size: i32,
) -> Result<Status, VmError> {
    let Some(buffer) = BufferType::from_i32(buffer_type) else { return Ok(Status::BadArgument) };
    answer(|| {
        let source = source(guest.state(), buffer);
        if matches!(source, Source::Missing) {
            return Ok(Status::NotFound);
        }
        let (memory, state) = guest.split();
        let data = slice(memory, buffer_data, buffer_size)?;
        let Source::Body(exchange, direction, filter) = source else { return Ok(Status::BadArgument) };
        let (start, size) = (offset as u32 as usize, size as u32 as usize);
        let most = state.limits().quotas.body_bytes;
        let edit = |stage: &mut Stage| {
            let len = stage.body.len();
            let replaced = size.min(len - start.min(len));
            let fits = data.len() <= replaced || (len - replaced + data.len()) as u64 <= most;
            if fits {
                stage.body.splice(start, size, Bytes::copy_from_slice(data));
                stage.edited = true;
            }
            fits
        };
        Ok(if stage(&exchange, direction, filter, edit) { Status::Ok } else { state.too_much() })
    })
}

/// `proxy_get_buffer` of the draft: as `proxy_get_buffer_bytes`, with flags, of which none is ever set.
pub(crate) fn proxy_get_buffer<G: Guest>(
    guest: &mut G,
    buffer_type: i32,
    offset: i32,
    max_size: i32,
    return_buffer_data: i32,
    return_buffer_size: i32,
    return_flags: i32,
) -> Result<Status, VmError> {
    if BufferType::from_i32(buffer_type).is_none() {
        return Ok(Status::BadArgument);
    }
    answer(|| {
        // Checked first, so that a bad address costs the guest no block.
        slice_mut(guest.split().0, return_flags, 4)?;
        let status =
            proxy_get_buffer_bytes(guest, buffer_type, offset, max_size, return_buffer_data, return_buffer_size)?;
        if status == Status::Ok {
            write_u32(guest.split().0, return_flags, 0)?;
        }
        Ok(status)
    })
}

/// `proxy_set_buffer` of the draft: as `proxy_set_buffer_bytes`; the flags are ignored.
pub(crate) fn proxy_set_buffer<G: Guest>(
    guest: &mut G,
    buffer_type: i32,
    offset: i32,
    size: i32,
    buffer_data: i32,
    buffer_size: i32,
    _flags: i32,
) -> Result<Status, VmError> {
    proxy_set_buffer_bytes(guest, buffer_type, offset, size, buffer_data, buffer_size)
}

fn source(state: &HostState, buffer: BufferType) -> Source {
    match buffer {
        BufferType::HttpRequestBody => body(state.acting_stream(), Direction::Request),
        BufferType::HttpResponseBody => body(state.acting_stream(), Direction::Response),
        BufferType::DownstreamData => body(state.acting_connection(), Direction::Request),
        BufferType::UpstreamData => body(state.acting_connection(), Direction::Response),
        BufferType::HttpCallResponseBody | BufferType::GrpcCallMessage => of_call(state, buffer),
        BufferType::VmConfiguration => Source::Fixed(state.config.configuration.clone()),
        BufferType::PluginConfiguration => match state.configured_plugin() {
            Some(plugin) => Source::Fixed(plugin.spec.configuration.clone()),
            None => Source::Missing,
        },
        BufferType::ForeignFunctionArguments => state.foreign_arguments.clone().map_or(Source::Closed, Source::Fixed),
    }
}

/// What a call has brought, while its plugin is told.
fn of_call(state: &HostState, buffer: BufferType) -> Source {
    let bytes = state.acting_plugin().and_then(|plugin| plugin.calls.borrow().answer.buffer(buffer).cloned());
    match bytes {
        Some(bytes) => Source::Fixed(bytes),
        // Envoy's answers where there is none.
        None if buffer == BufferType::HttpCallResponseBody => Source::Missing,
        None => Source::Closed,
    }
}

/// The body of a direction of a stream, or the bytes of one of a connection, while the acting context may touch it.
fn body(stream: Option<(&Rc<RefCell<Exchange>>, usize)>, direction: Direction) -> Source {
    let Some((exchange, filter)) = stream else { return Source::Closed };
    let is_open = {
        let exchange = exchange.borrow();
        exchange.half(direction).stages.get(filter).is_some_and(|stage| stage.body_open) && !exchange.logging
    };
    if is_open { Source::Body(exchange.clone(), direction, filter) } else { Source::Closed }
}

/// Runs `f` on the filter's stage of a direction.
fn stage<T>(exchange: &RefCell<Exchange>, direction: Direction, filter: usize, f: impl FnOnce(&mut Stage) -> T) -> T {
    f(&mut exchange.borrow_mut().half_mut(direction).stages[filter])
}
