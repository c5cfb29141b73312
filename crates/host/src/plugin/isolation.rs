//! Who shares a VM with whom, and for how long a VM is used.

/// Whom a plugin shares its VM with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// Plugins of its thread with the same module and VM configuration, as in Envoy.
    #[default]
    Shared,
    /// Nobody: it has a VM of its own on each thread.
    Plugin,
    /// Nobody, and each HTTP stream and TCP connection has a VM of its own: it is started with the stream and goes with it.
    /// What the plugin keeps in its memory is gone then; what it has put into shared data, and its metrics, stay.
    Stream,
}

/// When a VM has been used enough. New streams go to another one then, made beside it; those that have begun in the old one
/// end there, and it goes with the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rebuild {
    /// When its guest's memory has grown to more bytes than this.
    pub memory_bytes: Option<u64>,
    /// When a plugin has had so many streams in it; at least 1.
    pub streams: Option<u64>,
}

impl Rebuild {
    /// Whether a VM is ever rebuilt.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a VM has been used enough that has had so many streams, whose memory began with so many bytes and has so
    /// many now. What is too large from the start on would be too large again.
    pub(super) fn is_due(&self, streams: u64, began_with: u64, memory_bytes: impl FnOnce() -> u64) -> bool {
        self.streams.is_some_and(|most| streams >= most)
            || self.memory_bytes.is_some_and(|most| {
                let bytes = memory_bytes();
                bytes > most && bytes > began_with
            })
    }
}

#[cfg(test)]
mod tests {
    use super::Rebuild;

    #[test]
    fn a_vm_is_used_enough_at_its_streams_or_above_its_memory() {
        let streams = Rebuild { streams: Some(3), memory_bytes: None };
        assert_eq!([2, 3, 4].map(|n| streams.is_due(n, 0, || 1 << 30)), [false, true, true]);
        let memory = Rebuild { streams: None, memory_bytes: Some(100) };
        assert_eq!([99, 100, 101].map(|bytes| memory.is_due(1 << 30, 0, || bytes)), [false, false, true]);
        assert!(!memory.is_due(0, 101, || 101) && memory.is_due(0, 101, || 102));
        assert!(!Rebuild::default().is_due(u64::MAX, 0, || u64::MAX) && Rebuild::default().is_none());
    }
}
