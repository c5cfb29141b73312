//! Configuration, as 0.1.0 reads it.

use crate::memory::{answer, return_bytes};
use crate::vm::{Guest, VmError};
use tollgate_abi::Status;

/// `proxy_get_configuration`: the plugin's configuration while it is created or configured, the VM's otherwise.
pub(crate) fn proxy_get_configuration<G: Guest>(
    guest: &mut G,
    return_value_data: i32,
    return_value_size: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let state = guest.state();
        let bytes = match state.configured_plugin() {
            Some(plugin) => plugin.spec.configuration.clone(),
            None => state.config.configuration.clone(),
        };
        return_bytes(guest, &bytes, return_value_data, return_value_size)
    })
}
