//! What a guest piles up in the host: each thing up to its quota, then it is told so, and goes on.

use crate::hostile::exchange;
use crate::support::{Started, compile_limited, module, runtimes, start_plugin};
use tollgate_host::vm::{Limits, Quotas};

/// Calls a host function until it says something else than `OK`: that must be `INTERNAL_FAILURE`, after so many calls. How
/// many there have been is stored at `counter` before each.
fn until_refused(call: &str, counter: u32, times: u32) -> String {
    format!(
        "(loop $more
            (i32.store (i32.const {counter}) (local.get $i))
            (local.set $status {call})
            (if (i32.eqz (local.get $status))
                (then (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $more))))
        (if (i32.ne (local.get $status) (i32.const 10)) (then unreachable))
        (if (i32.ne (local.get $i) (i32.const {times})) (then unreachable))"
    )
}

/// A plugin that does so while it is configured.
fn until_full(import: &str, call: &str, times: u32) -> String {
    let calls = until_refused(call, 1, times);
    let fields = format!(
        r#"(data (i32.const 0) "k0000")
           (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (local $i i32) (local $status i32)
            {calls}
            (i32.const 1))"#
    );
    module(import, &fields)
}

fn small() -> Limits {
    let quotas = Quotas {
        shared_data_bytes: 10 * (Quotas::ENTRY + 5 + 100),
        queues: 7,
        queue_bytes: 5 * (Quotas::ENTRY + 1000),
        metrics: 12,
        metric_name_bytes: 5,
        header_bytes: 1000,
        log_messages: 3,
        ..Quotas::default()
    };
    Limits { quotas, start_deadline: None, ..Limits::default() }
}

fn starts(text: &str, refused: u64) -> Vec<Started> {
    let mut all = Vec::new();
    for (name, runtime) in runtimes() {
        let started = start_plugin(&compile_limited(&*runtime, text, small()));
        let plugin = started.result.as_ref().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(plugin.refused(), refused, "{name}");
        all.push(started);
    }
    all
}

#[test]
fn shared_data_has_its_quota() {
    let import = r#"(import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))"#;
    let set = "(call $set (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 100) (i32.const 0))";
    starts(&until_full(import, set, 10), 1);
}

#[test]
fn queues_have_their_quota() {
    let import = r#"(import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))"#;
    let register = "(call $register (i32.const 0) (i32.const 5) (i32.const 64))";
    starts(&until_full(import, register, 7), 1);
}

#[test]
fn items_of_a_queue_have_their_quota() {
    let import = r#"(import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))
        (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))"#;
    let enqueue = r#"(block (result i32)
        (drop (call $register (i32.const 0) (i32.const 1) (i32.const 64)))
        (call $enqueue (i32.load (i32.const 64)) (i32.const 0) (i32.const 1000)))"#;
    starts(&until_full(import, enqueue, 5), 1);
}

#[test]
fn metrics_and_their_names_have_their_quota() {
    let import = r#"(import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))"#;
    let define = "(call $define (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 64))";
    starts(&until_full(import, define, 12), 1);
    let define = "(call $define (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 64))";
    starts(&until_full(import, define, 0), 1);
}

/// Messages are dropped, which is no failure, and that they are is said once.
/// A plugin that logs three messages when its VM starts, and eight when it is configured.
fn talker() -> String {
    module(
        r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#,
        r#"(data (i32.const 0) "talk")
           (func $talk (param $times i32)
            (loop $more
                (if (call $log (i32.const 2) (i32.const 0) (i32.const 4)) (then unreachable))
                (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                (br_if $more (local.get $times))))
           (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (call $talk (i32.const 3)) (i32.const 1))
           (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $talk (i32.const 8)) (i32.const 1))"#,
    )
}

#[test]
fn messages_of_a_call_have_their_quota() {
    let dropped = "more than 3 messages in one call: the others are dropped (limit log_messages)";
    for started in starts(&talker(), 5) {
        assert_eq!(started.log(), ["talk", "talk", "talk", "talk", "talk", "talk", dropped]);
    }
}

/// The clock of these tests stands, so that all of it happens at once.
#[test]
fn messages_of_a_second_have_their_quota() {
    let dropped = "more than 6 messages in a second: the others are dropped (limit log_messages_per_second)";
    for (most, refused) in [(6, 5), (10, 1), (11, 0)] {
        let quotas = Quotas { log_messages_per_second: most, ..Quotas::default() };
        for (name, runtime) in runtimes() {
            let limits = Limits { quotas: quotas.clone(), ..Limits::default() };
            let started = start_plugin(&compile_limited(&*runtime, &talker(), limits));
            assert_eq!(started.result.as_ref().unwrap().refused(), refused, "{name} {most}");
            let log = started.log();
            assert_eq!(log.iter().filter(|line| *line == "talk").count(), most as usize, "{name} {most}");
            assert_eq!(log.iter().filter(|line| *line == dropped).count(), usize::from(most == 6), "{name} {most}");
        }
    }
}

/// A plugin that does `body` in its request body callback, with the functions that make much of what streams keep.
fn bomb(body: &str) -> String {
    format!(
        r#"(module
        (import "env" "proxy_set_buffer_bytes" (func $set (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_set_property" (func $store (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_send_local_response"
            (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
        (memory (export "memory") 100)
        (data (i32.const 0) "key0000")
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 1024))
        (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
            (local $i i32) (local $status i32)
            {body}
            (i32.const 0)))"#
    )
}

fn explode(text: &str, quotas: Quotas, refused: u64) {
    for (name, runtime) in runtimes() {
        let limits = Limits { quotas: quotas.clone(), callback_deadline: None, ..Limits::default() };
        let started = start_plugin(&compile_limited(&*runtime, text, limits));
        let plugin = started.result.as_ref().unwrap();
        exchange(plugin);
        assert!(!plugin.has_failed(), "{name}: {:?}", started.log());
        assert_eq!(plugin.refused(), refused, "{name}");
    }
}

/// The body has 7 bytes and becomes longer by a thousand each time. Making it shorter is always well.
#[test]
fn a_body_bomb_gets_what_it_may_have() {
    let append = "(call $set (i32.const 0) (i32.const 0x7fffffff) (i32.const 0) (i32.const 0) (i32.const 1000))";
    explode(&bomb(&until_refused(append, 3, 12)), Quotas { body_bytes: 12_007, ..Quotas::default() }, 1);
    let shorten =
        "(if (call $set (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 3)) (then unreachable))";
    explode(&bomb(shorten), Quotas { body_bytes: 1, ..Quotas::default() }, 0);
}

#[test]
fn an_answer_bomb_gets_what_it_may_have() {
    let reply = "(call $reply (i32.const 200) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 0)
        (i32.const 0) (i32.const -1))";
    explode(&bomb(&until_refused(reply, 3, 12)), Quotas { body_bytes: 12_999, ..Quotas::default() }, 1);
}

/// Each counts for 5 bytes of prefix, 7 of key, 1000 of value and its entry.
#[test]
fn a_property_bomb_gets_what_it_may_have() {
    let store = "(call $store (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 1000))";
    let each = Quotas::ENTRY + 5 + 7 + 1000;
    explode(&bomb(&until_refused(store, 3, 12)), Quotas { property_bytes: 12 * each, ..Quotas::default() }, 1);
}

/// A million times: it is the third at most that still changes anything.
#[test]
fn resuming_again_and_again_piles_nothing_up() {
    let resume = "(loop $more
        (if (call $continue (i32.const 0)) (then unreachable))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $i) (i32.const 1000000))))";
    explode(&bomb(resume), Quotas::default(), 0);
}
