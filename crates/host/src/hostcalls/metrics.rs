//! Metrics.

use crate::memory::{answer, slice, write_u32, write_u64};
use crate::metrics::Refused;
use crate::vm::{Guest, VmError};
use tollgate_abi::{MetricType, Status};

/// `proxy_define_metric`: `INVALID_MEMORY_ACCESS` for the name, then `BAD_ARGUMENT` for the type. A name and type that
/// are known get another id for the same metric. `INTERNAL_FAILURE` for a name that is too long, and for too many: of the VM's
/// numbers, and of names that VMs of the plugin have made.
pub(crate) fn proxy_define_metric<G: Guest>(
    guest: &mut G,
    metric_type: i32,
    metric_name_data: i32,
    metric_name_size: i32,
    return_metric_id: i32,
) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        let name = slice(memory, metric_name_data, metric_name_size)?;
        let Some(kind) = MetricType::from_i32(metric_type) else { return Ok(Status::BadArgument) };
        let quotas = &state.config.limits.quotas;
        if name.len() as u64 > quotas.metric_name_bytes || state.metrics.len() >= quotas.metrics as usize {
            return Ok(state.too_much());
        }
        let Some(metric) = state.services.metrics.define_for(kind, name, &state.metric_maker, quotas.metrics) else {
            return Ok(state.too_much());
        };
        let Some(id) = state.metrics.add(metric) else { return Ok(Status::InternalFailure) };
        write_u32(memory, return_metric_id, id)?;
        Ok(Status::Ok)
    })
}

/// `proxy_record_metric`: adds to a counter, sets a gauge, records a sample. `NOT_FOUND` for an unknown id.
pub(crate) fn proxy_record_metric<G: Guest>(guest: &mut G, metric_id: i32, value: i64) -> Result<Status, VmError> {
    Ok(status(guest.state().metrics.record(metric_id as u32, value as u64)))
}

/// `proxy_increment_metric`: adds to a counter or gauge. `BAD_ARGUMENT` for a histogram, and for a counter if the offset
/// is not above 0; `NOT_FOUND` for an unknown id.
pub(crate) fn proxy_increment_metric<G: Guest>(guest: &mut G, metric_id: i32, offset: i64) -> Result<Status, VmError> {
    Ok(status(guest.state().metrics.increment(metric_id as u32, offset)))
}

/// `proxy_get_metric`: `BAD_ARGUMENT` for a histogram, `NOT_FOUND` for an unknown id, then `INVALID_MEMORY_ACCESS`.
pub(crate) fn proxy_get_metric<G: Guest>(guest: &mut G, metric_id: i32, return_value: i32) -> Result<Status, VmError> {
    answer(|| {
        let (memory, state) = guest.split();
        match state.metrics.value(metric_id as u32) {
            Ok(value) => {
                write_u64(memory, return_value, value)?;
                Ok(Status::Ok)
            }
            Err(refused) => Ok(status(Err(refused))),
        }
    })
}

fn status(result: Result<(), Refused>) -> Status {
    match result {
        Ok(()) => Status::Ok,
        Err(Refused::Unknown) => Status::NotFound,
        Err(Refused::Unfit) => Status::BadArgument,
    }
}

/// `proxy_remove_metric` of the draft: the id means nothing any more. The metric itself goes if no other id, of whatever
/// VM, stands for it.
pub(crate) fn proxy_remove_metric<G: Guest>(guest: &mut G, metric_id: i32) -> Result<Status, VmError> {
    let state = guest.state();
    let Some(metric) = state.metrics.remove(metric_id as u32) else { return Ok(Status::NotFound) };
    state.services.metrics.release(metric);
    Ok(Status::Ok)
}
