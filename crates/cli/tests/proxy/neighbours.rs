//! A plugin that hangs delays the others of its worker by one deadline, and no more, wherever it hangs.
//! `benches/src/bin/neighbours.rs` measures by how much.

use crate::support::bootstrap::{Bootstrap, direct_response, instead, of_plugins};
use crate::support::program::runtimes;
use crate::support::proxy::Proxy;
use crate::support::upstream::Upstream;
use crate::support::wire::Wire;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tollgate_testkit::hostile::{self, ANSWER, Hostile, SOUND};

/// Many times the deadline: a deadline is time of the processor, which this machine may have little of. Who is not interrupted
/// hangs for ever.
const MOST: Duration = Duration::from_secs(5);

fn bootstrap(plugin: &Hostile, upstream: &Upstream) -> Bootstrap {
    let bootstrap = Bootstrap::new().cluster(upstream.address).with_trailers();
    let sound = instead(&bootstrap.plugin_value("sound", SOUND));
    let mut other = direct_response(json!({"prefix": "/"}), 200, "hello\n");
    other["typed_per_filter_config"] = of_plugins(sound);
    let isolation = if plugin.isolated { "stream" } else { "shared" };
    bootstrap
        .plugin("hostile", &plugin.wat)
        .route(json!({"match": {"prefix": "/hostile"}, "route": {"cluster": "upstream"}}))
        .route(other)
        .policy("hostile", json!({"isolation": isolation, "limits": {"callback_deadline": "50ms"}}))
}

/// Says that it is enough when it goes.
struct Enough<'a>(&'a AtomicBool);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks again and again until told that it is enough; returns the longest wait.
fn ask(wire: &mut Wire, is_enough: &AtomicBool) -> Duration {
    let mut longest = Duration::ZERO;
    while !is_enough.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answer = wire.get("/").expect("an answer");
        longest = longest.max(asked.elapsed());
        assert_eq!((answer.head.status(), answer.text()), (200, "hello\n"));
        assert!(answer.head.field("x-sound").is_some(), "the other plugin has seen it: {answer:?}");
    }
    longest
}

#[test]
fn requests_of_others_are_answered_while_a_plugin_hangs() {
    let answering = |wire: &mut Wire| {
        wire.request()?;
        wire.send(ANSWER)
    };
    let upstream = Upstream::start(move |wire| {
        loop {
            answering(wire)?;
        }
    });
    for runtime in runtimes() {
        for plugin in hostile::all() {
            let name = plugin.name;
            let bootstrap = bootstrap(&plugin, &upstream);
            let proxy = Proxy::start(&bootstrap.write(), &["--runtime", runtime, "--log-level", "warn"]);
            let (mut other, mut own) = (proxy.connect(), proxy.connect());
            let is_enough = AtomicBool::new(false);
            let longest = thread::scope(|scope| {
                let asking = scope.spawn(|| ask(&mut other, &is_enough));
                // Whatever goes wrong below, they end.
                let _enough = Enough(&is_enough);
                own.send(hostile::request("/hostile")).unwrap();
                proxy.wait_for_stats(|stats| stats["wasm.hostile.traps"] > 0);
                assert_eq!(
                    proxy.stats()["wasm.hostile.interrupted"],
                    1,
                    "{runtime}: {name}: {}",
                    proxy.program().printed()
                );
                is_enough.store(true, Ordering::Relaxed);
                asking.join().expect("all of them are answered")
            });
            assert!(longest < MOST, "{runtime}: {name}: {longest:?}");
        }
    }
}
