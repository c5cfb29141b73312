//! The plugins of one thread.

use super::handle::PluginHandle;
use super::start::{StartError, StartErrorKind};
use super::vm::Vm;
use super::{Agenda, Isolation, NodeInfo, Plugin, VmConfig};
use crate::services::Services;
use crate::state::{Mentioned, VmId};
use crate::trace::{Observer, SharedObserver};
use crate::vm::Entry;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

/// What makes two plugins share a VM: the same compiled module and the same VM configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct VmKey {
    module: usize,
    config: Arc<VmConfig>,
}

/// The plugins of one thread, and the VMs that they share.
#[derive(Clone, Debug)]
pub struct Worker {
    inner: Rc<Inner>,
}

struct Inner {
    services: Services,
    node: Rc<NodeInfo>,
    observer: Option<SharedObserver>,
    vms: RefCell<Vms<VmKey>>,
    /// Every VM that lives, for events that know it by number.
    by_id: RefCell<Vms<VmId>>,
    agenda: Rc<Agenda>,
    /// How long a plugin that is not done is waited for, in nanoseconds.
    patience: u64,
}

impl Worker {
    /// A worker without plugins.
    pub fn new(services: Services) -> Self {
        Self::with(services, None)
    }

    /// A worker whose VMs show every crossing between host and guest to `observer`.
    pub fn observed(services: Services, observer: Rc<dyn Observer>) -> Self {
        Self::with(services, Some(observer))
    }

    fn with(services: Services, observer: Option<SharedObserver>) -> Self {
        Self {
            inner: Rc::new(Inner {
                services,
                node: Rc::default(),
                observer,
                vms: RefCell::default(),
                by_id: RefCell::default(),
                agenda: Rc::default(),
                patience: nanos(PATIENCE),
            }),
        }
    }

    /// The same worker, of this node. To be called before anything is started.
    #[must_use]
    pub fn with_node(mut self, node: NodeInfo) -> Self {
        if let Some(inner) = Rc::get_mut(&mut self.inner) {
            inner.node = Rc::new(node);
        }
        self
    }

    /// The same worker, with another time for plugins whose `proxy_on_done` has returned false. Their ticks and events
    /// go on until they call `proxy_done`, or this has passed, or the worker goes. One minute unless said otherwise. To
    /// be called before anything is started.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        if let Some(inner) = Rc::get_mut(&mut self.inner) {
            inner.patience = nanos(patience);
        }
        self
    }

    /// What the embedder provides.
    pub fn services(&self) -> &Services {
        &self.inner.services
    }

    /// Starts a plugin: makes a VM or finds the one it shares, creates its context, starts and configures it.
    ///
    /// # Errors
    ///
    /// A [`StartError`] if it refuses or traps on the way.
    pub fn start(&self, plugin: &Arc<Plugin>) -> Result<PluginHandle, StartError> {
        PluginHandle::start(self.clone(), plugin.clone())
    }

    /// The VM for a plugin. `entry` is how long the functions that start it may take; `mentioned` is what has been of its
    /// VMs of streams.
    pub(super) fn vm(&self, plugin: &Plugin, entry: Entry, mentioned: &Mentioned) -> Result<Rc<Vm>, StartError> {
        // The handles that use a module keep it alive, so that its address stays its own.
        let key = VmKey { module: Arc::as_ptr(&plugin.module) as usize, config: plugin.vm.clone() };
        let key = Some(key).filter(|_| plugin.spec.isolation == Isolation::Shared);
        if let Some(key) = &key
            && let Some(vm) = self.inner.vms.borrow().get(key)
            && !vm.has_failed()
            && !vm.is_worn()
        {
            return Ok(vm);
        }
        let Inner { services, node, observer, agenda, .. } = &*self.inner;
        let vm = Vm::start(plugin, services, node, observer.clone(), agenda, entry)
            .map_err(|(function, error)| StartError::new(&plugin.spec, StartErrorKind::Failed { function, error }))?;
        if plugin.spec.isolation == Isolation::Stream {
            vm.with_state(|state| state.mentioned = mentioned.clone());
        }
        if let Some(key) = key {
            self.inner.vms.borrow_mut().insert(key, &vm);
        }
        self.inner.by_id.borrow_mut().insert(vm.id, &vm);
        Ok(vm)
    }

    /// The VM of a number, while it lives and has not failed.
    pub(crate) fn vm_by_id(&self, id: VmId) -> Option<Rc<Vm>> {
        self.inner.by_id.borrow().get(&id).filter(|vm| !vm.has_failed())
    }

    pub(super) fn agenda(&self) -> &Agenda {
        &self.inner.agenda
    }

    /// Keeps the VM of a plugin that is not done.
    pub(super) fn linger(&self, vm: &Rc<Vm>, context_id: u32) {
        let now = self.inner.services.clock.monotonic_nanos();
        self.inner.agenda.linger(now, self.inner.patience, vm, context_id);
    }

    /// Stops a plugin whose VM runs, as soon as it does not.
    pub(super) fn stop_later(&self, vm: &Rc<Vm>, context_id: u32) {
        let now = self.inner.services.clock.monotonic_nanos();
        self.inner.agenda.stop_later(now, vm, context_id);
    }
}

/// VMs, as long as they live.
#[derive(Debug)]
struct Vms<K> {
    map: HashMap<K, Weak<Vm>>,
    /// Number of entries at which those of VMs that have gone are removed.
    full: usize,
}

impl<K> Default for Vms<K> {
    fn default() -> Self {
        Self { map: HashMap::new(), full: Self::LEAST }
    }
}

impl<K> Vms<K> {
    /// Entries that are not worth looking through.
    const LEAST: usize = 16;
}

impl<K: Eq + Hash> Vms<K> {
    fn get(&self, key: &K) -> Option<Rc<Vm>> {
        self.map.get(key).and_then(Weak::upgrade)
    }

    /// Looking through all entries each time would make the start of many plugins take the square of their number.
    fn insert(&mut self, key: K, vm: &Rc<Vm>) {
        if self.map.len() >= self.full {
            self.map.retain(|_, vm| vm.strong_count() > 0);
            self.full = self.map.len() * 2 + Self::LEAST;
        }
        self.map.insert(key, Rc::downgrade(vm));
    }
}

/// How long a plugin that is not done is waited for, unless the embedder says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.agenda.close();
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("services", &self.services).field("vms", &self.vms).finish_non_exhaustive()
    }
}
