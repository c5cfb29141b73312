//! What VMs of all threads share: values and queues, in one space per `vm_id`.
//!
//! An embedder has one [`Shared`] for all its threads and puts it into the [`Services`](crate::services::Services) of
//! each. A space exists while a VM with its `vm_id` does; with the last one go its values and its queues.
//!
//! Guests reach all of this through a VM's `SharedView`, and nothing else does: limits are behind it, and a [`Store`]
//! outside the process for values. No lock is held while a guest runs or while bytes are copied for one.

mod census;
mod data;
mod mailbox;
mod queue;
mod store;
mod view;

pub(crate) use census::CountedVm;
pub use census::VmCounts;
pub(crate) use mailbox::Mailbox;
pub(crate) use queue::Target;
pub use store::{Space as StoreSpace, Store, Unavailable, Unstored};
pub(crate) use view::SharedView;

use census::Census;
use data::Data;
use queue::Queue;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Why a value or an item was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The value has been stored anew since the guest looked.
    CasMismatch,
    /// There would be more than there may be.
    Full,
    /// There is no such queue.
    NotFound,
    /// What keeps the values cannot be asked.
    Unavailable,
}

/// What VMs of all threads share.
#[derive(Debug)]
pub struct Shared {
    /// By `vm_id`.
    spaces: Mutex<HashMap<Box<str>, Space>>,
    queues: RwLock<HashMap<u32, Arc<Queue>>>,
    next_queue: AtomicU32,
    /// Number of the next value that is stored, in whatever space.
    next_cas: AtomicU32,
    census: Census,
    /// What keeps the values, if this process does not.
    store: Option<Arc<dyn Store>>,
}

/// What the VMs with one `vm_id` share.
#[derive(Debug, Default)]
struct Space {
    /// How many VMs there are.
    vms: usize,
    data: Arc<Data>,
    /// Ids of queues, by name.
    queues: HashMap<Box<[u8]>, u32>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            spaces: Mutex::default(),
            queues: RwLock::default(),
            next_queue: AtomicU32::new(1),
            next_cas: AtomicU32::new(1),
            census: Census::default(),
            store: None,
        }
    }
}

impl Shared {
    /// As the default, with the values kept elsewhere. Queues are this process's all the same, and so is the number of VMs: with the
    /// last one of a `vm_id` its values do not go.
    pub fn with_store(store: Arc<dyn Store>) -> Self {
        Self { store: Some(store), ..Self::default() }
    }

    /// Numbers about what keeps the values; none if this process does.
    pub fn store_numbers(&self) -> Vec<(&'static str, u64)> {
        self.store.as_ref().map(|store| store.numbers()).unwrap_or_default()
    }

    /// How many VMs there are and have been, per runtime, in the order of the runtimes' names.
    pub fn vm_counts(&self) -> Vec<VmCounts> {
        self.census.counts()
    }

    /// A VM of a runtime, counted until the result is dropped.
    pub(crate) fn count_vm(&self, runtime: &'static str) -> CountedVm {
        self.census.count(runtime)
    }

    /// The next number of a value; never 0, which stands for "whatever it is" in calls of guests.
    fn next_cas(&self) -> u32 {
        next_of(&self.next_cas)
    }

    fn queue(&self, id: u32) -> Option<Arc<Queue>> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Makes a queue with an id that no other has.
    fn add_queue(&self) -> (u32, Arc<Queue>) {
        let queue = Arc::new(Queue::default());
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        loop {
            let id = next_of(&self.next_queue);
            if let std::collections::hash_map::Entry::Vacant(free) = queues.entry(id) {
                free.insert(queue.clone());
                return (id, queue);
            }
        }
    }

    fn remove_queue(&self, id: u32) -> Option<Arc<Queue>> {
        self.queues.write().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }
}

/// The next number of a counter that skips 0.
fn next_of(counter: &AtomicU32) -> u32 {
    loop {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        if number != 0 {
            return number;
        }
    }
}

/// Locks. A thread that panicked meanwhile has left nothing half done: what is locked is changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
