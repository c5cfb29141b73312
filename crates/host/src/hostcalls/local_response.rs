//! HTTP streams: local responses.

use super::http_fields::decode_pairs;
use crate::fields::HeaderMap;
use crate::memory::{answer, slice};
use crate::state::HostState;
use crate::stream::{Action, LocalResponse};
use crate::vm::{Guest, VmError};
use bytes::Bytes;
use tollgate_abi::{LogLevel, Status};

/// Highest gRPC status; whatever is above means "not set".
const MAX_GRPC_STATUS: i32 = 16;

/// Most bytes of the details that are kept: they are for a line of a log.
const MAX_DETAILS: usize = 4 << 10;

/// `proxy_send_local_response`: `INVALID_MEMORY_ACCESS` if one of the ranges is bad, otherwise `OK`, also where there is
/// no stream to answer.
#[expect(clippy::too_many_arguments, reason = "the ABI decides how many there are")]
pub(crate) fn proxy_send_local_response<G: Guest>(
    guest: &mut G,
    status_code: i32,
    status_code_details_data: i32,
    status_code_details_size: i32,
    body_data: i32,
    body_size: i32,
    headers_map_data: i32,
    headers_map_size: i32,
    grpc_status: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let details = slice(memory, status_code_details_data, status_code_details_size)?;
        let details = &details[..details.len().min(MAX_DETAILS)];
        let body = slice(memory, body_data, body_size)?;
        let headers = slice(memory, headers_map_data, headers_map_size)?;
        if state.acting_stream().is_none() {
            return Ok(Status::Ok);
        }
        let most = state.limits().quotas.body_bytes;
        if state.turn.count_answer(body.len() as u64) > most {
            return Ok(state.too_much());
        }
        let status = status_code as u32;
        if !(200..600).contains(&status) {
            let message = format!("the plugin answers with status {status}, which is none; 500 is sent instead");
            state.log(LogLevel::Error, message.as_bytes());
        }
        let response = LocalResponse {
            status,
            // Envoy's rule for what stands in an access log as one word.
            details: String::from_utf8_lossy(details)
                .chars()
                .map(|c| if c.is_ascii_whitespace() { '_' } else { c })
                .collect(),
            body: Bytes::copy_from_slice(body),
            headers: allowed(state, decode_pairs(state, headers, |name| name)),
            grpc_status: (0..=MAX_GRPC_STATUS).contains(&grpc_status).then_some(grpc_status as u32),
        };
        // Who answers another stream goes on with its own; in Envoy it stops, and nobody resumes it.
        if state.acts_on_current() {
            state.turn.stop();
        }
        state.defer(Action::Reply(Box::new(response)));
        Ok(Status::Ok)
    })
}

/// Without the fields that the plugin may not write: the response itself is not refused, so that one that keeps a request from
/// passing is sent.
fn allowed(state: &mut HostState, headers: HeaderMap) -> HeaderMap {
    if state.config.allow.write_headers.is_none() {
        return headers;
    }
    let mut kept = HeaderMap::with_capacity(headers.len());
    for field in headers.iter() {
        if state.check_field(field.name.as_bytes()).is_ok() {
            kept.append(field.name.clone(), field.value.clone());
        }
    }
    kept
}
