//! What a plugin may name, as it is told: what is on its lists works, the rest is answered in the ABI's words.

use tollgate_abi::encoding::pairs;
use tollgate_abi::{AbiVersion, MapType, Status};
use tollgate_host::dispatch;
use tollgate_host::plugin::{AllowLists, NameList, Plugin, PluginModule, PluginSpec, VmConfig, Worker};
use tollgate_host::stream::FilterChain;
use tollgate_host::vm::VmError;
use tollgate_testkit::native::{self, NativeGuest, NativePlugin, NativeRuntime};
use tollgate_testkit::rig::{Event, Rig, Side, fields};

type Answer = Result<Option<i32>, VmError>;

const REQUEST: i32 = MapType::HttpRequestHeaders.as_i32();

/// Names what it may and what it may not, and says what it is told.
struct Probing;

fn said(guest: &mut NativeGuest, what: &str, status: i32) -> Result<(), VmError> {
    guest.log(&format!("{what}: {}", Status::from_i32(status).map_or("?", Status::name)))
}

fn text(guest: &mut NativeGuest, text: &str) -> (i32, i32) {
    guest.store(text.as_bytes())
}

impl NativePlugin for Probing {
    fn on_request_headers(&mut self, guest: &mut NativeGuest, _: i32, _: i32, _: i32) -> Answer {
        let (value, value_len) = text(guest, "v");
        for name in ["x-own-1", "X-OWN-2", "host", "x-other", "x-own"] {
            let (key, len) = text(guest, name);
            let status = dispatch::proxy_replace_header_map_value(guest, REQUEST, key, len, value, value_len)?;
            said(guest, &format!("write {name}"), status)?;
        }
        for name in ["x-own-1", "x-given"] {
            let (key, len) = text(guest, name);
            let status = dispatch::proxy_remove_header_map_value(guest, REQUEST, key, len)?;
            said(guest, &format!("remove {name}"), status)?;
        }
        let headers = |extra: (&'static str, &'static str)| {
            [(":method", "GET"), (":path", "/"), ("x-given", "1"), (":authority", "v"), extra]
        };
        let good = headers(("x-own-3", "all"));
        let mut dropped = good.to_vec();
        dropped.remove(2);
        let mut changed = good;
        changed[1].1 = "/admin";
        for (what, map) in
            [("bad", &headers(("x-other", "v"))[..]), ("without", &dropped), ("changed", &changed), ("good", &good)]
        {
            let bytes = pairs::encode(map.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
            let (at, len) = guest.store(&bytes);
            let status = dispatch::proxy_set_header_map_pairs(guest, REQUEST, at, len)?;
            said(guest, &format!("map {what}"), status)?;
        }
        for path in ["own.a", "own\0b", "other"] {
            let (at, len) = text(guest, path);
            let status = dispatch::proxy_set_property(guest, at, len, value, value_len)?;
            said(guest, &format!("property {}", path.escape_default()), status)?;
        }
        for name in ["good", "bad", "missing"] {
            let (at, len) = text(guest, name);
            let status = dispatch::proxy_call_foreign_function(guest, at, len, 0, 0, 0, 0)?;
            said(guest, &format!("function {name}"), status)?;
        }
        let request = [(":method", "GET"), (":path", "/"), (":authority", "a")];
        let bytes = pairs::encode(request.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        let (map, map_len) = guest.store(&bytes);
        for name in ["auth", "nobody"] {
            let (at, len) = text(guest, name);
            let status = dispatch::proxy_http_call(guest, at, len, map, map_len, 0, 0, 0, 0, 100, 96)?;
            said(guest, &format!("call {name}"), status)?;
            let (service, service_len) = text(guest, "service");
            let status = dispatch::proxy_grpc_call(
                guest,
                at,
                len,
                service,
                service_len,
                service,
                service_len,
                0,
                0,
                0,
                0,
                100,
                96,
            )?;
            said(guest, &format!("gRPC {name}"), status)?;
        }
        let fields = [("x-own-4", "kept"), ("x-other", "left out")];
        let bytes = pairs::encode(fields.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        let (map, map_len) = guest.store(&bytes);
        let status = dispatch::proxy_send_local_response(guest, 403, 0, 0, 0, 0, map, map_len, -1)?;
        said(guest, "response", status)?;
        Ok(Some(0))
    }
}

/// What the plugin says with these lists, what it was refused, and the response's fields.
fn probe(allow: AllowLists) -> (Vec<String>, u64, Vec<String>) {
    let runtime = NativeRuntime::new(|| Box::new(Probing));
    let module = PluginModule::compile(&runtime, native::module(AbiVersion::V0_2_1).as_bytes()).unwrap();
    let plugin = Plugin::new(module, PluginSpec::default(), VmConfig { allow, ..VmConfig::default() });
    // The rig's worker, with foreign functions.
    let rig = Rig::with(&plugin, 1 << 20);
    let mut services = rig.worker.services().clone();
    for name in ["good", "bad"] {
        services.foreign_functions.add(name, |_, _| Ok(bytes::Bytes::new()));
    }
    let handle = Worker::new(services).start(&plugin).unwrap();
    let chain = FilterChain::new([handle.clone()], 1 << 20);
    let mut stream = tollgate_testkit::rig::Conversation::new(
        chain.open(tollgate_host::stream::StreamInfo::default(), std::rc::Rc::new(tollgate_host::stream::NoRoutes)),
    );
    stream.headers(Side::Client, fields(&[(":method", "GET"), (":path", "/"), ("x-given", "1")]), true);
    let response = stream.events().into_iter().find_map(|event| match event {
        Event::ResponseHeaders { headers, .. } => {
            Some(headers.iter().map(|field| String::from_utf8_lossy(field.name.as_bytes()).into_owned()).collect())
        }
        _ => None,
    });
    (rig.log.take_messages(), handle.refused(), response.unwrap_or_default())
}

const NO_UPSTREAM: &str = "a gRPC call is not made: there is no such upstream";

#[test]
fn without_lists_everything_may_be_named() {
    let (said, refused, response) = probe(AllowLists::default());
    let refusals: Vec<_> = said.iter().filter(|line| !line.ends_with(": OK")).map(String::as_str).collect();
    let expected =
        ["function missing: NOT_FOUND", "call nobody: BAD_ARGUMENT", NO_UPSTREAM, "gRPC nobody: PARSE_FAILURE"];
    assert_eq!(refusals, expected);
    assert_eq!(refused, 0);
    assert!(response.contains(&"x-other".to_owned()));
}

#[test]
fn what_is_on_the_lists_works_and_the_rest_is_refused_in_the_words_of_the_abi() {
    let (said, refused, response) = probe(AllowLists {
        clusters: Some(NameList::exact(["auth"])),
        foreign_functions: Some(NameList::exact(["good"])),
        write_headers: Some(NameList::fields(["x-own-*", "Host"])),
        set_properties: Some(NameList::patterns(["own.*"])),
    });
    let expected = [
        "write x-own-1: OK",
        "write X-OWN-2: OK",
        "write host: OK",
        "\"x-other\" is not among the write_headers that this plugin is allowed, which is told BAD_ARGUMENT",
        "write x-other: BAD_ARGUMENT",
        "write x-own: BAD_ARGUMENT",
        "remove x-own-1: OK",
        "remove x-given: BAD_ARGUMENT",
        "map bad: BAD_ARGUMENT",
        "map without: BAD_ARGUMENT",
        "map changed: BAD_ARGUMENT",
        "map good: OK",
        "property own.a: OK",
        "property own\\u{0}b: OK",
        "\"other\" is not among the set_properties that this plugin is allowed, which is told BAD_ARGUMENT",
        "property other: BAD_ARGUMENT",
        "function good: OK",
        "\"bad\" is not among the foreign_functions that this plugin is allowed, which is told NOT_FOUND",
        "function bad: NOT_FOUND",
        "function missing: NOT_FOUND",
        "call auth: OK",
        "gRPC auth: OK",
        "\"nobody\" is not among the clusters that this plugin is allowed, which is told BAD_ARGUMENT",
        "call nobody: BAD_ARGUMENT",
        NO_UPSTREAM,
        "gRPC nobody: PARSE_FAILURE",
        "response: OK",
    ];
    assert_eq!(said, expected);
    // Fields: two written, one removed, three maps, one of the response; a property; two functions; an upstream. The
    // upstream of a gRPC call is not known to begin with.
    assert_eq!(refused, 11);
    assert!(response.contains(&"x-own-4".to_owned()) && !response.contains(&"x-other".to_owned()), "{response:?}");
}

#[test]
fn an_empty_list_allows_none() {
    let none = || Some(NameList::default());
    let lists =
        AllowLists { clusters: none(), foreign_functions: none(), write_headers: none(), set_properties: none() };
    let (said, ..) = probe(lists);
    let allowed: Vec<_> = said.iter().filter(|line| line.ends_with(": OK")).map(String::as_str).collect();
    assert_eq!(allowed, ["response: OK"]);
}
