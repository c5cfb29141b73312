//! TLS with clients and upstreams.

use crate::support::bootstrap::{Bootstrap, direct_response, type_url};
use crate::support::http2::Http2;
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::tls::{Authority, Client, Identity, der, server, shown};
use crate::support::upstream::{Upstream, echo, mirror};
use serde_json::{Value, json};
use sha2::Digest as _;
use std::io::{Read as _, Write as _};

fn pem(text: &str) -> Value {
    json!({"inline_string": text})
}

fn certificate(identity: &Identity) -> Value {
    json!({"certificate_chain": pem(&identity.certificate), "private_key": pem(&identity.key)})
}

/// The transport socket of a filter chain.
fn downstream(common: Value, required: bool) -> Value {
    json!({"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": type_url("transport_sockets.tls.v3.DownstreamTlsContext"),
        "require_client_certificate": required,
        "common_tls_context": common,
    }}})
}

/// The transport socket of a cluster.
fn upstream(fields: Value) -> Value {
    let mut config = json!({"@type": type_url("transport_sockets.tls.v3.UpstreamTlsContext")});
    for (name, value) in fields.as_object().unwrap() {
        config[name] = value.clone();
    }
    json!({"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": config}})
}

fn hello() -> Bootstrap {
    Bootstrap::new().route(direct_response(json!({"prefix": "/"}), 200, "hello"))
}

/// Adds what it is told of TLS to the response.
const TELLER: &str = r#"(module
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "connection\00requested_server_name")
  (data (i32.const 100) "connection\00tls_version")
  (data (i32.const 200) "connection\00subject_local_certificate")
  (data (i32.const 300) "connection\00subject_peer_certificate")
  (data (i32.const 400) "connection\00uri_san_peer_certificate")
  (data (i32.const 500) "request\00scheme")
  (data (i32.const 600) "x-name x-tls x-local x-peer x-uri x-scheme")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func $tell (param $path i32) (param $length i32) (param $name i32) (param $name_length i32)
    (if (i32.eqz (call $property (local.get $path) (local.get $length) (i32.const 700) (i32.const 704)))
      (then (drop (call $add (i32.const 2) (local.get $name) (local.get $name_length)
        (i32.load (i32.const 700)) (i32.load (i32.const 704)))))))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (call $tell (i32.const 0) (i32.const 32) (i32.const 600) (i32.const 6))
    (call $tell (i32.const 100) (i32.const 22) (i32.const 607) (i32.const 5))
    (call $tell (i32.const 200) (i32.const 36) (i32.const 613) (i32.const 7))
    (call $tell (i32.const 300) (i32.const 35) (i32.const 621) (i32.const 6))
    (call $tell (i32.const 400) (i32.const 35) (i32.const 628) (i32.const 5))
    (call $tell (i32.const 500) (i32.const 14) (i32.const 634) (i32.const 8))
    (i32.const 0)))"#;

#[test]
fn plugins_are_told_who_speaks() {
    let authority = Authority::new("Authority");
    let own = authority.issue("own", &["a.test"]);
    let common =
        json!({"tls_certificates": [certificate(&own)], "validation_context": {"trusted_ca": pem(&authority.pem())}});
    let bootstrap = hello().chain(downstream(common, false)).plugin("teller", TELLER);
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Client::new("a.test");
    client.identity = Some(authority.issue("client", &["spiffe://one", "spiffe://two"]));
    let answer = client.get(proxy.address(), "/").unwrap();
    for line in [
        "x-name: a.test",
        "x-tls: TLSv1.3",
        "x-local: CN=own",
        "x-peer: CN=client",
        "x-uri: spiffe://one",
        "x-scheme: https",
    ] {
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{line}: {answer}");
    }
    // A certificate is not asked for in vain, but neither required.
    client.identity = None;
    client.versions = vec![&rustls::version::TLS12];
    let answer = client.get(proxy.address(), "/").unwrap();
    assert!(answer.contains("\r\nx-tls: TLSv1.2\r\n") && answer.contains("\r\nx-peer: \r\n"), "{answer}");
    assert_eq!(proxy.stats()["listener.main.ssl.handshake"], 2);
    let dump = proxy.admin("/config_dump");
    assert!(
        dump.text().contains("BEGIN CERTIFICATE") && !dump.text().contains("PRIVATE KEY"),
        "the key is nobody's to see"
    );
}

#[test]
fn upstreams_are_told_whose_certificate_a_client_has_shown() {
    let authority = Authority::new("Authority");
    let own = authority.issue("own", &["a.test", "spiffe://own"]);
    let identity = authority.issue("client", &["One.test", "two.test", "spiffe://one"]);
    let digest: String = sha2::Sha256::digest(der(&identity)).iter().map(|byte| format!("{byte:02x}")).collect();
    let told =
        format!("By=spiffe://own;Hash={digest};Subject=\"CN=client\";URI=spiffe://one;DNS=One.test;DNS=two.test");
    let common =
        json!({"tls_certificates": [certificate(&own)], "validation_context": {"trusted_ca": pem(&authority.pem())}});
    let server = Upstream::start(mirror);
    for (action, with, without) in [
        ("SANITIZE_SET", Some(told.clone()), None),
        ("APPEND_FORWARD", Some(format!("By=x,By=y,{told}")), None),
        ("FORWARD_ONLY", Some("By=x,By=y".to_owned()), None),
        ("SANITIZE", None, None),
        ("ALWAYS_FORWARD_ONLY", Some("By=x,By=y".to_owned()), Some("By=x,By=y")),
    ] {
        let manager = json!({"forward_client_cert_details": action,
            "set_current_client_cert_details": {"subject": true, "uri": true, "dns": true}});
        let bootstrap = Bootstrap::to(server.address).manager(manager).chain(downstream(common.clone(), false));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = Client::new("a.test");
        for (shown, expected) in [(Some(&identity), with.as_deref()), (None, without)] {
            client.identity = shown.cloned();
            let mut stream = client.connect(proxy.address()).unwrap();
            let said = "x-forwarded-client-cert: By=x\r\nx-forwarded-client-cert: By=y\r\n";
            write!(stream, "GET / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n{said}\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let seen = answer.lines().find_map(|line| line.strip_prefix("x-forwarded-client-cert: "));
            assert_eq!(seen, expected, "{action}: {answer}");
        }
    }
}

#[test]
fn a_certificate_is_shown_by_the_name_that_is_asked_for() {
    let authority = Authority::new("Authority");
    let (first, wild) = (authority.issue("first", &["a.test"]), authority.issue("wild", &["*.b.test"]));
    let common = json!({"tls_certificates": [certificate(&first), certificate(&wild)]});
    let bootstrap = hello().chain(downstream(common, false));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for (name, expected) in
        [("a.test", &first), ("x.b.test", &wild), ("X.B.TEST", &wild), ("b.test", &first), ("else", &first)]
    {
        let stream = Client::new(name).connect(proxy.address()).unwrap();
        assert_eq!(shown(&stream), der(expected), "{name}");
    }
}

#[test]
fn the_version_of_http_is_agreed_on_or_sniffed() {
    let authority = Authority::new("Authority");
    let common = json!({"tls_certificates": [certificate(&authority.issue("own", &["a.test"]))], "alpn_protocols": ["h2", "http/1.1"]});
    let bootstrap = hello().chain(downstream(common, false));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Client::new("a.test");
    for (offered, agreed) in [
        (vec!["http/1.1"], Some(&b"http/1.1"[..])),
        (vec!["http/1.1", "h2"], Some(b"h2")),
        (vec!["spdy"], None),
        (vec![], None),
    ] {
        client.alpn = offered;
        let stream = client.connect(proxy.address()).unwrap();
        assert_eq!(stream.conn.alpn_protocol(), agreed, "{:?}", client.alpn);
    }
    assert!(client.get(proxy.address(), "/").unwrap().ends_with("hello"));
    // With and without a word about it.
    for alpn in [vec!["h2"], vec![]] {
        client.alpn = alpn;
        let (address, config) = (proxy.address(), std::sync::Arc::new(client.config()));
        let mut http2 = Http2::over(async move {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            tokio_rustls::TlsConnector::from(config).connect("a.test".try_into().unwrap(), stream).await.unwrap()
        });
        assert_eq!(http2.get("/").unwrap().text(), "hello");
    }
}

#[test]
fn a_client_without_the_right_certificate_is_turned_away_and_counted() {
    let (authority, stranger) = (Authority::new("Authority"), Authority::new("Stranger"));
    let validation = json!({
        "trusted_ca": pem(&authority.pem()),
        "match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"prefix": "spiffe://good/"}}],
    });
    let common = json!({"tls_certificates": [certificate(&authority.issue("own", &["a.test"]))], "validation_context": validation});
    let bootstrap = hello().chain(downstream(common, true));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Client::new("a.test");
    for (identity, is_good) in [
        (Some(authority.issue("good", &["spiffe://good/one"])), true),
        (Some(authority.issue("another name", &["spiffe://bad/one"])), false),
        (Some(stranger.issue("another authority", &["spiffe://good/one"])), false),
        (None, false),
    ] {
        client.identity = identity;
        let answer = client.get(proxy.address(), "/");
        assert_eq!(answer.is_ok(), is_good, "{answer:?}");
    }
    let count = |name: &str| proxy.stats()[&format!("listener.main.ssl.{name}")];
    let counted =
        ["handshake", "fail_verify_error", "fail_verify_san", "fail_verify_no_cert", "no_certificate"].map(count);
    assert_eq!(counted, [1, 1, 1, 1, 0]);
}

#[test]
fn what_is_no_tls_ends_a_connection_and_nothing_else() {
    let authority = Authority::new("Authority");
    let common = json!({
        "tls_certificates": [certificate(&authority.issue("own", &["a.test"]))],
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_3"},
    });
    let bootstrap = hello().chain(downstream(common, false));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for sent in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\xff\xff\x01\xff\xff\xff", b"\x16\x03\x01\0\x05\x01\0\0\x01\0"]
    {
        let mut wire = proxy.connect();
        wire.send(sent).unwrap();
        wire.finish_sending();
        let _ = wire.rest();
    }
    let mut old = Client::new("a.test");
    old.versions = vec![&rustls::version::TLS12];
    assert!(old.connect(proxy.address()).is_err());
    assert!(Client::new("a.test").get(proxy.address(), "/").unwrap().ends_with("hello"));
    proxy.wait_for_stats(|stats| stats["listener.main.ssl.connection_error"] == 4);
}

#[test]
fn a_handshake_that_takes_too_long_is_broken_off() {
    let authority = Authority::new("Authority");
    let common = json!({"tls_certificates": [certificate(&authority.issue("own", &["a.test"]))]});
    let bootstrap =
        hello().chain(downstream(common, false)).chain(json!({"transport_socket_connect_timeout": "0.05s"}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for begun in [&b""[..], b"\x16\x03\x01"] {
        let mut wire = proxy.connect();
        wire.send(begun).unwrap();
        assert!(wire.is_closed());
    }
    proxy.wait_for_stats(|stats| stats["listener.main.downstream_cx_transport_socket_connect_timeout"] == 2);
}

#[test]
fn filter_chains_are_chosen_by_what_tls_asks_for() {
    let authority = Authority::new("Authority");
    let upstream = Upstream::start(echo);
    let chain = |names: &[&str], transport: Option<&str>, tls: bool, said: &str| {
        let mut chain = json!({
            "filter_chain_match": {"server_names": names, "transport_protocol": transport.unwrap_or_default()},
            "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
                "@type": type_url("filters.network.http_connection_manager.v3.HttpConnectionManager"),
                "stat_prefix": said,
                "route_config": {"virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [direct_response(json!({"prefix": "/"}), 200, said)]}]},
                "http_filters": [{"name": "envoy.filters.http.router"}],
            }}],
        });
        if tls {
            let common = json!({"tls_certificates": [certificate(&authority.issue(said, &["a.test"]))]});
            chain["transport_socket"] = downstream(common, false)["transport_socket"].clone();
        }
        chain
    };
    let chains = json!([
        chain(&["a.test", "c.test"], None, true, "exact"),
        chain(&["*.a.test"], Some("tls"), true, "suffix"),
        chain(&["*.b.a.test"], None, true, "longer"),
        chain(&[], Some("raw_buffer"), false, "plain"),
    ]);
    let bootstrap = Bootstrap::to(upstream.address).listener(json!({"filter_chains": chains}));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    for (name, expected) in [("a.test", "exact"), ("c.test", "exact"), ("x.a.test", "suffix"), ("X.b.a.test", "longer")]
    {
        assert!(Client::new(name).get(proxy.address(), "/").unwrap().ends_with(expected), "{name}");
    }
    assert_eq!(proxy.connect().get("/").unwrap().text(), "plain");
    assert!(Client::new("else.test").connect(proxy.address()).is_err());
    assert_eq!(proxy.stats()["listener.main.no_filter_chain_match"], 1);
}

#[test]
fn tls_can_be_passed_through_by_name_and_taken_off_in_front_of_tcp() {
    let authority = Authority::new("Authority");
    let behind = server(&authority, &authority.issue("behind", &["behind.test"]));
    // As it comes: the client sees the certificate of the server behind.
    let passing =
        Bootstrap::tcp(behind, json!({})).chain(json!({"filter_chain_match": {"server_names": ["behind.test"]}}));
    let proxy = Proxy::start(&passing.write(), &[]);
    assert!(
        Client::new("behind.test")
            .get(proxy.address(), "/")
            .unwrap()
            .ends_with("asked for behind.test, certificate: none")
    );
    assert!(Client::new("other.test").connect(proxy.address()).is_err());
    // Taken off, and put on again.
    let own = authority.issue("own", &["own.test"]);
    let common = json!({"tls_certificates": [certificate(&own)]});
    let again = Bootstrap::tcp(behind, json!({}))
        .chain(downstream(common, false))
        .cluster_fields(&upstream(json!({"sni": "inner.test"})));
    let proxy = Proxy::start(&again.write(), &[]);
    let client = Client::new("own.test");
    assert_eq!(shown(&client.connect(proxy.address()).unwrap()), der(&own));
    assert!(client.get(proxy.address(), "/").unwrap().ends_with("asked for inner.test, certificate: none"));
}

#[test]
fn much_passes_tcp_under_tls_in_both_directions() {
    let authority = Authority::new("Authority");
    let upstream = Upstream::start(|wire| {
        let sent = wire.bytes(3_000_000)?;
        wire.send(sent)
    });
    let common = json!({"tls_certificates": [certificate(&authority.issue("own", &["a.test"]))]});
    let bootstrap = Bootstrap::tcp(upstream.address, json!({})).chain(downstream(common, false));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut stream = Client::new("a.test").connect(proxy.address()).unwrap();
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    stream.write_all(&sent).unwrap();
    stream.flush().unwrap();
    let mut back = vec![0; sent.len()];
    stream.read_exact(&mut back).unwrap();
    assert!(back == sent, "what comes back is what was sent");
}

#[test]
fn upstreams_are_believed_as_configured() {
    let (authority, stranger) = (Authority::new("Authority"), Authority::new("Stranger"));
    let address = server(&authority, &authority.issue("up", &["up.test"]));
    let names = |name: &str| json!([{"san_type": "DNS", "matcher": {"exact": name}}]);
    let trusted = |authority: &Authority| json!({"trusted_ca": pem(&authority.pem())});
    let named = |name: &str| {
        let mut validation = trusted(&authority);
        validation["match_typed_subject_alt_names"] = names(name);
        validation
    };
    let with_own = json!({
        "validation_context": trusted(&authority),
        "tls_certificates": [certificate(&authority.issue("us", &["us.test"]))],
    });
    for (fields, expected) in [
        (json!({}), Ok("asked for nobody, certificate: none")),
        (json!({"sni": "x.test"}), Ok("asked for x.test, certificate: none")),
        (
            json!({"sni": "x.test", "common_tls_context": {"validation_context": trusted(&authority)}}),
            Ok("asked for x.test, certificate: none"),
        ),
        (json!({"sni": "x.test", "common_tls_context": with_own}), Ok("asked for x.test, certificate: one")),
        (
            json!({"common_tls_context": {"validation_context": named("up.test")}}),
            Ok("asked for nobody, certificate: none"),
        ),
        (
            json!({"common_tls_context": {"validation_context": named("x.test")}}),
            Err("no_name_of_the_certificate_matches"),
        ),
        (
            json!({"common_tls_context": {"validation_context": trusted(&stranger)}}),
            Err("TLS_error:_invalid_peer_certificate:_UnknownIssuer"),
        ),
    ] {
        // Clients are not told why; the operator decides to tell them here.
        let why = json!({"body_format": {"text_format": "%LOCAL_REPLY_BODY% %UPSTREAM_TRANSPORT_FAILURE_REASON%"}});
        let bootstrap = Bootstrap::to(address).cluster_fields(&upstream(fields.clone()));
        let bootstrap = bootstrap.manager(json!({"local_reply_config": why}));
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let answer = proxy.connect().get("/").unwrap();
        match expected {
            Ok(text) => assert_eq!((answer.head.status(), answer.text()), (200, text), "{fields}"),
            Err(why) => {
                assert_eq!(answer.head.status(), 503, "{fields}");
                let text = answer.text();
                assert!(
                    text.starts_with("upstream connect error or disconnect/reset before headers. reset reason: "),
                    "{text}"
                );
                assert!(text.contains(why), "{text}");
            }
        }
    }
}

/// Most of these names were taken for none of Envoy's, and files with them were refused.
#[test]
fn logs_and_answers_tell_whose_certificates_were_shown_on_both_sides() {
    let authority = Authority::new("Authority");
    let own = authority.issue("own", &["a.test", "spiffe://own"]);
    let address = server(&authority, &authority.issue("up", &["up.test", "spiffe://up"]));
    let trusted = json!({"trusted_ca": pem(&authority.pem())});
    let common = json!({"tls_certificates": [certificate(&own)], "validation_context": trusted});
    let with_own = json!({
        "validation_context": trusted,
        "tls_certificates": [certificate(&authority.issue("us", &["us.test", "spiffe://us"]))],
    });
    let told = [
        ("DOWNSTREAM_PEER_DNS_SAN", "one.test,two.test"),
        ("DOWNSTREAM_PEER_URI_SAN", "spiffe://one"),
        ("DOWNSTREAM_LOCAL_SUBJECT", "CN=own"),
        ("DOWNSTREAM_LOCAL_DNS_SAN", "a.test"),
        ("DOWNSTREAM_LOCAL_URI_SAN", "spiffe://own"),
        ("UPSTREAM_TLS_VERSION", "TLSv1.3"),
        ("UPSTREAM_SERVER_NAME", "x.test"),
        ("UPSTREAM_PEER_SUBJECT", "CN=up"),
        ("UPSTREAM_PEER_DNS_SAN", "up.test"),
        ("UPSTREAM_PEER_URI_SAN", "spiffe://up"),
        ("UPSTREAM_LOCAL_DNS_SAN", "us.test"),
        ("UPSTREAM_LOCAL_URI_SAN", "spiffe://us"),
        ("UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", "127.0.0.1"),
        ("UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", "127.0.0.1"),
        ("UPSTREAM_REMOTE_PORT", &address.port().to_string()),
    ];
    let headers: Vec<_> = told
        .iter()
        .map(|(name, _)| json!({"header": {"key": format!("x-{}", name.replace('_', "-")), "value": format!("%{name}%")}}))
        .collect();
    let bootstrap = Bootstrap::to(address)
        .cluster_fields(&upstream(json!({"sni": "x.test", "common_tls_context": with_own})))
        .host_fields(json!({"response_headers_to_add": headers}))
        .chain(downstream(common, false));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let mut client = Client::new("a.test");
    client.identity = Some(authority.issue("client", &["one.test", "two.test", "spiffe://one"]));
    let answer = client.get(proxy.address(), "/").unwrap();
    for (name, value) in told {
        let line = format!("\r\nx-{}: {value}\r\n", name.replace('_', "-").to_ascii_lowercase());
        assert!(answer.contains(&line), "{line}: {answer}");
    }
}

#[test]
fn handshakes_with_upstreams_are_counted_by_how_they_end() {
    let (authority, stranger) = (Authority::new("Authority"), Authority::new("Stranger"));
    let address = server(&authority, &authority.issue("up", &["up.test"]));
    let trusting = |authority: &Authority, name: &str| {
        json!({"common_tls_context": {"validation_context": {
            "trusted_ca": pem(&authority.pem()),
            "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": name}}],
        }}})
    };
    let plain = Upstream::start(|wire| wire.send("220 no TLS here\r\n"));
    let gone = Upstream::start(|wire| wire.bytes(1).map(drop));
    for (address, fields, expected) in [
        (address, trusting(&authority, "up.test"), Some("handshake")),
        (address, trusting(&authority, "x.test"), Some("fail_verify_san")),
        (address, trusting(&stranger, "up.test"), Some("fail_verify_error")),
        (plain.address, trusting(&authority, "up.test"), Some("connection_error")),
        (gone.address, trusting(&authority, "up.test"), None),
    ] {
        let proxy = Proxy::start(&Bootstrap::to(address).cluster_fields(&upstream(fields)).write(), &[]);
        let answer = proxy.connect().get("/").unwrap();
        assert_eq!(answer.head.status() == 200, expected == Some("handshake"), "{expected:?}");
        let stats = proxy.stats();
        let counted: Vec<_> = stats
            .iter()
            .filter_map(|(name, count)| Some((name.strip_prefix("cluster.upstream.ssl.")?, *count)))
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(counted, expected.map(|name| (name, 1)).into_iter().collect::<Vec<_>>());
    }
}

/// In TLS 1.3, the upstream says so when we have agreed on all else; logs had no reason then.
#[test]
fn why_an_upstream_refuses_our_certificate_is_told() {
    let (authority, stranger) = (Authority::new("Authority"), Authority::new("Stranger"));
    let asking = json!({
        "tls_certificates": [certificate(&authority.issue("up", &["up.test"]))],
        "validation_context": {"trusted_ca": pem(&authority.pem())},
    });
    let upstream_proxy = Proxy::start(&hello().chain(downstream(asking, true)).write(), &[]);
    let theirs =
        json!({"common_tls_context": {"tls_certificates": [certificate(&stranger.issue("us", &["us.test"]))]}});
    for (fields, alert) in [(json!({}), "CertificateRequired"), (theirs, "UnknownCA")] {
        let why = json!({"body_format": {"text_format": "%RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON%"}});
        let bootstrap = Bootstrap::to(upstream_proxy.address()).cluster_fields(&upstream(fields));
        let bootstrap = bootstrap.manager(json!({"local_reply_config": why}));
        let answer = Proxy::start(&bootstrap.write(), &[]).connect().get("/").unwrap();
        let told = format!("UC TLS_error:_received_fatal_alert:_{alert}");
        assert_eq!((answer.head.status(), answer.text()), (503, &*told));
    }
}

#[test]
fn an_upstream_can_be_asked_which_http_it_speaks() {
    let authority = Authority::new("Authority");
    // The proxy itself is the upstream, once with both versions and once with one.
    for (alpn, expected) in [(json!(["h2", "http/1.1"]), "HTTP/2"), (json!(["http/1.1"]), "HTTP/1.1")] {
        let common =
            json!({"tls_certificates": [certificate(&authority.issue("own", &["a.test"]))], "alpn_protocols": alpn});
        let teller =
            TELLER.replace("request\\00scheme", "request\\00protocol").replace("(i32.const 14)", "(i32.const 16)");
        let behind = hello().chain(downstream(common, false)).plugin("teller", &teller);
        let behind = Proxy::start(&behind.write(), &[]);
        let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        let auto = json!({"typed_extension_protocol_options": {options: {"@type": format!("type.googleapis.com/{options}"), "auto_config": {}}}});
        let bootstrap = Bootstrap::to(behind.address()).cluster_fields(&upstream(json!({}))).cluster_fields(&auto);
        let proxy = Proxy::start(&bootstrap.write(), &[]);
        let mut client = proxy.connect();
        for _ in 0..3 {
            let answer = client.get("/").unwrap();
            assert_eq!((answer.text(), answer.head.field("x-scheme")), ("hello", Some(expected)));
        }
        assert_eq!(behind.stats()["http.test.downstream_cx_total"], 1, "{expected}");
    }
}

#[test]
fn certificates_that_cannot_be_used_are_told_at_load() {
    let authority = Authority::new("Authority");
    let (own, other) = (authority.issue("own", &["a.test"]), authority.issue("other", &["b.test"]));
    let mixed = Identity { certificate: own.certificate.clone(), key: other.key.clone() };
    for (common, why) in [
        (json!({"tls_certificates": [certificate(&mixed)]}), "private_key does not belong to the first certificate"),
        (
            json!({"tls_certificates": [{"certificate_chain": pem("nothing"), "private_key": pem(&own.key)}]}),
            "certificate_chain holds no certificate in PEM",
        ),
        (
            json!({"tls_certificates": [{"certificate_chain": pem(&own.certificate), "private_key": pem("secret stuff")}]}),
            "private_key holds no private key in PEM",
        ),
        (
            json!({"tls_certificates": [{"certificate_chain": {"filename": "absent.pem"}, "private_key": pem(&own.key)}]}),
            "there is no file absent.pem",
        ),
        (
            json!({"tls_certificates": [certificate(&own)], "validation_context": {"trusted_ca": pem("")}}),
            "trusted_ca holds no certificate in PEM",
        ),
    ] {
        let bootstrap = hello().chain(downstream(common, false));
        let config = bootstrap.write();
        for command in ["run", "validate"] {
            let finished = Program::start(config.parent().unwrap(), [command, config.to_str().unwrap()]).wait();
            assert_eq!(finished.status.code(), Some(1), "{finished:?}");
            assert!(finished.stderr.iter().any(|line| line.contains(why)), "{why}: {finished:?}");
            let printed = finished.printed();
            assert!(!printed.contains("secret stuff") && !printed.contains("PRIVATE KEY-----\n"), "{printed}");
        }
    }
}

#[test]
fn certificates_can_stand_in_files() {
    let authority = Authority::new("Authority");
    let own = authority.issue("own", &["a.test"]);
    let files = json!({"certificate_chain": {"filename": "own.pem"}, "private_key": {"filename": "own.key"}});
    let bootstrap = hello()
        .file("own.pem", &own.certificate)
        .file("own.key", &own.key)
        .chain(downstream(json!({"tls_certificates": [files]}), false));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    assert_eq!(shown(&Client::new("a.test").connect(proxy.address()).unwrap()), der(&own));
}

#[test]
fn certificates_are_listed_with_the_days_that_they_are_good_for() {
    let authority = Authority::new("authority");
    let identity = authority.issue("server", &["a.test"]);
    let common = json!({
        "tls_certificates": [{"certificate_chain": {"filename": "own.pem"}, "private_key": pem(&identity.key)}],
        "validation_context": {"trusted_ca": pem(&authority.pem())},
    });
    let bootstrap = hello().file("own.pem", &identity.certificate).chain(downstream(common, false));
    let proxy = Proxy::start(&bootstrap.write(), &[]);
    let listed: Value = serde_json::from_slice(&proxy.admin("/certs").body).unwrap();
    let (own, ca) = (&listed["certificates"][0]["cert_chain"][0], &listed["certificates"][0]["ca_cert"][0]);
    assert_eq!((&own["path"], &ca["path"]), (&json!("own.pem"), &json!("<inline>")), "{listed}");
    assert_eq!(own["subject_alt_names"], json!([{"dns": "a.test"}]));
    let days = |of: &Value| of["days_until_expiration"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(days(own) > 1000, "{listed}");
    assert_eq!(proxy.stats()["server.days_until_first_cert_expiring"], days(own).min(days(ca)));
}
