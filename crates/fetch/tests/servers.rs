//! Modules from servers: what is taken, what is not and why, and what is asked for again.

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::{Identity, Reply, Server, fetch, often, once, settings};
use tollgate_cache::Store;
use tollgate_fetch::{Digest, Fetcher, Kind, ServerTls, Settings, Source, Way};

const MODULE: &[u8] = b"a module";

fn pinned(source: Source) -> Source {
    Source { sha256: Some(Digest::of(MODULE)), ..source }
}

#[test]
fn a_module_by_http_and_by_https() {
    let server = Server::http(|_| Reply::body(MODULE));
    let fetched = fetch(settings(), None, &pinned(once(server.url("http", "/a/b.wasm?c=d")))).unwrap();
    assert_eq!((&**fetched.bytes, fetched.digest), (MODULE, Digest::of(MODULE)));
    assert!(matches!(fetched.way, Way::Fetched));
    let asked = server.asked();
    assert_eq!(asked[0].line(), "GET /a/b.wasm?c=d");
    assert_eq!(asked[0].field("host"), Some(&*server.address.to_string()));

    let identity = Identity::of(&["127.0.0.1"]);
    let server = Server::https(&identity, |_| Reply::body(MODULE));
    let trusting = Settings { ca_file: Some(identity.ca_file()), ..settings() };
    let fetched = fetch(trusting, None, &once(server.url("https", "/"))).unwrap();
    assert_eq!(&**fetched.bytes, MODULE);
}

#[test]
fn another_address_is_asked_for_what_the_uri_says() {
    let identity = Identity::of(&["code.test"]);
    let server = Server::https(&identity, |_| Reply::body(MODULE));
    let gone = Server::http(|_| Reply::Never).address;
    let via = [gone, server.address].map(|address| (address.ip().to_string(), address.port())).to_vec();
    let source = Source { via, ..once("https://code.test/p.wasm") };
    let trusting = Settings { ca_file: Some(identity.ca_file()), ..settings() };
    fetch(trusting, None, &source).unwrap();
    assert_eq!(server.asked()[0].field("host"), Some("code.test"));
}

#[test]
fn tls_of_its_own() {
    let identity = Identity::of(&["inside.test"]);
    let server = Server::https(&identity, |_| Reply::body(MODULE));
    let source = |name: &str, identity: &Identity| Source {
        tls: Some(ServerTls { name: Some(name.to_owned()), ca: Some(std::fs::read(identity.ca_file()).unwrap()) }),
        via: vec![(server.address.ip().to_string(), server.address.port())],
        ..once("http://outside.test/p.wasm")
    };
    fetch(settings(), None, &source("inside.test", &identity)).unwrap();
    assert_eq!(server.asked()[0].field("host"), Some("outside.test"));
    let other = Identity::of(&["inside.test"]);
    for wrong in [source("outside.test", &identity), source("inside.test", &other)] {
        assert_eq!(fetch(settings(), None, &wrong).unwrap_err().kind(), Kind::Tls);
    }
}

#[test]
fn a_certificate_is_looked_at() {
    let (identity, other) = (Identity::of(&["code.test"]), Identity::of(&["127.0.0.1"]));
    let server = Server::https(&identity, |_| Reply::body(MODULE));
    let plain = Server::http(|_| Reply::body(MODULE));
    let not_there = Some(PathBuf::from("/nowhere/ca.pem"));
    for (ca_file, url, kind, why) in [
        (Some(identity.ca_file()), server.url("https", "/"), Kind::Tls, "NotValidForName"),
        (Some(other.ca_file()), server.url("https", "/"), Kind::Tls, "is not accepted: "),
        (Some(other.ca_file()), plain.url("https", "/"), Kind::Connect, "does not speak TLS"),
        (not_there, server.url("https", "/"), Kind::Source, "/nowhere/ca.pem"),
    ] {
        let error = fetch(Settings { ca_file, ..settings() }, None, &once(url)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    assert!(server.asked().is_empty(), "nothing was said to who is not trusted");
}

#[test]
fn what_is_no_module_is_not_taken() {
    let long = |length: usize| format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nshort").into_bytes();
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let endless = [chunked.clone(), b"40\r\n".to_vec(), vec![b'x'; 64], b"\r\n".to_vec()].concat();
    for (reply, kind, why) in [
        (Reply::status(404), Kind::Status(404), "has answered 404"),
        (Reply::status(204), Kind::Status(204), "has answered 204"),
        (Reply::status(304), Kind::Status(304), "has answered 304"),
        (Reply::body(""), Kind::Empty, "answered with nothing"),
        (Reply::body("another"), Kind::Digest, "has another module than sha256 says: "),
        (Reply::Raw(long(9)), Kind::Http, "breaks off"),
        (Reply::Raw(long(51)), Kind::TooLarge, "than the 50 bytes that are allowed (--fetch-size)"),
        (Reply::Raw(long(1 << 60)), Kind::TooLarge, "than the 50 bytes"),
        (Reply::Raw(chunked), Kind::Http, "breaks off"),
        (Reply::Raw(endless), Kind::TooLarge, "than the 50 bytes"),
        (Reply::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec()), Kind::Http, "is no HTTP/1.1"),
        (Reply::Raw(Vec::new()), Kind::Http, "breaks off"),
    ] {
        let answer = reply.clone();
        let server = Server::http(move |_| answer.clone());
        let small = Settings { size: 50, ..settings() };
        let error = fetch(small, None, &pinned(once(server.url("http", "/p.wasm?secret")))).unwrap_err();
        assert_eq!(error.kind(), kind, "{reply:?}: {error}");
        let text = error.to_string();
        assert!(text.contains(why) && text.contains("/p.wasm") && !text.contains("secret"), "{reply:?}: {error}");
        assert_eq!(server.lines().len(), 1);
    }
}

#[test]
fn redirects_are_followed_to_an_end() {
    let target = Server::http(|_| Reply::body(MODULE));
    let to = target.url("http", "/there");
    let server = Server::http(move |asked| match &*asked.target {
        "/a/1" => Reply::to("2?x"),
        "/a/2?x" => Reply::to("/3"),
        "/3" => Reply::to(to.clone()),
        "/round" => Reply::to("/round"),
        _ => Reply::to("ftp://elsewhere/"),
    });
    fetch(settings(), None, &once(server.url("http", "/a/1"))).unwrap();
    assert_eq!(server.lines(), ["GET /a/1", "GET /a/2?x", "GET /3"]);
    assert_eq!(target.lines(), ["GET /there"]);
    for (path, why) in [("/round", "redirected more than 5 times"), ("/ftp", "neither https:// nor http://")] {
        let error = fetch(settings(), None, &once(server.url("http", path))).unwrap_err();
        assert_eq!(error.kind(), Kind::Redirect);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_redirect_never_leaves_https() {
    let target = Server::http(|_| Reply::body(MODULE));
    let to = target.url("http", "/there");
    let identity = Identity::of(&["127.0.0.1"]);
    let server = Server::https(&identity, move |_| Reply::to(to.clone()));
    let trusting = Settings { ca_file: Some(identity.ca_file()), ..settings() };
    let error = fetch(trusting, None, &once(server.url("https", "/"))).unwrap_err();
    assert_eq!(error.kind(), Kind::Redirect);
    assert!(error.to_string().contains("from HTTPS to HTTP"), "{error}");
    assert!(target.lines().is_empty());
}

#[test]
fn what_may_pass_is_tried_again() {
    let count = AtomicUsize::new(0);
    let server = Server::http(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::status(503),
        1 => Reply::body("not yet the right one"),
        2 => Reply::Raw(Vec::new()),
        _ => Reply::body(MODULE),
    });
    fetch(settings(), None, &pinned(often(server.url("http", "/"), 3))).unwrap();
    assert_eq!(server.lines().len(), 4);

    let server = Server::http(|_| Reply::status(503));
    let error = fetch(settings(), None, &often(server.url("http", "/"), 2)).unwrap_err();
    assert!(error.to_string().starts_with("after 3 attempts: "), "{error}");
    assert_eq!(server.lines().len(), 3);

    let server = Server::http(|_| Reply::body(MODULE));
    let small = Settings { size: 1, ..settings() };
    fetch(small, None, &often(server.url("http", "/"), 2)).unwrap_err();
    assert_eq!(server.lines().len(), 1, "it would be as large again");
}

#[test]
fn nobody_is_waited_for_beyond_the_time() {
    let server = Server::http(|_| Reply::Never);
    let brief = Duration::from_millis(20);
    let source = Source { timeout: Some(brief), ..often(server.url("http", "/"), 1) };
    let error = fetch(settings(), None, &source).unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.to_string().contains("after 2 attempts: it was not there after 20ms (http_uri.timeout)"), "{error}");

    let error = fetch(Settings { total: brief, ..settings() }, None, &once(server.url("http", "/"))).unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.to_string().contains("--fetch-timeout"), "{error}");
}

#[test]
fn nobody_there_is_an_error_that_says_where() {
    let address = Server::http(|_| Reply::Never).address;
    let error = fetch(settings(), None, &once(format!("http://{address}/"))).unwrap_err();
    assert_eq!(error.kind(), Kind::Connect);
    assert!(error.to_string().contains(&format!("{address} cannot be connected to")), "{error}");
}

#[test]
fn what_is_known_by_its_digest_is_fetched_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Some(folder.path());
    let server = Server::http(|_| Reply::body(MODULE));
    let source = pinned(once(server.url("http", "/a")));
    assert!(matches!(fetch(settings(), store, &source).unwrap().way, Way::Fetched));
    drop(server);
    assert!(matches!(fetch(settings(), store, &source).unwrap().way, Way::Kept));
    // The same module is the same wherever it is from.
    let elsewhere = pinned(once("https://nowhere.invalid/b"));
    assert_eq!(&**fetch(settings(), store, &elsewhere).unwrap().bytes, MODULE);
    // The same place without a digest is asked; that it gave the module to one who knew it proves nothing.
    fetch(settings(), store, &once(source.uri)).unwrap_err();
}

#[test]
fn what_is_not_pinned_is_asked_for_again_and_the_last_good_one_serves() {
    let folder = tempfile::tempdir().unwrap();
    let store = Some(folder.path());
    let count = AtomicUsize::new(0);
    let server = Server::http(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::body("one").with("etag", "\"1\"").with("last-modified", "yesterday"),
        1 => Reply::status(304),
        2 => Reply::body("two"),
        3 => Reply::status(500),
        4 => Reply::body(""),
        _ => Reply::body("three"),
    });
    let source = once(server.url("http", "/a"));
    let next = || {
        let fetched = fetch(settings(), store, &source).unwrap();
        (String::from_utf8(fetched.bytes.to_vec()).unwrap(), fetched.way)
    };
    assert!(matches!(next(), (text, Way::Fetched) if text == "one"));
    assert!(matches!(next(), (text, Way::Unchanged) if text == "one"));
    assert!(matches!(next(), (text, Way::Fetched) if text == "two"));
    assert!(matches!(next(), (text, Way::Stale(error)) if text == "two" && error.kind() == Kind::Status(500)));
    assert!(matches!(next(), (text, Way::Stale(error)) if text == "two" && error.kind() == Kind::Empty));
    assert!(matches!(next(), (text, Way::Fetched) if text == "three"));
    let asked = server.asked();
    let conditions: Vec<_> = asked.iter().map(|asked| asked.field("if-none-match")).collect();
    assert_eq!(conditions, [None, Some("\"1\""), Some("\"1\""), None, None, None]);
    assert_eq!(asked[1].field("if-modified-since"), Some("yesterday"));
    drop(server);
    assert!(matches!(next(), (text, Way::Stale(error)) if text == "three" && error.kind() == Kind::Connect));
    fetch(settings(), None, &source).unwrap_err();
}

#[test]
fn what_was_not_taken_is_not_the_last_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = || Some(Arc::new(Store::open(folder.path(), 1 << 20).unwrap()));
    let count = AtomicUsize::new(0);
    let server = Server::http(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::body("good"),
        1 => Reply::body("bad"),
        _ => Reply::status(503),
    });
    let source = once(server.url("http", "/a"));
    fetch(settings(), Some(folder.path()), &source).unwrap();
    let fetcher = Fetcher::new(settings(), store());
    assert_eq!(&**fetcher.fetch(std::slice::from_ref(&source))[0].as_ref().unwrap().bytes, b"bad");
    assert_eq!(&**fetch(settings(), Some(folder.path()), &source).unwrap().bytes, b"good");
}

#[test]
fn what_is_damaged_on_disk_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::http(|_| Reply::body(MODULE));
    let source = pinned(once(server.url("http", "/a")));
    fetch(settings(), Some(folder.path()), &source).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::write(entry.unwrap().path(), "damaged").unwrap();
    }
    assert!(matches!(fetch(settings(), Some(folder.path()), &source).unwrap().way, Way::Fetched));
    assert!(matches!(fetch(settings(), Some(folder.path()), &source).unwrap().way, Way::Kept));
    assert_eq!(server.lines().len(), 2);
}
