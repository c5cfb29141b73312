//! Files in, text out: each file of `broken/` with the messages it must give, each of `accepted/` with what is read.
//!
//! `BLESS=1 cargo test -p tollgate-config --test golden` writes the expected texts anew. To add a case, drop a file.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tollgate_config::{
    Bootstrap, Code, DataSource, HttpFilter, Listener, Location, Parsed, RouteAction, WasmFilter, parse,
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
    if let Some(admin) = &bootstrap.admin {
        writeln!(out, "admin {}:{} at {}", admin.address.address, admin.address.port, place(&admin.address.location))?;
    }
    for listener in &bootstrap.listeners {
        write_listener(out, listener)?;
    }
    for cluster in &bootstrap.clusters {
        write!(out, "cluster {:?} {:?} {:?}", cluster.name, cluster.discovery, cluster.lb_policy)?;
        writeln!(out, " connect={:?} at {}", cluster.connect_timeout, place(&cluster.location))?;
        for endpoint in &cluster.endpoints {
            writeln!(
                out,
                "  endpoint {}:{} weight={}",
                endpoint.address.address, endpoint.address.port, endpoint.weight
            )?;
        }
    }
    Ok(())
}

fn write_listener(out: &mut String, listener: &Listener) -> std::fmt::Result {
    let (address, http) = (&listener.address, &listener.http);
    write!(out, "listener {:?} {}:{}", listener.name, address.address, address.port)?;
    writeln!(out, " buffer={} at {}", listener.per_connection_buffer_limit_bytes, place(&listener.location))?;
    write!(out, "  http {:?} server={:?} routes={:?}", http.stat_prefix, http.server_name, http.route_config_name)?;
    write!(out, " request={:?} idle={:?}", http.request_timeout, http.stream_idle_timeout)?;
    write!(out, " request_id={} quiet={}", http.generate_request_id, http.suppress_envoy_headers)?;
    writeln!(out, " body<={} at {}", http.max_direct_response_body_size_bytes, place(&http.location))?;
    for host in &http.virtual_hosts {
        writeln!(out, "  host {:?} {:?} at {}", host.name, host.domains, place(&host.location))?;
        for route in &host.routes {
            writeln!(out, "    route {:?} at {}", route.name, place(&route.location))?;
            writeln!(out, "      {:?} case_sensitive={}", route.matcher.path, route.matcher.case_sensitive)?;
            for header in &route.matcher.headers {
                writeln!(out, "      {header:?}")?;
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
        write_filter(out, filter)?;
    }
    Ok(())
}

fn write_filter(out: &mut String, filter: &WasmFilter) -> std::fmt::Result {
    let (plugin, vm) = (&filter.plugin, &filter.plugin.vm);
    writeln!(out, "  wasm {:?} disabled={} at {}", filter.filter_name, filter.disabled, place(&plugin.location))?;
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
    }
}

fn place(location: &Location) -> String {
    format!("{}:{}", location.line, location.column)
}
