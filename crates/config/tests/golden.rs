//! Files in, text out: each file of `broken/` with the messages it must give, each of `accepted/` with what is read.
//!
//! `BLESS=1 cargo test -p tollgate-config --test golden` writes the expected texts anew. To add a case, drop a file.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tollgate_config::{
    Bootstrap, CircuitBreakers, ClientAddress, Code, DataSource, Endpoint, FilterChain, FilterChainMatch,
    HttpConnectionManager, HttpFilter, Listener, ListenerKind, Location, Metadata, Overload, Parsed, PathNormalization,
    PluginConfig, PluginPolicy, RouteAction, TcpProxy, TrafficDirection, UpstreamProtocol, parse,
};

#[test]
fn broken_files_give_these_messages() {
    check("broken", |name, text| match parse(name, text) {
        Ok(parsed) => panic!("{name} must be refused, and is read as {:#?}", parsed.bootstrap),
        Err(errors) => {
            assert!(!errors.0.is_empty(), "{name} is refused for a reason");
            assert!(errors.0.iter().all(|e| e.line >= 1 && e.column >= 1), "{name}: every message has a place");
            format!("{errors}\n")
        }
    });
}

#[test]
fn accepted_files_are_read_as() {
    check("accepted", |name, text| match parse(name, text) {
        Ok(parsed) => summary(&parsed),
        Err(errors) => panic!("{name} must be accepted:\n{errors}"),
    });
}

/// Runs `produce` over every file of a folder and compares with the `.txt` beside it.
fn check(folder: &str, produce: impl Fn(&str, &str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut inputs: Vec<PathBuf> =
        fs::read_dir(&folder).expect("the folder of cases").map(|e| e.expect("an entry").path()).collect();
    inputs.sort();
    let (expectations, inputs): (Vec<_>, Vec<_>) =
        inputs.into_iter().partition(|p| p.extension().is_some_and(|e| e == "txt"));
    assert!(inputs.len() >= 7, "{} holds the cases", folder.display());
    let orphan = expectations.iter().find(|text| !inputs.iter().any(|input| input.with_extension("txt") == **text));
    assert_eq!(orphan, None, "belongs to no case; remove it");
    let mut wrong = Vec::new();
    for input in inputs {
        let name = input.file_name().expect("a file").to_string_lossy().into_owned();
        let text = fs::read_to_string(&input).expect("UTF-8");
        let actual = produce(&name, &text);
        let expected = input.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, actual).expect("the folder can be written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != actual {
            wrong.push(format!("{name} gives:\n{actual}"));
        }
    }
    assert!(wrong.is_empty(), "not as expected; look, then run with BLESS=1\n{}", wrong.join("\n"));
}

fn summary(parsed: &Parsed) -> String {
    let mut out = String::new();
    for warning in &parsed.warnings {
        writeln!(out, "{warning}").expect("text");
    }
    write_bootstrap(&mut out, &parsed.bootstrap).expect("text");
    out
}

fn write_bootstrap(out: &mut String, bootstrap: &Bootstrap) -> std::fmt::Result {
    writeln!(out, "node id={:?} cluster={:?}", bootstrap.node.id, bootstrap.node.cluster)?;
    if let Some(locality) = &bootstrap.node.locality {
        writeln!(out, "  {locality:?}")?;
    }
    for (key, value) in &bootstrap.node.metadata {
        writeln!(out, "  metadata {key:?} {value:?}")?;
    }
    let policies = bootstrap.plugins().map(|plugin| (&plugin.name, bootstrap.policies.of(plugin)));
    for (name, policy) in policies.filter(|(_, policy)| *policy != PluginPolicy::default()) {
        writeln!(out, "  policy {name:?} {policy:?}")?;
    }
    if let Some(redis) = &bootstrap.shared_data {
        let (address, tls) = (&redis.address, redis.tls.is_some());
        writeln!(out, "  redis {}:{} tls={tls} prefix={:?}", address.address, address.port, redis.key_prefix)?;
        writeln!(out, "    within {:?} connected within {:?}", redis.op_timeout, redis.connect_timeout)?;
        writeln!(out, "    user {:?} password {:?}", redis.auth_username, redis.auth_password)?;
    }
    if let Some(admin) = &bootstrap.admin {
        writeln!(out, "admin {}:{} at {}", admin.address.address, admin.address.port, place(&admin.address.location))?;
    }
    if bootstrap.overload != Overload::default() {
        writeln!(out, "{:?}", bootstrap.overload)?;
    }
    for listener in &bootstrap.listeners {
        write_listener(out, listener)?;
    }
    for cluster in &bootstrap.clusters {
        write!(out, "cluster {:?} {:?} {:?}", cluster.name, cluster.discovery, cluster.lb_policy)?;
        if cluster.protocol != UpstreamProtocol::Http1 {
            write!(out, " {:?}", cluster.protocol)?;
        }
        if let Some(tls) = &cluster.tls {
            let validation = tls.common.validation.is_some();
            write!(out, " tls sni={:?} auto={} validation={validation}", tls.sni, tls.auto_host_sni)?;
        }
        writeln!(out, " connect={:?} at {}", cluster.connect_timeout, place(&cluster.location))?;
        for filter in &cluster.http_filters {
            let state = if filter.disabled { ", disabled" } else { "" };
            write_plugin(out, &format!("filter {:?}{state}", filter.filter_name), &filter.plugin)?;
        }
        write_metadata(out, "  ", &cluster.metadata)?;
        if cluster.circuit_breakers != CircuitBreakers::default() {
            writeln!(out, "  {:?}", cluster.circuit_breakers)?;
        }
        if cluster.panic_threshold != 50.0 {
            writeln!(out, "  panic below {}%", cluster.panic_threshold)?;
        }
        if let Some(detection) = &cluster.outlier_detection {
            writeln!(out, "  {detection:?}")?;
        }
        if let Some(check) = &cluster.health_check {
            writeln!(out, "  {check:?}")?;
        }
        for endpoint in &cluster.endpoints {
            writeln!(
                out,
                "  endpoint {}:{} weight={}",
                endpoint.address.address, endpoint.address.port, endpoint.weight
            )?;
            let Endpoint { hostname, priority, is_usable, is_unchecked, .. } = endpoint;
            if hostname.is_some() || *priority > 0 || !is_usable || *is_unchecked {
                writeln!(out, "    {hostname:?} priority={priority} usable={is_usable} unchecked={is_unchecked}")?;
            }
            if let Some(locality) = &endpoint.locality {
                writeln!(out, "    {locality:?}")?;
            }
            write_metadata(out, "    ", &endpoint.metadata)?;
        }
    }
    for service in &bootstrap.services {
        writeln!(out, "service {:?} singleton={}", service.extension_name, service.singleton)?;
        write_plugin(out, "wasm", &service.plugin)?;
    }
    for sink in &bootstrap.stats_sinks {
        writeln!(out, "sink {:?} every {:?}", sink.sink_name, bootstrap.stats_flush_interval)?;
        write_plugin(out, "wasm", &sink.plugin)?;
    }
    Ok(())
}

fn write_metadata(out: &mut String, indent: &str, metadata: &Metadata) -> std::fmt::Result {
    metadata.filter_metadata.iter().try_for_each(|(name, value)| writeln!(out, "{indent}metadata {name:?} {value:?}"))
}

fn write_listener(out: &mut String, listener: &Listener) -> std::fmt::Result {
    let address = &listener.address;
    write!(out, "listener {:?} {}:{}", listener.name, address.address, address.port)?;
    writeln!(out, " buffer={} at {}", listener.per_connection_buffer_limit_bytes, place(&listener.location))?;
    if listener.traffic_direction != TrafficDirection::Unspecified {
        writeln!(out, "  {:?}", listener.traffic_direction)?;
    }
    if listener.ignore_global_conn_limit {
        writeln!(out, "  without a limit of all, bypasses={}", listener.bypass_overload_manager)?;
    }
    write_metadata(out, "  ", &listener.metadata)?;
    listener.filter_chains.iter().try_for_each(|chain| write_chain(out, chain))
}

fn write_chain(out: &mut String, chain: &FilterChain) -> std::fmt::Result {
    if chain.matcher != FilterChainMatch::default() || !chain.name.is_empty() || chain.tls.is_some() {
        writeln!(out, "  chain {:?} {:?} at {}", chain.name, chain.matcher, place(&chain.location))?;
    }
    if let Some(tls) = &chain.tls {
        let common = &tls.common;
        write!(out, "    tls {:?} to {:?} alpn={:?}", common.min_version, common.max_version, common.alpn_protocols)?;
        writeln!(out, " mutual={} handshake={:?}", tls.require_client_certificate, chain.handshake_timeout)?;
        for certificate in &common.certificates {
            writeln!(out, "    certificate at {}", place(&certificate.location))?;
        }
        if let Some(validation) = &common.validation {
            writeln!(out, "    names {:?} at {}", validation.subject_alt_names, place(&validation.location))?;
        }
    }
    for limit in &chain.connection_limits {
        writeln!(out, "    limit {:?} {} delay={:?}", limit.stat_prefix, limit.max_connections, limit.delay)?;
    }
    for filter in &chain.network_filters {
        writeln!(out, "  network filter {:?} at {}", filter.filter_name, place(&filter.location))?;
        write_plugin(out, "wasm", &filter.plugin)?;
    }
    match &chain.kind {
        ListenerKind::Http(http) => write_http(out, http),
        ListenerKind::Tcp(tcp) => write_tcp(out, tcp),
    }
}

fn write_tcp(out: &mut String, tcp: &TcpProxy) -> std::fmt::Result {
    write!(out, "  tcp {:?} to", tcp.stat_prefix)?;
    for cluster in &tcp.clusters {
        write!(out, " {:?}", cluster.name)?;
        if tcp.clusters.len() > 1 {
            write!(out, " x {}", cluster.weight)?;
        }
    }
    write!(out, " idle={:?}", tcp.idle_timeout)?;
    writeln!(out, " attempts={} at {}", tcp.max_connect_attempts, place(&tcp.location))?;
    for log in &tcp.access_logs {
        write_plugin(out, &format!("log {:?}", log.log_name), &log.plugin)?;
    }
    Ok(())
}

fn write_http(out: &mut String, http: &HttpConnectionManager) -> std::fmt::Result {
    write!(out, "  http {:?} server={:?} routes={:?}", http.stat_prefix, http.server_name, http.routes.name)?;
    write!(out, " request={:?} idle={:?}", http.request_timeout, http.stream_idle_timeout)?;
    write!(out, " request_id={} quiet={}", http.generate_request_id, http.suppress_envoy_headers)?;
    writeln!(out, " body<={} at {}", http.routes.max_direct_response_body_size_bytes, place(&http.location))?;
    if limits(http) != limits(&defaults()) {
        writeln!(out, "    {}", limits(http))?;
    }
    out.push_str(&ingress(http));
    for host in &http.routes.virtual_hosts {
        writeln!(out, "  host {:?} {:?} at {}", host.name, host.domains, place(&host.location))?;
        write_metadata(out, "    ", &host.metadata)?;
        for route in &host.routes {
            writeln!(out, "    route {:?} at {}", route.name, place(&route.location))?;
            write_metadata(out, "      ", &route.metadata)?;
            writeln!(out, "      {:?} case_sensitive={}", route.matcher.path, route.matcher.case_sensitive)?;
            for header in &route.matcher.headers {
                writeln!(out, "      {header:?}")?;
            }
            for parameter in &route.matcher.query_parameters {
                writeln!(out, "      {parameter:?}")?;
            }
            if route.matcher.grpc || route.matcher.fraction.is_some() {
                writeln!(out, "      grpc={} fraction={:?}", route.matcher.grpc, route.matcher.fraction)?;
            }
            if !route.mutations.is_empty() {
                writeln!(out, "      {:?}", route.mutations)?;
            }
            match &route.action {
                RouteAction::DirectResponse { status, body: DataSource::Inline(body) } => {
                    writeln!(out, "      respond {status} {:?}", String::from_utf8_lossy(body))?;
                }
                action => writeln!(out, "      {action:?}")?,
            }
        }
    }
    for HttpFilter::Wasm(filter) in &http.filters {
        write_plugin(out, &format!("wasm {:?} disabled={}", filter.filter_name, filter.disabled), &filter.plugin)?;
    }
    for log in &http.access_logs {
        write_plugin(out, &format!("log {:?}", log.log_name), &log.plugin)?;
    }
    Ok(())
}

fn write_plugin(out: &mut String, what: &str, plugin: &PluginConfig) -> std::fmt::Result {
    let vm = &plugin.vm;
    writeln!(out, "  {what} at {}", place(&plugin.location))?;
    write!(out, "    plugin {:?} root_id={:?} {:?}", plugin.name, plugin.root_id, plugin.failure_policy)?;
    writeln!(out, " allow_stop={}", plugin.allow_on_headers_stop_iteration)?;
    writeln!(out, "    configuration {:?}", String::from_utf8_lossy(&plugin.configuration))?;
    write!(out, "    vm {:?} runtime={:?}", vm.vm_id, vm.runtime)?;
    if let Some(location) = &vm.runtime_location {
        write!(out, " runtime at {}", place(location))?;
    }
    writeln!(out, "\n    vm configuration {:?}", String::from_utf8_lossy(&vm.configuration))?;
    writeln!(out, "    environment {:?} host {:?}", vm.environment, vm.host_env_keys)?;
    match &vm.code {
        Code::File { filename, location } => writeln!(out, "    code {} at {}", filename.display(), place(location)),
        Code::Inline { bytes, location } => {
            writeln!(out, "    code inline {bytes:?} at {}", place(location))
        }
        Code::Remote(remote) => {
            writeln!(out, "    code {} at {}", remote.uri, place(&remote.location))?;
            writeln!(out, "      from {:?} sha256 {:?}", remote.cluster, remote.sha256)?;
            writeln!(out, "      within {:?} {:?}", remote.timeout, remote.retries)
        }
    }
}

fn place(location: &Location) -> String {
    format!("{}:{}", location.line, location.column)
}

/// What a connection manager makes of requests, where that is not the default.
fn ingress(http: &HttpConnectionManager) -> String {
    let mut out = String::new();
    if http.client != ClientAddress::default() {
        out.push_str(&format!("      {:?}\n", http.client));
    }
    if http.path != PathNormalization::default() {
        out.push_str(&format!("      {:?}\n", http.path));
    }
    let rest = (http.headers_with_underscores, http.forward_client_cert, http.via.as_deref());
    let ids = (http.preserve_external_request_id, http.always_set_request_id_in_response);
    if (rest, ids) != Default::default() {
        out.push_str(&format!("      {rest:?} ids kept={} told={}\n", ids.0, ids.1));
    }
    if let Some(cors) = &http.cors {
        out.push_str(&format!("      {cors:?}\n"));
    }
    if (http.scheme, http.server_header) != Default::default() {
        out.push_str(&format!("      scheme={:?} server={:?}\n", http.scheme, http.server_header));
    }
    out
}

/// What a connection manager allows for, and which HTTP it speaks.
fn limits(http: &HttpConnectionManager) -> String {
    format!(
        "{:?} {:?} {} KiB {} headers idle={:?} age={:?} stream={:?} requests={:?} head={:?} upgrades={:?}",
        http.codec_type,
        http.http2,
        http.max_request_headers_kb,
        http.max_headers_count,
        http.idle_timeout,
        http.max_connection_duration,
        http.max_stream_duration,
        http.max_requests_per_connection,
        http.request_headers_timeout,
        http.upgrades
    )
}

/// A connection manager of which nothing is said.
fn defaults() -> HttpConnectionManager {
    let text = r#"{"static_resources": {"listeners": [{"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "x", "http_filters": [{"name": "envoy.filters.http.router"}], "route_config": {}}}]}]}]}}"#;
    let parsed = parse("defaults", text).unwrap_or_else(|errors| panic!("{errors}"));
    parsed.bootstrap.listeners[0].filter_chains[0].http().expect("HTTP").clone()
}
