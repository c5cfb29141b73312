//! Common stream operations. All are done once the callback has returned; on a context without such a stream they do
//! nothing.

use crate::memory::{answer, return_bytes, slice_mut, write_u32};
use crate::state::HostState;
use crate::stream::{Action, Direction};
use crate::vm::{Guest, VmError};
use tollgate_abi::{Status, StreamType};

/// `proxy_continue_stream`: `BAD_ARGUMENT` for an unknown stream type.
///
/// Envoy answers `UNIMPLEMENTED` for the upstream of a TCP stream, which SDKs do not expect; here it is `OK`.
pub(crate) fn proxy_continue_stream<G: Guest>(guest: &mut G, stream_type: i32) -> Result<Status, VmError> {
    let Some(stream) = StreamType::from_i32(stream_type) else { return Ok(Status::BadArgument) };
    match stream {
        StreamType::HttpRequest => resume(guest.state(), Direction::Request),
        StreamType::HttpResponse => resume(guest.state(), Direction::Response),
        StreamType::Downstream => resume_connection(guest.state(), Direction::Request),
        StreamType::Upstream => resume_connection(guest.state(), Direction::Response),
    }
    Ok(Status::Ok)
}

/// `proxy_close_stream`: `BAD_ARGUMENT` for an unknown stream type.
///
/// Whichever side of a TCP connection is named, both are closed, as in Envoy: neither is of use without the other.
pub(crate) fn proxy_close_stream<G: Guest>(guest: &mut G, stream_type: i32) -> Result<Status, VmError> {
    let Some(stream) = StreamType::from_i32(stream_type) else { return Ok(Status::BadArgument) };
    let state = guest.state();
    match stream {
        StreamType::HttpRequest | StreamType::HttpResponse if state.acting_stream().is_some() => {
            state.defer(Action::Close);
        }
        StreamType::Downstream | StreamType::Upstream if state.acting_connection().is_some() => {
            state.defer(Action::Close);
        }
        _ => {}
    }
    Ok(Status::Ok)
}

/// `proxy_continue_request` of 0.1.0.
pub(crate) fn proxy_continue_request<G: Guest>(guest: &mut G) -> Result<Status, VmError> {
    resume(guest.state(), Direction::Request);
    Ok(Status::Ok)
}

/// `proxy_continue_response` of 0.1.0.
pub(crate) fn proxy_continue_response<G: Guest>(guest: &mut G) -> Result<Status, VmError> {
    resume(guest.state(), Direction::Response);
    Ok(Status::Ok)
}

fn resume(state: &mut HostState, direction: Direction) {
    if state.acting_stream().is_some() {
        state.defer(Action::Continue(direction));
    }
}

fn resume_connection(state: &mut HostState, direction: Direction) {
    if state.acting_connection().is_some() {
        state.defer(Action::Continue(direction));
    }
}

/// `proxy_clear_route_cache` of 0.1.0: the route is chosen again, with the headers as they are now.
pub(crate) fn proxy_clear_route_cache<G: Guest>(guest: &mut G) -> Result<Status, VmError> {
    if let Some((exchange, _)) = guest.state().acting_stream() {
        exchange.borrow_mut().route = None;
    }
    Ok(Status::Ok)
}

/// `proxy_get_status`: code of the plugin's last call that has failed or ended, 0 before there was one; and what it
/// means, in the callback that tells.
pub(crate) fn proxy_get_status<G: Guest>(
    guest: &mut G,
    return_code: i32,
    return_message_data: i32,
    return_message_size: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let (code, message) = state.acting_plugin().map_or_else(Default::default, |plugin| {
            let calls = plugin.calls.borrow();
            (calls.status, calls.message.clone())
        });
        // All three addresses are checked before anything is written.
        slice_mut(memory, return_message_data, 4)?;
        slice_mut(memory, return_message_size, 4)?;
        write_u32(memory, return_code, code)?;
        return_bytes(guest, &message, return_message_data, return_message_size)
    })
}

/// `proxy_resume_downstream` of the draft.
pub(crate) fn proxy_resume_downstream<G: Guest>(guest: &mut G) -> Result<Status, VmError> {
    proxy_continue_stream(guest, StreamType::Downstream.as_i32())
}

/// `proxy_resume_upstream` of the draft.
pub(crate) fn proxy_resume_upstream<G: Guest>(guest: &mut G) -> Result<Status, VmError> {
    proxy_continue_stream(guest, StreamType::Upstream.as_i32())
}
