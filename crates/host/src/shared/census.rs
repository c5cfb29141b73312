//! How many VMs there are.

use super::lock;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Numbers of VMs that a runtime has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmCounts {
    /// Name of the runtime.
    pub runtime: &'static str,
    /// How many there have been.
    pub created: u64,
    /// How many there are.
    pub active: u64,
}

#[derive(Debug, Default)]
struct Counts {
    created: AtomicU64,
    active: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct Census(Mutex<BTreeMap<&'static str, Arc<Counts>>>);

/// A VM that counts until this is dropped.
#[derive(Debug)]
pub(crate) struct CountedVm(Arc<Counts>);

impl Census {
    pub(super) fn count(&self, runtime: &'static str) -> CountedVm {
        let counts = lock(&self.0).entry(runtime).or_default().clone();
        counts.created.fetch_add(1, Ordering::Relaxed);
        counts.active.fetch_add(1, Ordering::Relaxed);
        CountedVm(counts)
    }

    pub(super) fn counts(&self) -> Vec<VmCounts> {
        let counts = lock(&self.0);
        let read = |(runtime, counts): (&&'static str, &Arc<Counts>)| VmCounts {
            runtime,
            created: counts.created.load(Ordering::Relaxed),
            active: counts.active.load(Ordering::Relaxed),
        };
        counts.iter().map(read).collect()
    }
}

impl Drop for CountedVm {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
