//! What Envoy offers beside the ABI.

use super::unimplemented;
use crate::memory::{answer, slice, slice_mut, write_u32};
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// Bytes of a name that are looked at: more than any name has (RFC 1035, 2.3.4).
const MAX_NAME: usize = 1024;

/// `envoy_resolve_dns`: begins to resolve a name on behalf of the plugin. `INVALID_MEMORY_ACCESS`, and nothing begins, if the
/// token cannot be written; `INTERNAL_FAILURE` if too many are being resolved; `UNIMPLEMENTED` where the embedder has no
/// resolver. What is no name fails later, as what nobody knows.
pub(crate) fn envoy_resolve_dns<G: Guest>(
    guest: &mut G,
    dns_address_data: i32,
    dns_address_size: i32,
    return_token: i32,
) -> Result<Status, VmError> {
    let mut is_missing = false;
    let answered = answer(|| {
        let (memory, state) = guest.split();
        let name = slice(memory, dns_address_data, dns_address_size)?;
        let name = String::from_utf8_lossy(&name[..name.len().min(MAX_NAME)]).into_owned();
        slice_mut(memory, return_token, 4)?;
        let Some(plugin) = state.acting_plugin().map(|plugin| plugin.id) else { return Ok(Status::InternalFailure) };
        let Some((token, id)) = state.resolutions.begin(plugin) else { return Ok(Status::InternalFailure) };
        if !state.services.resolver.clone().resolve(id, &name) {
            state.resolutions.forget(token);
            is_missing = true;
            return Ok(Status::Unimplemented);
        }
        write_u32(memory, return_token, token)?;
        Ok(Status::Ok)
    });
    if is_missing { unimplemented(guest, "envoy_resolve_dns") } else { answered }
}
