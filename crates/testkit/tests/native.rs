//! The native engine and the rig, used as host tests use them.

use bytes::Bytes;
use tollgate_abi::{AbiVersion, BufferType, MapType, Status};
use tollgate_host::dispatch;
use tollgate_host::vm::VmError;
use tollgate_testkit::native::{NativeGuest, NativePlugin, NativeRuntime};
use tollgate_testkit::rig::{Event, Rig, Side, fields};

type Answer = Result<Option<i32>, VmError>;

/// Adds a header with the path's length, and upper-cases bodies.
struct Shouting;

impl NativePlugin for Shouting {
    fn on_request_headers(&mut self, guest: &mut NativeGuest, _id: i32, _count: i32, _end: i32) -> Answer {
        let map = MapType::HttpRequestHeaders.as_i32();
        let (key, key_len) = guest.store(b":path");
        let path =
            guest.read(|g, data, size| dispatch::proxy_get_header_map_value(g, map, key, key_len, data, size))?;
        let length = path.map(|path| path.len()).unwrap_or_default().to_string();
        let (name, name_len) = guest.store(b"x-path-length");
        let (value, value_len) = guest.store(length.as_bytes());
        dispatch::proxy_add_header_map_value(guest, map, name, name_len, value, value_len)?;
        Ok(Some(0))
    }

    fn on_request_body(&mut self, guest: &mut NativeGuest, _id: i32, size: i32, _end: i32) -> Answer {
        let body = BufferType::HttpRequestBody.as_i32();
        let read = guest.read(|g, data, len| dispatch::proxy_get_buffer_bytes(g, body, 0, size, data, len))?;
        let (data, len) = guest.store(&read.unwrap_or_default().to_ascii_uppercase());
        dispatch::proxy_set_buffer_bytes(guest, body, 0, size, data, len)?;
        Ok(Some(0))
    }
}

#[test]
fn a_native_plugin_sees_and_changes_a_stream() {
    let rig = Rig::native(&NativeRuntime::new(|| Box::new(Shouting)), AbiVersion::V0_2_1);
    let mut stream = rig.open();
    stream.headers(Side::Client, fields(&[(":method", "POST"), (":path", "/four")]), false);
    stream.body(Side::Client, Bytes::from_static(b"hello"), true);
    let headers = fields(&[(":method", "POST"), (":path", "/four"), ("x-path-length", "5")]);
    assert_eq!(
        stream.events(),
        [
            Event::RequestHeaders { headers, end_of_stream: false },
            Event::RequestBody { data: Bytes::from_static(b"HELLO"), end_of_stream: true },
        ]
    );
    assert!(stream.upstream_is_asked());
}

/// Fails every allocation, and says what it was told.
struct Poor;

impl NativePlugin for Poor {
    fn on_request_headers(&mut self, guest: &mut NativeGuest, _id: i32, _count: i32, _end: i32) -> Answer {
        guest.out_of_memory = true;
        let map = MapType::HttpRequestHeaders.as_i32();
        let pairs = guest.read(|g, data, size| dispatch::proxy_get_header_map_pairs(g, map, data, size))?;
        assert_eq!(pairs, Err(Status::InvalidMemoryAccess));
        guest.log("told")?;
        Ok(Some(0))
    }
}

#[test]
fn an_allocator_that_fails_is_told_to_the_plugin() {
    let rig = Rig::native(&NativeRuntime::new(|| Box::new(Poor)), AbiVersion::V0_2_1);
    rig.open().headers(Side::Client, fields(&[(":method", "GET"), (":path", "/")]), true);
    assert_eq!(rig.log.take_messages(), ["told"]);
}

#[test]
fn a_client_waits_while_a_plugin_holds_as_much_as_it_may() {
    struct Holding;
    impl NativePlugin for Holding {
        fn on_request_headers(&mut self, _: &mut NativeGuest, _id: i32, _count: i32, _end: i32) -> Answer {
            Ok(Some(1))
        }
    }
    let rig = Rig::native(&NativeRuntime::new(|| Box::new(Holding)), AbiVersion::V0_2_1);
    let mut stream = rig.open();
    stream.headers(Side::Client, fields(&[(":method", "POST"), (":path", "/")]), false);
    stream.body(Side::Client, vec![0; 1 << 20].into(), false);
    assert!(!stream.waits(Side::Client));
    stream.body(Side::Client, Bytes::from_static(b"more"), true);
    assert!(stream.waits(Side::Client));
    stream.finish();
    assert_eq!(stream.events(), []);
}

/// Stores, frees and stores again.
struct Tidy;

impl NativePlugin for Tidy {
    fn on_configure(&mut self, guest: &mut NativeGuest, _id: i32, _size: i32) -> Answer {
        let kept = guest.store(b"kept");
        let mark = guest.mark();
        let freed = guest.store(b"freed");
        guest.rewind(mark);
        let again = guest.store(b"again");
        assert_eq!(again, freed, "what was freed is given out anew");
        assert_eq!(guest.load(kept.0, kept.1), b"kept");
        // To where nothing has been stored yet is nowhere.
        guest.rewind(usize::MAX);
        assert_ne!(guest.store(b"after").0, again.0);
        guest.log("done")?;
        Ok(Some(1))
    }
}

#[test]
fn memory_of_a_native_plugin_can_be_used_again() {
    let rig = Rig::native(&NativeRuntime::new(|| Box::new(Tidy)), AbiVersion::V0_2_1);
    assert_eq!(rig.log.take_messages(), ["done"]);
}
