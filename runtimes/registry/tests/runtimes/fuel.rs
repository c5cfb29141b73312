//! Budgets of work, on the engines that count it.

use crate::hostile::exchange;
use crate::limits::{ENDLESS, endless};
use crate::support::{module, runtimes, start_plugin};
use std::sync::Arc;
use tollgate_host::plugin::{Plugin, PluginModule, PluginSpec, VmConfig};
use tollgate_host::vm::{Artifact, Limits, Runtime};

fn with_fuel(module: &Arc<PluginModule>, fuel: u64) -> Arc<Plugin> {
    let limits = Limits { fuel: Some(fuel), callback_deadline: None, ..Limits::default() };
    Plugin::new(module.clone(), PluginSpec::default(), VmConfig { limits, ..VmConfig::default() })
}

/// The engines that count, with code that does.
fn metered() -> Vec<(&'static str, Arc<dyn Runtime>)> {
    let all = runtimes().filter_map(|(name, runtime)| {
        let metered = runtime.metered().unwrap();
        assert_eq!(metered.is_some(), runtime.capabilities().fuel, "{name}");
        Some((name, metered?))
    });
    all.collect()
}

#[test]
fn an_endless_callback_runs_out_of_fuel() {
    for (what, body) in ENDLESS {
        let callback = r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (call $endless) (i32.const 0))"#;
        let text = endless(body, callback);
        for (name, runtime) in metered() {
            let compiled = PluginModule::compile(&*runtime, text.as_bytes()).unwrap();
            let started = start_plugin(&with_fuel(&compiled, 300_000));
            let plugin = started.result.as_ref().unwrap();
            exchange(plugin);
            assert!(plugin.has_failed() && plugin.interrupted() == 1, "{name}: {what}");
            let log = started.log();
            let said = log.iter().find(|line| line.starts_with("Function: proxy_on_request_headers failed")).unwrap();
            assert!(said.contains("out of fuel: it had 300000 (limit fuel)"), "{name}: {what}: {said}");
            let used = said.rsplit_once("fuel: ").unwrap().1.strip_suffix(" used").unwrap().parse::<u64>().unwrap();
            // Bytes that would be filled or copied at once are paid for before that is done.
            assert!((200_000..=300_100).contains(&used), "{name}: {what}: {used}");
        }
    }
}

/// Whether a plugin is still well after some exchanges.
fn is_enough(module: &Arc<PluginModule>, fuel: u64) -> bool {
    let started = start_plugin(&with_fuel(module, fuel));
    let plugin = started.result.as_ref().unwrap();
    (0..3).for_each(|_| exchange(plugin));
    !plugin.has_failed()
}

#[test]
fn each_call_has_the_whole_budget_and_what_starts_a_plugin_has_none() {
    let work = |times: u32| {
        format!(
            "(local.set $i (i32.const {times}))
             (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))"
        )
    };
    // More than a slice of wasmi's, and much more while it is configured.
    let text = module(
        "",
        &format!(
            r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) (local $i i32) {} (i32.const 1))
               (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (local $i i32) {} (i32.const 0))"#,
            work(5_000_000),
            work(50_000),
        ),
    );
    for (name, runtime) in metered() {
        let module = PluginModule::compile(&*runtime, text.as_bytes()).unwrap();
        let (mut too_little, mut enough) = (0, 1_000_000);
        assert!(is_enough(&module, enough), "{name}");
        while enough - too_little > 1 {
            let between = too_little.midpoint(enough);
            if is_enough(&module, between) { enough = between } else { too_little = between }
        }
        assert!((100_000..600_000).contains(&enough), "{name}: {enough}");
        // The same work costs the same.
        assert!(is_enough(&module, enough) && !is_enough(&module, too_little), "{name}");
    }
}

#[test]
fn artefacts_that_count_and_those_that_do_not_are_not_mixed() {
    let text = module("", "");
    for (name, plain) in runtimes() {
        let Some(metered) = plain.metered().unwrap().filter(|metered| metered.capabilities().artifacts) else {
            continue;
        };
        assert_ne!(plain.compatibility(None).unwrap(), metered.compatibility(None).unwrap(), "{name}");
        for (maker, other) in [(&plain, &metered), (&metered, &plain)] {
            let module = PluginModule::compile(&**maker, text.as_bytes()).unwrap();
            let Some(artifact) = module.serialize() else { continue };
            let artifact = artifact.unwrap();
            let load =
                |taker: &dyn Runtime| PluginModule::load(taker, text.as_bytes(), Artifact::vouched_for(&artifact));
            assert!(load(&**maker).is_ok() && load(&**other).is_err(), "{name}");
        }
    }
}
