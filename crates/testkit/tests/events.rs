//! What a worker does outside of streams, as an embedder sees it.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;
use tollgate_abi::AbiVersion;
use tollgate_host::dispatch;
use tollgate_host::plugin::{Plugin, PluginModule, PluginSpec, VmConfig, Worker};
use tollgate_host::services::{Clock as _, Services};
use tollgate_host::vm::VmError;
use tollgate_testkit::clock::VirtualClock;
use tollgate_testkit::log::LogRecorder;
use tollgate_testkit::native::{self, NativeGuest, NativePlugin, NativeRuntime};
use tollgate_testkit::random::CountingRandom;

const MILLISECOND: u64 = 1_000_000;

/// Ticks every millisecond, setting that anew in each tick; puts an item into a queue in each tick and is told of it;
/// is never done.
struct Busy;

impl NativePlugin for Busy {
    fn on_configure(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        let (name, len) = guest.store(b"queue");
        dispatch::proxy_register_shared_queue(guest, name, len, 16)?;
        dispatch::proxy_set_tick_period_milliseconds(guest, 1)?;
        Ok(Some(1))
    }

    fn on_tick(&mut self, guest: &mut NativeGuest, _: i32) -> Result<Option<()>, VmError> {
        guest.log("tick")?;
        dispatch::proxy_set_tick_period_milliseconds(guest, 1)?;
        dispatch::proxy_enqueue_shared_queue(guest, 1, 0, 0)?;
        Ok(Some(()))
    }

    fn on_queue_ready(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<()>, VmError> {
        guest.log("told")?;
        dispatch::proxy_enqueue_shared_queue(guest, 1, 0, 0)?;
        Ok(Some(()))
    }

    fn on_done(&mut self, guest: &mut NativeGuest, _: i32) -> Result<Option<i32>, VmError> {
        guest.log("not done")?;
        Ok(Some(0))
    }

    fn on_delete(&mut self, guest: &mut NativeGuest, _: i32) -> Result<Option<()>, VmError> {
        guest.log("deleted")?;
        Ok(Some(()))
    }
}

#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Rig {
    clock: VirtualClock,
    log: Rc<LogRecorder>,
    services: Services,
    plugin: Arc<Plugin>,
    bell: Arc<Bell>,
}

impl Rig {
    fn new() -> Self {
        let clock = VirtualClock::new();
        let log = Rc::new(LogRecorder::default());
        let services = Services::new(Rc::new(clock.clone()), Rc::new(CountingRandom::default()), log.clone());
        let runtime = NativeRuntime::new(|| Box::new(Busy));
        let module = PluginModule::compile(&runtime, native::module(AbiVersion::V0_2_1).as_bytes()).unwrap();
        let plugin = Plugin::new(module, PluginSpec::default(), VmConfig::default());
        Self { clock, log, services, plugin, bell: Arc::default() }
    }

    fn waker(&self) -> Waker {
        self.bell.clone().into()
    }

    fn active_vms(&self) -> u64 {
        self.services.shared.vm_counts()[0].active
    }
}

#[test]
fn a_poll_calls_each_timer_and_each_event_once() {
    let rig = Rig::new();
    let worker = Worker::new(rig.services.clone());
    let _plugin = worker.start(&rig.plugin).unwrap();
    let start = rig.clock.monotonic_nanos();
    assert_eq!(worker.poll(&rig.waker()), Some(start + MILLISECOND));
    assert_eq!(rig.log.take_messages(), [""; 0]);
    // Ten periods pass: one tick, which wakes for the item that it has enqueued.
    rig.clock.advance(Duration::from_millis(10));
    assert_eq!(worker.poll(&rig.waker()), Some(start + 11 * MILLISECOND));
    assert_eq!(rig.log.take_messages(), ["tick"]);
    assert!(rig.bell.0.load(Ordering::Relaxed) > 0);
    // The item that is enqueued while being told waits for the next time.
    worker.poll(&rig.waker());
    assert_eq!(rig.log.take_messages(), ["told"]);
    worker.poll(&rig.waker());
    assert_eq!(rig.log.take_messages(), ["told"]);
}

#[test]
fn who_sets_a_waker_too_late_is_woken_at_once() {
    let rig = Rig::new();
    let worker = Worker::new(rig.services.clone());
    let _plugin = worker.start(&rig.plugin).unwrap();
    worker.set_waker(&rig.waker());
    assert_eq!(rig.bell.0.load(Ordering::Relaxed), 0);
    rig.clock.advance(Duration::from_millis(1));
    worker.handle_timers();
    rig.bell.0.store(0, Ordering::Relaxed);
    worker.set_waker(&rig.waker());
    assert_eq!(rig.bell.0.load(Ordering::Relaxed), 1);
}

#[test]
fn a_plugin_that_is_not_done_is_waited_for_as_long_as_the_embedder_says() {
    let rig = Rig::new();
    let worker = Worker::new(rig.services.clone()).with_patience(Duration::from_millis(5));
    drop(worker.start(&rig.plugin).unwrap());
    assert_eq!(rig.log.take_messages(), ["not done"]);
    assert_eq!(rig.active_vms(), 1);
    rig.clock.advance(Duration::from_millis(4));
    worker.handle_timers();
    assert_eq!(rig.log.take_messages(), ["tick"]);
    rig.clock.advance(Duration::from_millis(1));
    worker.handle_timers();
    let messages = rig.log.take_messages();
    assert_eq!(messages.last().map(String::as_str), Some("deleted"), "{messages:?}");
    assert_eq!((rig.active_vms(), worker.next_timer()), (0, None));
}

#[test]
fn the_worker_takes_plugins_that_are_not_done_with_it() {
    let rig = Rig::new();
    let worker = Worker::new(rig.services.clone());
    drop(worker.start(&rig.plugin).unwrap());
    assert_eq!(rig.active_vms(), 1);
    drop(worker);
    assert_eq!(rig.active_vms(), 0);
    assert_eq!(rig.log.take_messages(), ["not done"]);
    let counts = rig.services.shared.vm_counts();
    assert_eq!((counts[0].runtime, counts[0].created), ("native", 1));
}
