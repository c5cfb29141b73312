//! What a worker does outside of streams, as an embedder sees it.

use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;
use tollgate_abi::AbiVersion;
use tollgate_host::dispatch;
use tollgate_host::plugin::{Plugin, PluginModule, PluginSpec, VmConfig, Worker};
use tollgate_host::services::{Clock as _, Services};
use tollgate_host::vm::{Limits, Quotas, VmError};
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
        let plugin = plugin(|| Box::new(Busy));
        Self { clock, log, services, plugin, bell: Arc::default() }
    }

    fn waker(&self) -> Waker {
        self.bell.clone().into()
    }

    fn active_vms(&self) -> u64 {
        self.services.shared.vm_counts()[0].active
    }
}

fn plugin(guest: impl Fn() -> Box<dyn NativePlugin> + Send + Sync + 'static) -> Arc<Plugin> {
    let runtime = NativeRuntime::new(guest);
    let module = PluginModule::compile(&runtime, native::module(AbiVersion::V0_2_1).as_bytes()).unwrap();
    Plugin::new(module, PluginSpec::default(), VmConfig::default())
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

/// Enqueues a thousand items, and logs when it is told of one.
struct Flood;

impl NativePlugin for Flood {
    fn on_configure(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        let (name, len) = guest.store(b"queue");
        dispatch::proxy_register_shared_queue(guest, name, len, 16)?;
        for _ in 0..1000 {
            dispatch::proxy_enqueue_shared_queue(guest, 1, 0, 0)?;
        }
        Ok(Some(1))
    }

    fn on_queue_ready(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<()>, VmError> {
        guest.log("told")?;
        Ok(Some(()))
    }
}

#[test]
fn a_flood_of_events_is_told_in_parts() {
    let rig = Rig::new();
    let worker = Worker::new(rig.services.clone());
    let _plugin = worker.start(&plugin(|| Box::new(Flood))).unwrap();
    let mut told = Vec::new();
    for _ in 0..5 {
        rig.bell.0.store(0, Ordering::Relaxed);
        worker.poll(&rig.waker());
        told.push((rig.log.take_messages().len(), rig.bell.0.load(Ordering::Relaxed)));
    }
    assert_eq!(told, [(256, 1), (256, 1), (256, 1), (232, 0), (0, 0)]);
}

/// Calls the foreign function `let_go` when it ticks.
struct Leaver;

impl NativePlugin for Leaver {
    fn on_configure(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        dispatch::proxy_set_tick_period_milliseconds(guest, 1)?;
        Ok(Some(1))
    }

    fn on_tick(&mut self, guest: &mut NativeGuest, _: i32) -> Result<Option<()>, VmError> {
        let (name, len) = guest.store(b"let_go");
        dispatch::proxy_call_foreign_function(guest, name, len, 0, 0, 0, 0)?;
        guest.log("ticked")?;
        Ok(Some(()))
    }

    fn on_done(&mut self, guest: &mut NativeGuest, _: i32) -> Result<Option<i32>, VmError> {
        guest.log("done")?;
        Ok(Some(1))
    }

    fn on_delete(&mut self, guest: &mut NativeGuest, _: i32) -> Result<Option<()>, VmError> {
        guest.log("deleted")?;
        Ok(Some(()))
    }
}

#[test]
fn a_handle_that_goes_in_the_middle_of_a_callback_stops_the_plugin_afterwards() {
    let mut rig = Rig::new();
    let handle = Rc::new(RefCell::new(None));
    let kept = handle.clone();
    rig.services.foreign_functions.add("let_go", move |_, _| {
        drop(kept.take());
        Ok(Bytes::new())
    });
    let worker = Worker::new(rig.services.clone());
    handle.replace(Some(worker.start(&plugin(|| Box::new(Leaver))).unwrap()));
    rig.clock.advance(Duration::from_millis(1));
    worker.poll(&rig.waker());
    assert_eq!(rig.log.take_messages(), ["ticked"]);
    assert_eq!(rig.active_vms(), 1);
    worker.poll(&rig.waker());
    assert_eq!(rig.log.take_messages(), ["done", "deleted"]);
    assert_eq!((rig.active_vms(), worker.next_timer()), (0, None));
}

thread_local! {
    /// The time of this test's thread, and how much of it a tick takes.
    static SLOW: (VirtualClock, Cell<Duration>) = (VirtualClock::new(), Cell::default());
}

/// Takes time for each tick.
struct Slow;

impl NativePlugin for Slow {
    fn on_configure(&mut self, guest: &mut NativeGuest, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        Ok(Some(i32::from(dispatch::proxy_set_tick_period_milliseconds(guest, 1)? == 0)))
    }

    fn on_tick(&mut self, guest: &mut NativeGuest, _: i32) -> Result<Option<()>, VmError> {
        // To set it anew makes it come no sooner.
        dispatch::proxy_set_tick_period_milliseconds(guest, 1)?;
        SLOW.with(|(clock, took)| clock.advance(took.get()));
        Ok(Some(()))
    }
}

/// When the timer is due, in milliseconds: first, and after a tick that takes so many.
fn ticks(timer_period: Option<Duration>, took: u64) -> (u64, u64) {
    let clock = SLOW.with(|(clock, of_tick)| {
        of_tick.set(Duration::from_millis(took));
        clock.clone()
    });
    let quotas = Quotas { timer_period, ..Quotas::default() };
    let vm = VmConfig { limits: Limits { quotas, ..Limits::default() }, ..VmConfig::default() };
    let plugin = Plugin::new(plugin(|| Box::new(Slow)).module().clone(), PluginSpec::default(), vm);
    let log = Rc::new(LogRecorder::default());
    let worker = Worker::new(Services::new(Rc::new(clock.clone()), Rc::new(CountingRandom::default()), log));
    let begun = clock.monotonic_nanos();
    let _handle = worker.start(&plugin).unwrap();
    let first = worker.next_timer().unwrap() - begun;
    clock.advance(Duration::from_nanos(first));
    worker.handle_timers();
    (first / MILLISECOND, (worker.next_timer().unwrap() - begun) / MILLISECOND)
}

#[test]
fn a_tick_is_followed_by_as_much_time_without_one() {
    assert_eq!(ticks(None, 0), (1, 2));
    assert_eq!(ticks(None, 10), (1, 21));
}

#[test]
fn a_timer_has_a_least_period() {
    assert_eq!(ticks(Some(Duration::from_millis(1)), 0), (1, 2));
    assert_eq!(ticks(Some(Duration::from_millis(20)), 0), (20, 40));
    assert_eq!(ticks(Some(Duration::from_millis(20)), 15), (20, 50));
    assert_eq!(ticks(Some(Duration::from_millis(20)), 3), (20, 40));
}
