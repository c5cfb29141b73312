//! A plugin that meets its deadline again and again, as an embedder sees it.

use bytes::Bytes;
use std::rc::Rc;
use std::time::Duration;
use tollgate_abi::AbiVersion;
use tollgate_host::plugin::{FailurePolicy, Plugin, PluginModule, PluginSpec, VmConfig, Worker};
use tollgate_host::services::Services;
use tollgate_host::vm::{Limits, TrapKind, VmError};
use tollgate_testkit::clock::VirtualClock;
use tollgate_testkit::log::LogRecorder;
use tollgate_testkit::native::{self, NativeGuest, NativePlugin, NativeRuntime};
use tollgate_testkit::random::CountingRandom;

/// Is interrupted whenever it is told of statistics.
struct Stuck;

impl NativePlugin for Stuck {
    fn envoy_on_stats_update(&mut self, _: &mut NativeGuest, _: i32, _: i32) -> Result<Option<()>, VmError> {
        Err(VmError::trap(TrapKind::Interrupted, "late"))
    }
}

#[test]
fn a_plugin_that_is_stuck_again_and_again_is_left_alone() {
    let clock = VirtualClock::new();
    let log = Rc::new(LogRecorder::default());
    let services = Services::new(Rc::new(clock.clone()), Rc::new(CountingRandom::default()), log.clone());
    let runtime = NativeRuntime::new(|| Box::new(Stuck));
    let module = PluginModule::compile(&runtime, native::module(AbiVersion::V0_2_1).as_bytes()).unwrap();
    let base_interval = Duration::from_secs(1);
    let spec = PluginSpec { failure_policy: FailurePolicy::Reload { base_interval }, ..PluginSpec::default() };
    let limits = Limits { strikes: 3, ..Limits::default() };
    let plugin = Plugin::new(module, spec, VmConfig { limits, ..VmConfig::default() });
    let handle = Worker::new(services).start(&plugin).unwrap();

    let failed = "Function: envoy_on_stats_update failed: interrupted by the host: it ran for more than 100ms \
                  (limit callback_deadline)\n  memory: 256 bytes";
    let mut told = Vec::new();
    // Half a second at a time: the plugin is called at once, after two seconds more, after four, and then no more.
    for half in 0..200 {
        handle.handle_stats_update(Bytes::from_static(b"statistics"));
        told.extend(log.take_messages().into_iter().map(|message| (half, message)));
        clock.advance(Duration::from_millis(500));
    }
    let quarantined = "3 calls in a row met their deadlines: the plugin is not started again";
    let expected = [(0, failed), (5, failed), (14, failed), (15, quarantined)];
    assert_eq!(told.iter().map(|(half, message)| (*half, &**message)).collect::<Vec<_>>(), expected);
    assert_eq!(handle.interrupted(), 3);
    assert!(handle.has_failed());
}
