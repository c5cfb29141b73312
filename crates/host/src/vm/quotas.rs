//! How much a guest may pile up in the host.

use std::time::Duration;

/// How much of what a guest has the host keep there may be. What is too much is refused with `INTERNAL_FAILURE`, counted
/// ([`PluginHandle::refused`](crate::plugin::PluginHandle::refused)), and changes nothing.
///
/// Bytes are those of names and values, and [`Self::ENTRY`] more for each entry, so that many small ones cost something
/// too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quotas {
    /// Bytes of the values and keys that the VMs with one `vm_id` share. 64 MiB unless said otherwise.
    pub shared_data_bytes: u64,
    /// Queues of the VMs with one `vm_id`. 64 unless said otherwise.
    pub queues: u32,
    /// Bytes of the items of a queue. 16 MiB unless said otherwise.
    pub queue_bytes: u64,
    /// Numbers that a VM is given for metrics; and metrics that the VMs of a plugin make, on all threads and one after the other. 100,000
    /// unless said otherwise.
    pub metrics: u32,
    /// Bytes of the name of a metric. 4 KiB unless said otherwise.
    pub metric_name_bytes: u64,
    /// Bytes of a map of header fields or trailers that a plugin adds to. 2 MiB unless said otherwise: more than a map has
    /// that can be encoded.
    pub header_bytes: u64,
    /// Bytes of a body, or of what is at hand of one, that a plugin makes longer; of the bodies of the answers that it
    /// sends during one call; and of the arguments of a foreign function. 32 MiB unless said otherwise.
    pub body_bytes: u64,
    /// Bytes of the calls of a VM that are under way: what the plugin sends with them. Messages on a gRPC stream count until
    /// they have been sent. 64 MiB unless said otherwise.
    pub call_bytes: u64,
    /// Calls of a VM that are under way at once. 16,384 unless said otherwise.
    pub calls: u32,
    /// Bytes of the response to a call, or of a message of gRPC; the call fails if it has more. 32 MiB unless said otherwise.
    pub response_bytes: u64,
    /// Bytes of the answers to all calls of a VM under way that the host has and the plugin has not been told of yet; those fail
    /// that would be more. 128 MiB unless said otherwise.
    pub answer_bytes: u64,
    /// Bytes of what plugins store for a stream, or for a connection (`proxy_set_property`). 4 MiB unless said otherwise.
    pub property_bytes: u64,
    /// Streams that have a context in a VM. A further one goes on or is answered as if the VM had failed
    /// ([`FailurePolicy`](crate::plugin::FailurePolicy)), which it has not. 100,000 unless said otherwise.
    pub contexts: u32,
    /// VMs in which a plugin is on a thread: those of its streams ([`Isolation`](crate::plugin::Isolation)), and those in
    /// which streams have not ended that began before the VM was rebuilt. 1,000 unless said otherwise.
    pub instances: u32,
    /// Messages that are logged during one call of a guest. Further ones are dropped, which is no failure: a plugin that
    /// talks too much is no broken one. 1,000 unless said otherwise.
    pub log_messages: u32,
    /// Messages that a VM logs in a second; as many can come at once after a second without. Further ones are dropped
    /// likewise. 100,000 unless said otherwise.
    pub log_messages_per_second: u32,
    /// Least period of a plugin's timer: a shorter one counts as this one. `None` for any. 1 ms unless said otherwise.
    pub timer_period: Option<Duration>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            shared_data_bytes: 64 << 20,
            queues: 64,
            queue_bytes: 16 << 20,
            metrics: 100_000,
            metric_name_bytes: 4 << 10,
            header_bytes: 2 << 20,
            body_bytes: 32 << 20,
            call_bytes: 64 << 20,
            calls: 1 << 14,
            response_bytes: 32 << 20,
            answer_bytes: 128 << 20,
            property_bytes: 4 << 20,
            contexts: 100_000,
            instances: 1000,
            log_messages: 1000,
            log_messages_per_second: 100_000,
            timer_period: Some(Duration::from_millis(1)),
        }
    }
}

impl Quotas {
    /// Bytes for which each entry counts besides its own.
    pub const ENTRY: u64 = 64;

    /// Most bytes of the name of a queue, of an upstream, and of a service or method of gRPC.
    pub const NAME: u64 = 64 << 10;

    /// For how much an entry of these parts counts.
    pub(crate) fn entry(parts: &[&[u8]]) -> u64 {
        parts.iter().fold(Self::ENTRY, |sum, part| sum.saturating_add(part.len() as u64))
    }
}
