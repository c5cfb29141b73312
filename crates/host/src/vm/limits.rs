//! How much a guest may take.

use super::Quotas;
use std::time::Duration;

/// How much time and memory the guest of a VM may take.
///
/// An engine that cannot hold to one of these says so in its [`Capabilities`](super::Capabilities).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Time that one callback may use, allocations that host functions ask for included; `None` for as much as it wants.
    /// It is time for which the thread has a processor, where the system tells: a busy machine is no guest's fault. The
    /// guest is interrupted at the first opportunity after that, 20 ms later at most on a machine that keeps up. 100 ms
    /// unless said otherwise.
    pub callback_deadline: Option<Duration>,
    /// The same for each callback that starts a plugin: start functions, `proxy_on_vm_start`, `proxy_on_configure`, and
    /// `proxy_on_context_create` of the plugin itself. 5 s unless said otherwise.
    pub start_deadline: Option<Duration>,
    /// Work that one callback may do, allocations that host functions ask for included, in the fuel that engines count: about 1
    /// for each instruction, more for those that copy much. Callbacks that start a plugin may do as much as they want. Only a
    /// module that a metered engine has compiled ([`Runtime::metered`](super::Runtime::metered)) is held to it. `None`, the
    /// default, for no budget.
    pub fuel: Option<u64>,
    /// Bytes of linear memory. Growth past it fails in the guest, which is told -1; a module that begins with more cannot
    /// be started. 128 MiB unless said otherwise.
    pub memory_bytes: u64,
    /// Elements of each table. Growth past it fails in the guest likewise. 100,000 unless said otherwise.
    pub table_elements: u32,
    /// Calls that meet their deadlines in a row after which a plugin that is started anew when it has failed is left alone
    /// for good: each may cost everybody on its thread a deadline. 0 for never. 5 unless said otherwise.
    pub strikes: u32,
    /// How much it may pile up in the host.
    pub quotas: Quotas,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            callback_deadline: Some(Duration::from_millis(100)),
            start_deadline: Some(Duration::from_secs(5)),
            fuel: None,
            memory_bytes: 128 << 20,
            table_elements: 100_000,
            strikes: 5,
            quotas: Quotas::default(),
        }
    }
}

impl Limits {
    /// Most tables that a module may have. Each may have [`Self::table_elements`].
    pub const TABLES: usize = 16;

    /// How much work a call may do.
    pub fn fuel(&self, entry: Entry) -> Option<u64> {
        match entry {
            Entry::Start => None,
            Entry::Callback => self.fuel,
        }
    }

    /// How long a call may take.
    pub fn deadline(&self, entry: Entry) -> Option<Duration> {
        match entry {
            Entry::Start => self.start_deadline,
            Entry::Callback => self.callback_deadline,
        }
    }
}

/// What a call is for: decides its deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// Starting a module or a plugin.
    #[default]
    Start,
    /// Everything else.
    Callback,
}

impl Entry {
    /// Name of the limit that holds for it.
    pub const fn limit(self) -> &'static str {
        match self {
            Self::Start => "start_deadline",
            Self::Callback => "callback_deadline",
        }
    }
}
