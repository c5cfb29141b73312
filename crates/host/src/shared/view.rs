//! What one VM sees of what is shared.

use super::data::Data;
use super::queue::{Queue, Target};
use super::store::{Space as StoreSpace, Unavailable, Unstored};
use super::{Rejected, Shared, Space, lock};
use crate::state::VmId;
use crate::turn::Turn;
use crate::vm::Quotas;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a value from which on it is seen first whether it may be stored, and copied then.
const LARGE: usize = 64 << 10;

/// What one VM sees of what is shared; keeps the space of its `vm_id` alive.
#[derive(Debug)]
pub(crate) struct SharedView {
    shared: Arc<Shared>,
    vm_id: Box<str>,
    data: Arc<Data>,
    pub(super) vm: VmId,
    quotas: Quotas,
    /// Queues that the VM has registered, so that they forget it when it goes.
    registered: BTreeMap<u32, Arc<Queue>>,
}

impl SharedView {
    /// The view of a VM with this `vm_id`.
    pub(crate) fn new(shared: &Arc<Shared>, vm_id: &str, vm: VmId, quotas: Quotas) -> Self {
        let data = {
            let mut spaces = lock(&shared.spaces);
            let space = spaces.entry(vm_id.into()).or_default();
            space.vms += 1;
            space.data.clone()
        };
        Self { shared: shared.clone(), vm_id: vm_id.into(), data, vm, quotas, registered: BTreeMap::new() }
    }

    // Values.

    /// A value and its number. `turn` is the callback that waits, if anybody has to.
    pub(crate) fn value(&self, key: &[u8], turn: &Turn) -> Result<Option<(Bytes, u32)>, Unavailable> {
        match &self.shared.store {
            None => Ok(self.data.value(key)),
            Some(store) => turn.wait(|waited| store.value(self.space(), key, waited)),
        }
    }

    /// Stores a value. `cas` is the number that the value must still have, 0 for whatever; a key without a value takes
    /// any.
    pub(crate) fn store(&self, key: &[u8], value: &[u8], cas: u32, turn: &Turn) -> Result<(), Rejected> {
        let Some(store) = &self.shared.store else {
            let most = self.quotas.shared_data_bytes;
            if value.len() > LARGE {
                self.data.check(key, value, cas, most)?;
            }
            let value = Bytes::copy_from_slice(value);
            return self.data.store(key, value, cas, most, || self.shared.next_cas());
        };
        let stored = turn.wait(|waited: &mut Duration| store.store(self.space(), key, value, cas, waited));
        stored.map_err(|why| match why {
            Unstored::CasMismatch => Rejected::CasMismatch,
            Unstored::Full => Rejected::Full,
            Unstored::Unavailable => Rejected::Unavailable,
        })
    }

    fn space(&self) -> StoreSpace<'_> {
        StoreSpace { vm_id: &self.vm_id, most_bytes: self.quotas.shared_data_bytes }
    }

    // Queues.

    /// Makes a queue, or takes over the one of this name: `target` is told of its items from now on.
    /// `None` if there are as many queues as may be, and none of this name, or if that is too long for one.
    pub(crate) fn register(&mut self, name: &[u8], target: Target) -> Option<u32> {
        if name.len() as u64 > Quotas::NAME {
            return None;
        }
        let (id, queue) = {
            let mut spaces = lock(&self.shared.spaces);
            // The view keeps its space alive, so that it is there.
            let space = spaces.entry(self.vm_id.clone()).or_default();
            let known = space.queues.get(name).and_then(|id| Some((*id, self.shared.queue(*id)?)));
            match known {
                Some(known) => known,
                None if space.queues.len() >= self.quotas.queues as usize => return None,
                None => {
                    let (id, queue) = self.shared.add_queue();
                    space.queues.insert(name.into(), id);
                    (id, queue)
                }
            }
        };
        queue.tell(target);
        self.registered.insert(id, queue);
        Some(id)
    }

    /// Id of a queue in the space of `vm_id`; an empty one means the VM's own.
    pub(crate) fn resolve(&self, vm_id: &[u8], name: &[u8]) -> Option<u32> {
        let vm_id = std::str::from_utf8(vm_id).ok()?;
        let vm_id = if vm_id.is_empty() { &self.vm_id } else { vm_id };
        lock(&self.shared.spaces).get(vm_id)?.queues.get(name).copied()
    }

    /// Appends an item.
    pub(crate) fn enqueue(&self, id: u32, item: &[u8]) -> Result<(), Rejected> {
        let queue = self.shared.queue(id).ok_or(Rejected::NotFound)?;
        let most = self.quotas.queue_bytes;
        if Quotas::entry(&[item]) > most {
            return Err(Rejected::Full);
        }
        queue.push(id, Bytes::copy_from_slice(item), most)
    }

    /// Takes the oldest item: `None` if there is no such queue, `Some(None)` if it is empty.
    pub(crate) fn dequeue(&self, id: u32) -> Option<Option<Bytes>> {
        Some(self.shared.queue(id)?.pop())
    }

    /// Gives an item back that could not be delivered.
    pub(crate) fn give_back(&self, id: u32, item: Bytes) {
        if let Some(queue) = self.shared.queue(id) {
            queue.give_back(item);
        }
    }

    /// Removes a queue with its items, whoever registered it. False if there is no such queue.
    pub(crate) fn remove_queue(&self, id: u32) -> bool {
        let mut spaces = lock(&self.shared.spaces);
        spaces.values_mut().for_each(|space| space.queues.retain(|_, known| *known != id));
        let removed = self.shared.remove_queue(id);
        drop(spaces);
        removed.is_some()
    }

    /// The VM has failed: it is told of nothing any more.
    pub(crate) fn unregister(&mut self) {
        for queue in std::mem::take(&mut self.registered).into_values() {
            queue.forget(self.vm);
        }
    }
}

impl Drop for SharedView {
    fn drop(&mut self) {
        self.unregister();
        let gone = {
            let mut spaces = lock(&self.shared.spaces);
            match spaces.get_mut(&self.vm_id) {
                Some(space) if space.vms > 1 => {
                    space.vms -= 1;
                    None
                }
                _ => spaces.remove(&self.vm_id),
            }
        };
        // Values and items are freed without the lock.
        if let Some(Space { queues, .. }) = gone {
            queues.into_values().for_each(|id| drop(self.shared.remove_queue(id)));
        }
    }
}
