//! A host call cannot be interrupted: whatever it is given, it is soon over, or asks for the time itself.

use crate::hostile::exchange;
use crate::support::{Nothing, compile_limited, module, runtimes, services, start_plugin};
use std::rc::Rc;
use std::time::Duration;
use tollgate_abi::Status;
use tollgate_host::foreign::Caller;
use tollgate_host::plugin::{StartErrorKind, Worker};
use tollgate_host::vm::{Limits, Quotas, TrapKind, VmErrorKind};

const FOREIGN: &str =
    r#"(import "env" "proxy_call_foreign_function" (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))"#;

/// The end of the plugin's call comes from the function, not from a loop behind it: there is none.
#[test]
fn a_foreign_function_that_has_no_time_left_ends_the_call() {
    let text = module(
        FOREIGN,
        r#"(data (i32.const 0) "spin")
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (drop (call $foreign (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
            (i32.const 1))"#,
    );
    let until_late: fn(&mut Caller<'_>) = |caller| while caller.has_time() {};
    let too_long: fn(&mut Caller<'_>) = |caller| assert!(!caller.has_time_for(Duration::from_secs(1)));
    for (name, runtime) in runtimes() {
        for function in [until_late, too_long] {
            let limits = Limits { start_deadline: Some(Duration::from_millis(20)), ..Limits::default() };
            let mut services = services(Rc::new(Nothing));
            services.foreign_functions.add("spin", move |caller, _| {
                function(caller);
                assert!(!caller.has_time());
                // Whatever it answers.
                Ok(bytes::Bytes::from_static(b"done"))
            });
            let result = Worker::new(services).start(&compile_limited(&*runtime, &text, limits));
            let error = result.map(drop).unwrap_err();
            let StartErrorKind::Failed { function: "proxy_on_configure", error } = error.kind() else {
                panic!("{name}: {error}")
            };
            assert_eq!(error.kind(), VmErrorKind::Trap(TrapKind::Interrupted), "{name}");
            assert!(error.to_string().ends_with("it ran for more than 20ms (limit start_deadline)"), "{name}: {error}");
        }
    }
}

#[test]
fn a_foreign_function_has_all_time_where_there_is_no_deadline() {
    let text = module(
        FOREIGN,
        r#"(data (i32.const 0) "ask")
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (call $foreign (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))"#,
    );
    for (name, runtime) in runtimes() {
        let mut services = services(Rc::new(Nothing));
        services.foreign_functions.add("ask", |caller, _| {
            let has_time = caller.has_time() && caller.has_time_for(Duration::MAX);
            // What is neither 0 nor a failure, for `proxy_on_configure` to answer.
            Err(if has_time { Status::NotFound } else { Status::Ok })
        });
        let limits = Limits { start_deadline: None, ..Limits::default() };
        let result = Worker::new(services).start(&compile_limited(&*runtime, &text, limits));
        assert!(result.is_ok(), "{name}: {result:?}");
    }
}

/// Calls and what they answer for names, values and arguments that are as long as they may be, and longer.
#[test]
fn what_is_too_long_is_refused_before_it_is_copied() {
    let imports = format!(
        r#"{FOREIGN}
        (import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))
        (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
        (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_http_call" (func $http (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_call" (func $grpc (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#
    );
    let name = Quotas::NAME;
    let long = name + 1;
    let calls = [
        (format!("(call $register (i32.const 0) (i32.const {long}) (i32.const 8))"), 10),
        (format!("(call $register (i32.const 0) (i32.const {name}) (i32.const 8))"), 0),
        ("(call $enqueue (i32.load (i32.const 8)) (i32.const 0) (i32.const 70000))".to_owned(), 10),
        ("(call $enqueue (i32.const 99) (i32.const 0) (i32.const 70000))".to_owned(), 1),
        ("(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 70000) (i32.const 0))".to_owned(), 10),
        ("(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 60000) (i32.const 0))".to_owned(), 0),
        ("(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 66000) (i32.const 7777))".to_owned(), 8),
        (
            format!(
                "(call $http (i32.const 0) (i32.const {long}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 8))"
            ),
            2,
        ),
        (
            format!(
                "(call $grpc (i32.const 0) (i32.const {long}) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 8))"
            ),
            4,
        ),
        (
            "(call $foreign (i32.const 3) (i32.const 4) (i32.const 0) (i32.const 1000) (i32.const 0) (i32.const 0))"
                .to_owned(),
            0,
        ),
        (
            "(call $foreign (i32.const 3) (i32.const 4) (i32.const 0) (i32.const 1001) (i32.const 0) (i32.const 0))"
                .to_owned(),
            10,
        ),
    ];
    let checks: String = calls
        .iter()
        .map(|(call, status)| format!("(if (i32.ne {call} (i32.const {status})) (then unreachable))"))
        .collect();
    let text = module(
        &imports,
        &format!(
            r#"(data (i32.const 3) "free")
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (drop (memory.grow (i32.const 2))) {checks} (i32.const 1))"#
        ),
    );
    for (name, runtime) in runtimes() {
        let quotas = Quotas { queue_bytes: 65_000, shared_data_bytes: 67_000, body_bytes: 1000, ..Quotas::default() };
        let mut services = services(Rc::new(Nothing));
        services.foreign_functions.add("free", |_, _| Ok(bytes::Bytes::new()));
        let worker = Worker::new(services);
        let started = worker.start(&compile_limited(&*runtime, &text, Limits { quotas, ..Limits::default() }));
        let plugin = started.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(plugin.refused(), 4, "{name}");
    }
}

#[test]
fn details_of_an_answer_are_cut() {
    let text = r#"(module
        (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (memory (export "memory") 3)
        (data (i32.const 16) "response\00code_details")
        (data (i32.const 64) "4096 bytes")
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "malloc") (param i32) (result i32) (i32.const 1024))
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (drop (call $reply (i32.const 418) (i32.const 65536) (i32.const 100000) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const -1)))
            (i32.const 1))
        (func (export "proxy_on_log") (param i32)
            (if (call $property (i32.const 16) (i32.const 21) (i32.const 0) (i32.const 4)) (then unreachable))
            (if (i32.eq (i32.load (i32.const 4)) (i32.const 4096))
                (then (drop (call $log (i32.const 2) (i32.const 64) (i32.const 10)))))))"#;
    for (name, runtime) in runtimes() {
        let started = start_plugin(&compile_limited(&*runtime, text, Limits::default()));
        let plugin = started.result.as_ref().unwrap();
        exchange(plugin);
        assert!(!plugin.has_failed(), "{name}: {:?}", started.log());
        assert!(started.log().contains(&"4096 bytes".to_owned()), "{name}: {:?}", started.log());
    }
}
