//! Who shares a VM with whom, and for how long, as an embedder sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tollgate_abi::{AbiVersion, MetricType};
use tollgate_host::dispatch;
use tollgate_host::metrics::Metric;
use tollgate_host::plugin::{
    AllowLists, FailurePolicy, Isolation, NameList, Plugin, PluginHandle, PluginModule, PluginSpec, Rebuild, VmConfig,
};
use tollgate_host::stream::{FilterChain, NoRoutes, StreamInfo};
use tollgate_host::vm::{HostFault, Limits, Quotas, TrapKind, VmError};
use tollgate_testkit::native::{self, NativeGuest, NativePlugin, NativeRuntime};
use tollgate_testkit::rig::{Conversation, Event, Rig, Side, fields};

type Answer = Result<Option<i32>, VmError>;

/// Says what it is told with its number, and that it is the nth instance. Paths: `/trap`, `/stuck`, `/grow`.
struct Numbered {
    instance: u32,
    requests: u32,
    /// Numbers of the instances that refuse their configuration.
    refuses: std::ops::Range<u32>,
}

impl Numbered {
    fn say(&self, guest: &mut NativeGuest, what: &str) -> Result<(), VmError> {
        guest.log(&format!("{}: {what}", self.instance))
    }
}

impl NativePlugin for Numbered {
    fn on_configure(&mut self, guest: &mut NativeGuest, id: i32, _: i32) -> Answer {
        self.say(guest, &format!("configure {id}"))?;
        Ok(Some(i32::from(!self.refuses.contains(&self.instance))))
    }

    fn on_request_headers(&mut self, guest: &mut NativeGuest, id: i32, _: i32, _: i32) -> Answer {
        self.requests += 1;
        self.say(guest, &format!("request {} of context {id}", self.requests))?;
        // A metric, and a shared value that counts all requests.
        let (name, len) = guest.store(b"requests");
        dispatch::proxy_define_metric(guest, MetricType::Counter.as_i32(), name, len, 64)?;
        let metric = guest.load_u32(64) as i32;
        dispatch::proxy_increment_metric(guest, metric, 1)?;
        let count = guest.read(|g, data, size| dispatch::proxy_get_shared_data(g, name, len, data, size, 68))?;
        let count = count.ok().and_then(|bytes| bytes.first().copied()).unwrap_or(0) + 1;
        let (value, size) = guest.store(&[count]);
        dispatch::proxy_set_shared_data(guest, name, len, value, size, 0)?;
        self.say(guest, &format!("{count} in all"))?;
        let (key, key_len) = guest.store(b":path");
        let path = guest.read(|g, data, size| dispatch::proxy_get_header_map_value(g, 0, key, key_len, data, size))?;
        match path.unwrap_or_default().as_slice() {
            b"/trap" => Err(VmError::host(HostFault::Abort)),
            b"/stuck" => Err(VmError::trap(TrapKind::Interrupted, "late")),
            b"/grow" => {
                guest.store(&[0; 1 << 20]);
                Ok(Some(0))
            }
            _ => Ok(Some(0)),
        }
    }

    fn on_done(&mut self, guest: &mut NativeGuest, id: i32) -> Answer {
        self.say(guest, &format!("done {id}"))?;
        // Of a plugin, this means that it is not.
        Ok(Some(i32::from(id != 1 || self.refuses.end != 77)))
    }

    fn on_log(&mut self, guest: &mut NativeGuest, id: i32) -> Result<Option<()>, VmError> {
        self.say(guest, &format!("log {id}")).map(Some)
    }

    fn on_delete(&mut self, guest: &mut NativeGuest, id: i32) -> Result<Option<()>, VmError> {
        self.say(guest, &format!("delete {id}")).map(Some)
    }
}

fn module(refuses: std::ops::Range<u32>) -> Arc<PluginModule> {
    let count = Arc::new(AtomicU32::new(0));
    let runtime = NativeRuntime::new(move || {
        let instance = count.fetch_add(1, Ordering::Relaxed);
        Box::new(Numbered { instance, requests: 0, refuses: refuses.clone() })
    });
    PluginModule::compile(&runtime, native::module(AbiVersion::V0_2_1).as_bytes()).unwrap()
}

fn spec(isolation: Isolation) -> PluginSpec {
    PluginSpec { name: "numbered".to_owned(), isolation, ..PluginSpec::default() }
}

fn rig(isolation: Isolation, vm: VmConfig) -> (Rig, PluginHandle) {
    rig_of(module(0..0), isolation, vm)
}

fn rig_of(module: Arc<PluginModule>, isolation: Isolation, vm: VmConfig) -> (Rig, PluginHandle) {
    let rig = Rig::with(&Plugin::new(module, spec(isolation), vm), 1 << 20);
    let handle = rig.chain.plugins()[0].clone();
    (rig, handle)
}

fn quotas(quotas: Quotas) -> VmConfig {
    VmConfig { limits: Limits { quotas, ..Limits::default() }, ..VmConfig::default() }
}

fn begin(rig: &Rig, path: &str) -> Conversation {
    let mut stream = rig.open();
    stream.headers(Side::Client, fields(&[(":method", "GET"), (":path", path)]), true);
    stream
}

/// The status that the client gets; `None` if the request has gone to the upstream.
fn status(stream: &mut Conversation) -> Option<String> {
    stream.events().into_iter().find_map(|event| match event {
        Event::ResponseHeaders { headers, .. } => {
            headers.value(b":status").map(|status| String::from_utf8_lossy(status).into_owned())
        }
        _ => None,
    })
}

#[test]
fn each_stream_has_an_instance_that_goes_with_it_and_what_is_shared_stays() {
    let (rig, handle) = rig(Isolation::Stream, VmConfig::default());
    // One is started to see whether the plugin starts at all.
    assert_eq!(rig.log.take_messages(), ["0: configure 1", "0: done 1", "0: delete 1"]);
    assert_eq!((handle.vm_count(), handle.memory_size(), handle.stream_count()), (0, 0, 0));

    let one = begin(&rig, "/");
    let two = begin(&rig, "/");
    assert_eq!((handle.vm_count(), handle.stream_count(), handle.memory_size() > 0), (2, 2, true));
    assert_eq!(
        rig.log.take_messages(),
        [
            "1: configure 1",
            "1: request 1 of context 2",
            "1: 1 in all",
            "2: configure 1",
            "2: request 1 of context 2",
            "2: 2 in all",
        ]
    );
    drop(one);
    assert_eq!(rig.log.take_messages(), ["1: log 2", "1: done 2", "1: delete 2", "1: done 1", "1: delete 1"]);
    drop(two);
    rig.log.take_messages();
    assert_eq!((handle.vm_count(), handle.stream_count()), (0, 0));
    drop(begin(&rig, "/"));
    assert_eq!(rig.log.take_messages()[2], "3: 3 in all");
    let metrics = rig.worker.services().metrics.all();
    assert!(matches!(&metrics[..], [(_, Metric::Counter(counter))] if counter.value() == 3), "{metrics:?}");
}

/// Makes a metric of a new name in each stream, and another.
struct Inventive(u32);

impl NativePlugin for Inventive {
    fn on_request_headers(&mut self, guest: &mut NativeGuest, _: i32, _: i32, _: i32) -> Answer {
        for name in ["same".to_owned(), format!("metric {}", self.0)] {
            let (at, len) = guest.store(name.as_bytes());
            let status = dispatch::proxy_define_metric(guest, MetricType::Counter.as_i32(), at, len, 64)?;
            guest.log(&format!("{name}: {status}"))?;
        }
        Ok(Some(0))
    }
}

#[test]
fn instances_make_as_many_metrics_together_as_one_vm_may() {
    let count = AtomicU32::new(0);
    let runtime = NativeRuntime::new(move || Box::new(Inventive(count.fetch_add(1, Ordering::Relaxed))));
    let module = PluginModule::compile(&runtime, native::module(AbiVersion::V0_2_1).as_bytes()).unwrap();
    let (rig, handle) = rig_of(module, Isolation::Stream, quotas(Quotas { metrics: 3, ..Quotas::default() }));
    for _ in 0..4 {
        drop(begin(&rig, "/"));
    }
    let expected =
        ["same: 0", "metric 1: 0", "same: 0", "metric 2: 0", "same: 0", "metric 3: 10", "same: 0", "metric 4: 10"];
    assert_eq!(rig.log.take_messages(), expected);
    assert_eq!((handle.refused(), rig.worker.services().metrics.all().len()), (2, 3));
}

#[test]
fn a_failure_is_that_stream_s_and_no_other_s() {
    let (rig, handle) = rig(Isolation::Stream, VmConfig::default());
    let mut other = begin(&rig, "/");
    let mut failed = begin(&rig, "/trap");
    assert_eq!((status(&mut failed).as_deref(), status(&mut other)), (Some("503"), None));
    assert!(!handle.has_failed());
    other.headers(Side::Upstream, fields(&[(":status", "204")]), true);
    assert_eq!(status(&mut other).as_deref(), Some("204"));
    assert_eq!(status(&mut begin(&rig, "/")), None);
}

#[test]
fn who_is_stuck_in_stream_after_stream_is_not_started_again() {
    let limits = Limits { strikes: 3, ..Limits::default() };
    let (rig, handle) = rig(Isolation::Stream, VmConfig { limits, ..VmConfig::default() });
    for path in ["/stuck", "/stuck", "/", "/stuck", "/stuck", "/stuck"] {
        assert_eq!(status(&mut begin(&rig, path)).is_some(), path == "/stuck");
        assert!(!handle.has_failed());
    }
    rig.log.take_messages();
    for _ in 0..2 {
        assert_eq!(status(&mut begin(&rig, "/")).as_deref(), Some("503"));
    }
    assert_eq!(rig.log.take_messages(), ["3 calls in a row met their deadlines: the plugin is not started again"]);
    assert!(handle.has_failed());
    assert_eq!(handle.interrupted(), 5);
}

#[test]
fn an_instance_that_is_not_done_is_not_waited_for() {
    let (rig, handle) = rig_of(module(77..77), Isolation::Stream, VmConfig::default());
    drop(begin(&rig, "/"));
    assert_eq!(rig.log.take_messages().last().unwrap(), "1: delete 1");
    assert_eq!((handle.vm_count(), rig.worker.next_timer()), (0, None));
}

#[test]
fn an_instance_that_does_not_start_fails_its_stream() {
    let (rig, handle) = rig_of(module(2..3), Isolation::Stream, VmConfig::default());
    let mut streams: Vec<_> = (0..3).map(|_| begin(&rig, "/")).collect();
    let answers: Vec<_> = streams.iter_mut().map(status).collect();
    assert_eq!(answers, [None, Some("503".to_owned()), None]);
    let said = rig.log.take_messages();
    let why = "the plugin could not be started for a stream: plugin \"numbered\" refused its configuration (configure \
               returned false)";
    assert_eq!(said.iter().filter(|line| *line == why).count(), 1, "{said:?}");
    assert!(!handle.has_failed());
}

#[test]
fn a_connection_has_an_instance_too() {
    let (rig, handle) = rig(Isolation::Stream, VmConfig::default());
    rig.log.take_messages();
    let mut connection = rig.open_tcp();
    connection.accept();
    assert_eq!((handle.vm_count(), rig.log.take_messages()), (1, vec!["1: configure 1".to_owned()]));
    drop(connection);
    assert_eq!(handle.vm_count(), 0);
}

#[test]
fn instances_are_bounded() {
    let (rig, handle) = rig(Isolation::Stream, quotas(Quotas { instances: 2, ..Quotas::default() }));
    let mut streams: Vec<_> = (0..4).map(|_| begin(&rig, "/")).collect();
    let refused: Vec<_> = streams.iter_mut().map(|stream| status(stream).is_some()).collect();
    assert_eq!(refused, [false, false, true, true]);
    assert_eq!((handle.refused(), handle.vm_count()), (2, 2));
    let said = "the plugin is in 2 VMs on this worker, and gets no more (limit instances)";
    assert_eq!(rig.log.take_messages().iter().filter(|line| *line == said).count(), 1);
    drop(streams);
    assert_eq!(status(&mut begin(&rig, "/")), None);
}

#[test]
fn contexts_are_bounded_and_the_vm_goes_on() {
    for (policy, refused) in [(FailurePolicy::Closed, Some("503".to_owned())), (FailurePolicy::Open, None)] {
        let spec = PluginSpec { failure_policy: policy, ..spec(Isolation::Shared) };
        let plugin = Plugin::new(module(0..0), spec, quotas(Quotas { contexts: 2, ..Quotas::default() }));
        let rig = Rig::with(&plugin, 1 << 20);
        let handle = rig.chain.plugins()[0].clone();
        let mut streams: Vec<_> = (0..4).map(|_| begin(&rig, "/")).collect();
        let answers: Vec<_> = streams.iter_mut().map(status).collect();
        assert_eq!(answers, [None, None, refused.clone(), refused]);
        assert_eq!((handle.refused(), handle.stream_count(), handle.has_failed()), (2, 2, false));
        let said = rig.log.take_messages();
        assert_eq!(said.iter().filter(|line| line.contains("limit contexts")).count(), 1, "{said:?}");
        drop(streams);
        drop(begin(&rig, "/"));
        assert!(rig.log.take_messages().contains(&"0: request 3 of context 4".to_owned()));
    }
}

#[test]
fn plugins_share_a_vm_unless_one_wants_its_own() {
    for (isolation, configured) in [
        (Isolation::Shared, ["0: configure 1", "0: configure 2"]),
        (Isolation::Plugin, ["0: configure 1", "1: configure 1"]),
    ] {
        let module = module(0..0);
        let (rig, _one) = rig_of(module.clone(), Isolation::Shared, VmConfig::default());
        let other = Plugin::new(module, spec(isolation), VmConfig::default());
        let _two = rig.worker.start(&other).unwrap();
        assert_eq!(rig.log.take_messages(), configured);
    }
    // Nor does anybody find the VM of one that wants its own.
    let module = module(0..0);
    let (rig, _one) = rig_of(module.clone(), Isolation::Plugin, VmConfig::default());
    let _two = rig.worker.start(&Plugin::new(module, spec(Isolation::Shared), VmConfig::default())).unwrap();
    assert_eq!(rig.log.take_messages(), ["0: configure 1", "1: configure 1"]);
}

#[test]
fn plugins_that_may_name_other_things_share_no_vm() {
    let allow = |names: &[&str]| AllowLists { clusters: Some(NameList::exact(names)), ..AllowLists::default() };
    for (lists, is_shared) in [(allow(&["one"]), true), (allow(&["two"]), false), (AllowLists::default(), false)] {
        let module = module(0..0);
        let vm = |allow| VmConfig { allow, ..VmConfig::default() };
        let (rig, _one) = rig_of(module.clone(), Isolation::Shared, vm(allow(&["one"])));
        let _two = rig.worker.start(&Plugin::new(module, spec(Isolation::Shared), vm(lists))).unwrap();
        assert_eq!(rig.log.take_messages()[1] == "0: configure 2", is_shared);
    }
}

fn rebuild(streams: Option<u64>, memory_bytes: Option<u64>) -> VmConfig {
    VmConfig { rebuild: Rebuild { streams, memory_bytes }, ..VmConfig::default() }
}

#[test]
fn a_vm_is_rebuilt_after_its_streams_and_the_old_one_goes_with_the_last_of_them() {
    let (rig, handle) = rig(Isolation::Shared, rebuild(Some(2), None));
    let first = begin(&rig, "/");
    drop(begin(&rig, "/"));
    assert_eq!((handle.rebuilt(), handle.vm_count()), (0, 1));
    rig.log.take_messages();
    let third = begin(&rig, "/");
    assert_eq!((handle.rebuilt(), handle.vm_count(), handle.stream_count()), (1, 2, 2));
    assert_eq!(rig.log.take_messages(), ["1: configure 1", "1: request 1 of context 2", "1: 3 in all"]);
    drop(first);
    assert_eq!(rig.log.take_messages(), ["0: log 2", "0: done 2", "0: delete 2", "0: done 1", "0: delete 1"]);
    assert_eq!((handle.vm_count(), handle.stream_count()), (1, 1));
    drop(third);
    for _ in 0..3 {
        drop(begin(&rig, "/"));
    }
    assert_eq!((handle.rebuilt(), handle.vm_count(), handle.rebuild_failed()), (2, 1, 0));
}

#[test]
fn a_vm_is_rebuilt_when_it_has_grown() {
    let (rig, handle) = rig(Isolation::Shared, rebuild(None, Some(1 << 20)));
    for _ in 0..3 {
        drop(begin(&rig, "/"));
    }
    assert_eq!(handle.rebuilt(), 0);
    drop(begin(&rig, "/grow"));
    let grown = handle.memory_size();
    drop(begin(&rig, "/"));
    assert_eq!(handle.rebuilt(), 1);
    assert!(handle.memory_size() < 1 << 20 && grown > 1 << 20);
    drop(begin(&rig, "/"));
    assert_eq!(handle.rebuilt(), 1);
}

#[test]
fn a_vm_that_cannot_be_rebuilt_goes_on_and_is_tried_again_later() {
    let (rig, handle) = rig_of(module(1..3), Isolation::Shared, rebuild(Some(1), None));
    let requests = |wait: u64, expected: (u64, u64)| {
        rig.clock.advance(Duration::from_millis(wait));
        for _ in 0..3 {
            assert_eq!(status(&mut begin(&rig, "/")), None);
        }
        assert_eq!((handle.rebuilt(), handle.rebuild_failed()), expected);
    };
    requests(0, (0, 1));
    requests(999, (0, 1));
    requests(1, (0, 2));
    requests(1999, (0, 2));
    requests(1, (3, 2));
    let said = rig.log.take_messages();
    let why =
        |line: &&String| line.starts_with("the plugin's VM could not be rebuilt, and goes on: plugin \"numbered\"");
    assert_eq!(said.iter().filter(why).count(), 2, "{said:?}");
}

#[test]
fn plugins_that_share_a_vm_leave_it_for_the_same_new_one() {
    let module = module(0..0);
    let (rig, one) = rig_of(module.clone(), Isolation::Shared, rebuild(Some(1), None));
    let other = PluginSpec { name: "other".to_owned(), ..spec(Isolation::Shared) };
    let two = rig.worker.start(&Plugin::new(module, other, rebuild(Some(1), None))).unwrap();
    let chain = FilterChain::new([one.clone(), two.clone()], 1 << 20);
    let stream = || {
        let mut stream = Conversation::new(chain.open(StreamInfo::default(), std::rc::Rc::new(NoRoutes)));
        stream.headers(Side::Client, fields(&[(":method", "GET"), (":path", "/")]), true);
    };
    stream();
    rig.log.take_messages();
    stream();
    let configured: Vec<_> = rig.log.take_messages().into_iter().filter(|line| line.contains("configure")).collect();
    assert_eq!(configured, ["1: configure 1", "1: configure 3"]);
    assert_eq!((one.rebuilt(), two.rebuilt(), one.vm_count(), two.vm_count()), (1, 1, 1, 1));
}

#[test]
fn a_failed_vm_is_not_rebuilt_but_restarted_as_the_policy_says() {
    let base_interval = Duration::from_secs(1);
    for (policy, after) in [(FailurePolicy::Closed, Some("503")), (FailurePolicy::Reload { base_interval }, None)] {
        let spec = PluginSpec { failure_policy: policy, ..spec(Isolation::Shared) };
        let rig = Rig::with(&Plugin::new(module(0..0), spec, rebuild(Some(1), None)), 1 << 20);
        assert_eq!(status(&mut begin(&rig, "/trap")).as_deref(), Some("503"));
        rig.clock.advance(Duration::from_secs(10));
        assert_eq!(status(&mut begin(&rig, "/")).as_deref(), after);
        assert_eq!(rig.chain.plugins()[0].rebuilt(), 0);
    }
}
