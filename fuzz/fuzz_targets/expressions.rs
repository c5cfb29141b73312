#![no_main]
//! Expressions of plugins: whatever is written, evaluating it ends, in about the time that is estimated at most.

use cpu_time::ThreadTime;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use tollgate_abi::encoding::property::Value;
use tollgate_host::foreign::Property;
use tollgate_testkit::expressions::expression;

/// A hundred times what is estimated at most: with a sanitizer, memory is what takes the time.
const LONG: Duration = Duration::from_secs(3);

fuzz_target!(|bytes: &[u8]| {
    let text = expression(bytes);
    let start = ThreadTime::now();
    let _ = tollgate_foreign::expressions::value_of(&text, property);
    assert!(start.elapsed() < LONG, "it took {:?}: {text}", start.elapsed());
});

fn property(path: &[u8]) -> Option<Property> {
    let headers = || (0..100_u8).map(|n| (format!("x-{n}").into_bytes(), Value::Bytes(vec![b'v'; 20]))).collect();
    let value = match path {
        b"request" => return Some(Property::Group),
        b"long" => Value::Bytes(vec![b'x'; 60_000]),
        b"list" => Value::List(vec![Value::Int(7); 300]),
        b"raw" => Value::Bytes(vec![0xff, 0xfe]),
        b"node" => Value::Bytes(vec![0x0a, 0x01, b'n']),
        b"request\0path" => "/api/v1".into(),
        b"request\0headers" => Value::Map(headers()),
        b"request\0headers\0x-one" => "1".into(),
        b"request\0size" => Value::Int(7),
        b"request\0time" => Value::Timestamp(1_700_000_000_000_000_000),
        b"request\0duration" => Value::Duration(1_500_000_000),
        _ => return None,
    };
    Some(Property::Value(value))
}
