//! Images from registries: every layout, tokens and passwords, digests, tags that move.

mod support;

use serde_json::json;
use std::path::Path;
use support::registry::{MODULE, Registry, archive, digest, gzip};
use support::{Asked, Identity, Reply, Server, fetch, once, settings};
use tollgate_fetch::{Credentials, Digest, FetchError, Fetched, Kind, Settings, Source, Way};

const LAYER: &str = "application/vnd.module.wasm.content.layer.v1+wasm";

/// Media types and bytes.
type Layers<'a> = &'a [(&'a str, &'a [u8])];

fn serve(registry: &Registry) -> Server {
    let registry = registry.clone();
    Server::http(move |asked| registry.answer(asked))
}

fn pull(server: &Server, name: &str, store: Option<&Path>) -> Result<Fetched, FetchError> {
    fetch(settings(), store, &image(server, name))
}

fn image(server: &Server, name: &str) -> Source {
    once(server.url("oci", &format!("/{name}")))
}

#[test]
fn every_layout() {
    let registry = Registry::default();
    let files = archive(&[("runtime-config.json", b"{}"), ("./plugin.wasm", MODULE)]);
    let packed = gzip(&files);
    let docker = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    let compat = "application/vnd.oci.image.layer.v1.tar+gzip";
    let empty = gzip(&archive(&[("etc/os-release", b"x")]));
    let images: &[(&str, Layers<'_>)] = &[
        ("docker", &[(docker, &packed)]),
        ("compat", &[(compat, &packed)]),
        ("above", &[(compat, &empty), (compat, &packed)]),
        ("below", &[(compat, &packed), (compat, &empty)]),
        ("unpacked", &[("application/vnd.oci.image.layer.v1.tar", &files)]),
        ("artefact", &[("application/vnd.module.wasm.config.v1+json", b"{}"), (LAYER, MODULE)]),
        ("single", &[(LAYER, MODULE)]),
        ("cncf", &[("application/wasm", MODULE)]),
        (
            "old",
            &[("application/vnd.wasm.config.v1+json", b"{}"), ("application/vnd.wasm.content.layer.v1+wasm", MODULE)],
        ),
        ("wrong-type", &[("application/octet-stream", MODULE)]),
        ("packed", &[("application/octet-stream", &gzip(MODULE))]),
    ];
    for (tag, layers) in images {
        registry.image("team/p", tag, layers);
    }
    let other = registry.image("team/p", "other", &[(LAYER, b"\0asm other")]);
    let wasm = registry.image("team/p", "wasm", &[(LAYER, MODULE)]);
    let with = |mut descriptor: serde_json::Value, architecture: &str| {
        descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
        descriptor
    };
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [with(other, "amd64"), with(wasm, "wasm")],
    });
    let inner = registry.manifest("team/p", "index", &index);
    registry.manifest("team/p", "nested", &json!({"schemaVersion": 2, "manifests": [inner]}));
    let server = serve(&registry);
    for tag in images.iter().map(|(tag, _)| *tag).chain(["index", "nested"]) {
        let fetched = pull(&server, &format!("team/p:{tag}"), None).unwrap_or_else(|error| panic!("{tag}: {error}"));
        assert_eq!(&**fetched.bytes, MODULE, "{tag}");
    }
    let accepted = server.asked()[0].field("accept").unwrap().to_owned();
    assert!(accepted.contains("oci.image.index") && accepted.contains("docker.distribution.manifest.v2"), "{accepted}");
}

#[test]
fn what_has_no_module_says_why() {
    let registry = Registry::default();
    let tar = "application/vnd.oci.image.layer.v1.tar+gzip";
    registry.image("p", "no-file", &[(tar, &gzip(&archive(&[("a", b"x")])))]);
    registry.image("p", "two-files", &[(tar, &gzip(&archive(&[("a.wasm", MODULE), ("b.wasm", MODULE)])))]);
    registry.image("p", "no-archive", &[(tar, b"x")]);
    registry.image("p", "zstd", &[("application/vnd.oci.image.layer.v1.tar+zstd", b"\x28\xb5\x2f\xfd")]);
    registry.image("p", "text", &[(LAYER, b"(module)")]);
    registry.image("p", "none", &[]);
    registry.put("/v2/p/manifests/html", "text/html", b"<html>");
    registry.put("/v2/p/manifests/sha512", "", br#"{"schemaVersion":2,"layers":[{"digest":"sha512:ab"}]}"#);
    let loop_of = br#"{"schemaVersion":2,"manifests":[{"digest":"sha256:DIGEST"}]}"#;
    registry.put("/v2/p/manifests/unknown", "", loop_of);
    let server = serve(&registry);
    for (tag, why) in [
        ("no-file", "there is no plugin.wasm among its files"),
        ("two-files", "several modules (a.wasm, b.wasm)"),
        ("no-archive", "no whole archive"),
        ("zstd", "zstd"),
        ("text", "does not begin with \\0asm"),
        ("none", "it has no layers"),
        ("html", "its manifest cannot be read"),
        ("sha512", "which is no SHA-256"),
        ("unknown", "which is no SHA-256"),
    ] {
        let error = pull(&server, &format!("p:{tag}"), None).unwrap_err();
        assert_eq!(error.kind(), Kind::Image, "{error}");
        assert!(error.to_string().contains(&format!("/p:{tag}: ")) && error.to_string().contains(why), "{error}");
    }
    let error = pull(&server, "p:missing", None).unwrap_err();
    assert_eq!(error.kind(), Kind::Status(404));
    assert!(error.to_string().contains("404 Not Found (MANIFEST_UNKNOWN); asked as nobody"), "{error}");
}

#[test]
fn digests_are_verified() {
    let registry = Registry::default();
    let manifest = registry.image("p", "v1", &[(LAYER, MODULE)]);
    let (manifest, module) = (digest(&manifest), Digest::of(MODULE));
    let server = serve(&registry);
    pull(&server, &format!("p@{manifest}"), None).unwrap();
    pull(&server, &format!("p:ignored@{manifest}"), None).unwrap();
    for sha256 in [manifest, module] {
        fetch(settings(), None, &Source { sha256: Some(sha256), ..image(&server, "p:v1") }).unwrap();
    }
    let wrong = Source { sha256: Some(Digest::of(b"wrong")), ..image(&server, "p:v1") };
    let error = fetch(settings(), None, &wrong).unwrap_err();
    assert_eq!(error.kind(), Kind::Digest);
    assert!(error.to_string().contains(&manifest.hex()) && error.to_string().contains(&module.hex()), "{error}");

    registry.put(&format!("/v2/p/blobs/{module}"), "", b"\0asm of somebody else");
    let error = pull(&server, "p:v1", None).unwrap_err();
    assert_eq!(error.kind(), Kind::Digest);
    assert!(error.to_string().contains("another layer than was asked for"), "{error}");
    registry.put(&format!("/v2/p/manifests/{manifest}"), "", b"{}");
    let error = pull(&server, &format!("p@{manifest}"), None).unwrap_err();
    assert!(error.to_string().contains("another manifest than was asked for"), "{error}");
}

#[test]
fn what_is_too_large_is_not_fetched_to_its_end() {
    let registry = Registry::default();
    registry.image("p", "layer", &[(LAYER, &[MODULE, &[0; 2000][..]].concat())]);
    registry.image("p", "packed", &[("a", &gzip(&[MODULE, &[0; 2000][..]].concat()))]);
    let server = serve(&registry);
    for (tag, kind) in [("layer", Kind::TooLarge), ("packed", Kind::Image)] {
        let small = Settings { size: 1000, ..settings() };
        let error = fetch(small, None, &image(&server, &format!("p:{tag}"))).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("(--fetch-size)"), "{error}");
    }
}

/// A registry that wants tokens, which it gives to `user:secret`, or to anybody for the repository `open`.
fn with_tokens(registry: &Registry) -> Server {
    let registry = registry.clone();
    Server::http(move |asked: &Asked| {
        let authorization = asked.field("authorization");
        if let Some(query) = asked.target.strip_prefix("/token?") {
            let open = query == "service=test&scope=repository%3Aopen%3Apull";
            return match authorization {
                Some("Basic dXNlcjpzZWNyZXQ=") => Reply::body(r#"{"token": "for-user"}"#),
                None if open => Reply::body(r#"{"access_token": "for-all"}"#),
                _ => Reply::status(401),
            };
        }
        let token = if asked.target.starts_with("/v2/open/") { "Bearer for-all" } else { "Bearer for-user" };
        if authorization != Some(token) {
            let host = asked.field("host").unwrap();
            let realm = format!("Bearer realm=\"http://{host}/token\",service=\"test\"");
            return Reply::status(401).with("www-authenticate", realm);
        }
        registry.answer(asked)
    })
}

fn docker_config(folder: &Path, server: &Server, user: &str) -> Settings {
    use base64::Engine as _;
    let file = folder.join("config.json");
    let auth = base64::prelude::BASE64_STANDARD.encode(user);
    let config = json!({"auths": {server.address.to_string(): {"auth": auth}}});
    std::fs::write(&file, config.to_string()).unwrap();
    Settings { credentials: Credentials::File(file), ..settings() }
}

#[test]
fn tokens_for_anybody_and_for_a_user() {
    let registry = Registry::default();
    for repository in ["open", "closed"] {
        registry.image(repository, "v1", &[(LAYER, MODULE)]);
    }
    let server = with_tokens(&registry);
    let folder = tempfile::tempdir().unwrap();
    pull(&server, "open:v1", None).unwrap();
    let layer = format!("GET /v2/open/blobs/{}", Digest::of(MODULE));
    let token = "GET /token?service=test&scope=repository%3Aopen%3Apull";
    let manifest = "GET /v2/open/manifests/v1";
    assert_eq!(server.lines(), [manifest, token, manifest, &layer]);
    let user = docker_config(folder.path(), &server, "user:secret");
    fetch(user, None, &image(&server, "closed:v1")).unwrap();
    for (settings, why) in [
        (settings(), "there are no credentials for it (--registry-config)"),
        (docker_config(folder.path(), &server, "user:wrong"), "the user \"user\" and its password are not accepted"),
    ] {
        let error = fetch(settings, None, &image(&server, "closed:v1")).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        assert!(error.to_string().contains(why) && !error.to_string().contains("wrong"), "{error}");
    }
}

#[test]
fn passwords_go_to_their_registry_only() {
    let registry = Registry::default();
    registry.image("p", "v1", &[(LAYER, MODULE)]);
    let storage = Server::http(|_| Reply::body(MODULE));
    let to = storage.url("http", "/layer");
    let server = Server::http(move |asked| match asked.field("authorization") {
        Some("Basic dXNlcjpzZWNyZXQ=") if asked.target.contains("/blobs/") => Reply::to(to.clone()),
        Some("Basic dXNlcjpzZWNyZXQ=") => registry.answer(asked),
        _ => Reply::status(401).with("www-authenticate", "Basic realm=\"test\""),
    });
    let folder = tempfile::tempdir().unwrap();
    let user = docker_config(folder.path(), &server, "user:secret");
    fetch(user, None, &image(&server, "p:v1")).unwrap();
    assert_eq!(storage.asked()[0].field("authorization"), None);
    let error = pull(&server, "p:v1", None).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(error.to_string().contains("asks for a user and a password"), "{error}");
}

#[test]
fn a_token_is_not_asked_for_without_tls_by_a_registry_with_it() {
    let stranger = Server::http(|_| Reply::body(r#"{"token": "x"}"#));
    let realm = format!("Bearer realm=\"{}\"", stranger.url("http", "/token"));
    let identity = Identity::of(&["127.0.0.1"]);
    let server = Server::https(&identity, move |_| Reply::status(401).with("www-authenticate", realm.clone()));
    let trusting = Settings { ca_file: Some(identity.ca_file()), ..settings() };
    let error = fetch(trusting, None, &image(&server, "p:v1")).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(error.to_string().contains("is not HTTPS, and not asked"), "{error}");
    assert!(stranger.lines().is_empty());
}

#[test]
fn by_https_and_without_only_where_that_is_allowed() {
    let registry = Registry::default();
    registry.image("p", "v1", &[(LAYER, MODULE)]);
    let identity = Identity::of(&["127.0.0.1"]);
    let scripted = registry.clone();
    let secure = Server::https(&identity, move |asked| scripted.answer(asked));
    let trusting = Settings { ca_file: Some(identity.ca_file()), ..settings() };
    fetch(trusting.clone(), None, &image(&secure, "p:v1")).unwrap();
    // Who is not trusted is not asked another way.
    let other = Identity::of(&["127.0.0.1"]);
    let distrusting = Settings { ca_file: Some(other.ca_file()), ..settings() };
    let error = fetch(distrusting, None, &image(&secure, "p:v1")).unwrap_err();
    assert_eq!(error.kind(), Kind::Tls);

    // This address leads here, and is not this machine's by its name.
    let plain = serve(&registry);
    let name = format!("0.0.0.0:{}", plain.address.port());
    let source = once(format!("oci://{name}/p:v1"));
    let error = fetch(trusting.clone(), None, &source).unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    fetch(Settings { insecure_registries: vec![name], ..trusting }, None, &source).unwrap();
}

#[test]
fn a_tag_is_looked_up_each_time_and_a_digest_never_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Some(folder.path());
    let registry = Registry::default();
    let first = registry.image("p", "v1", &[(LAYER, MODULE)]);
    let server = serve(&registry);
    let way = |name: &str| pull(&server, name, store).map(|fetched| fetched.way);
    let said = |lines: Vec<String>| -> Vec<String> { lines.into_iter().filter(|line| line.contains("/v2/")).collect() };
    assert!(matches!(way("p:v1"), Ok(Way::Fetched)));
    said(server.lines());
    assert!(matches!(way("p:v1"), Ok(Way::Unchanged)));
    assert_eq!(said(server.lines()), ["HEAD /v2/p/manifests/v1"]);
    let pinned = format!("p@{}", digest(&first));
    assert!(matches!(way(&pinned), Ok(Way::Fetched)));

    registry.image("p", "v1", &[(LAYER, b"\0asm two")]);
    let moved = pull(&server, "p:v1", store).unwrap();
    assert_eq!((&**moved.bytes, matches!(moved.way, Way::Fetched)), (&b"\0asm two"[..], true));
    let (by_module, by_manifest) = (Digest::of(MODULE), digest(&first));
    let uri = image(&server, "p:v1").uri;
    drop(server);
    let stale = fetch(settings(), store, &once(uri.clone())).unwrap();
    assert!(matches!(stale.way, Way::Stale(_)));
    assert_eq!(&**stale.bytes, b"\0asm two");
    let host = uri.strip_suffix("/p:v1").unwrap();
    let kept = fetch(settings(), store, &once(format!("{host}/{pinned}"))).unwrap();
    assert!(matches!(kept.way, Way::Kept));
    let by = |sha256| fetch(settings(), store, &Source { sha256: Some(sha256), ..once(uri.clone()) });
    assert!(matches!(by(by_module).unwrap().way, Way::Kept));
    assert_eq!(by(by_manifest).unwrap_err().kind(), Kind::Connect, "nobody has looked at it by this digest and tag");
}
