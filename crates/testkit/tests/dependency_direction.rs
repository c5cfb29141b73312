//! Who may use whom. The picture is in `docs/ARCHITECTURE.md`; this test holds the workspace to it.
//!
//! It asks `cargo metadata` for what every crate really uses, with all features on, and refuses two things: an edge
//! between two crates of the workspace that is not in [`LAYERS`], and a path of any length from a crate to something
//! that it must not reach, such as a socket or an engine.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::Command;

/// A crate of the workspace, and what it may use.
struct Layer {
    name: &'static str,
    /// Crates of the workspace that it may use.
    uses: &'static [&'static str],
    /// Further ones that its tests may use.
    tests_use: &'static [&'static str],
    /// Engines that it may reach, directly or not.
    engines: &'static [&'static str],
    /// Whether it may reach sockets and the runtimes around them.
    sockets: bool,
    /// What to do instead, for whoever breaks the rule.
    instead: &'static str,
}

const ABI: &str = "tollgate-abi";
const HOST: &str = "tollgate-host";
const FOREIGN: &str = "tollgate-foreign";
const CACHE: &str = "tollgate-cache";
const FETCH: &str = "tollgate-fetch";
const CONFIG: &str = "tollgate-config";
const PROXY: &str = "tollgate-proxy";
const REDIS: &str = "tollgate-redis";
const TESTKIT: &str = "tollgate-testkit";
const REGISTRY: &str = "tollgate-runtimes";
const TICKER: &str = "tollgate-runtime-ticker";
const ALLOCATOR: &str = "tollgate-allocator";
const WASMTIME: &str = "tollgate-runtime-wasmtime";
const WASMER: &str = "tollgate-runtime-wasmer";
const WASMI: &str = "tollgate-runtime-wasmi";

const ENGINES: &[&str] = &["wasmtime", "wasmer", "wasmi"];

/// What means sockets, or a runtime that waits for them.
const SOCKETS: &[&str] = &["tokio", "mio", "socket2", "hyper", "hyper-util", "h2", "rustls", "async-std", "smol"];

/// Crates that may use `anyhow`: programs. Libraries have error types of their own.
const PROGRAMS: &[&str] = &["tollgate", "tollgate-conformance", "tollgate-benches"];

const RUNTIME: &str = "a runtime crate converts between the host's traits and one engine; what two of them need goes \
                       to crates/host, and choosing between them to runtimes/registry";

/// From the bottom of the picture to its top.
const LAYERS: &[Layer] = &[
    Layer {
        name: ABI,
        uses: &[],
        tests_use: &[],
        engines: &[],
        sockets: false,
        instead: "abi/ is the contract as data and uses nothing; put code that needs a library into crates/host",
    },
    Layer {
        name: HOST,
        uses: &[ABI],
        tests_use: &[TESTKIT],
        engines: &[],
        sockets: false,
        instead: "the host library has no sockets, no clock and no engine: take what it needs as an input, as an \
                  Effect for the driver in crates/proxy, or through tollgate_host::services; engines go to runtimes/",
    },
    Layer {
        name: CONFIG,
        uses: &[],
        tests_use: &[],
        engines: &[],
        sockets: false,
        instead: "crates/config turns text into values and nothing else; join it to the host in crates/proxy or \
                  crates/cli",
    },
    Layer {
        name: CACHE,
        uses: &[],
        tests_use: &[],
        engines: &[],
        sockets: false,
        instead: "crates/cache knows files and hashes: what engines and the host say comes to it as bytes, from crates/cli",
    },
    Layer {
        name: FETCH,
        uses: &[CACHE],
        tests_use: &[],
        engines: &[],
        sockets: true,
        instead: "crates/fetch gets bytes from servers and says whether they are the right ones; what they are for is known \
                  in crates/cli",
    },
    Layer {
        name: FOREIGN,
        uses: &[ABI, HOST],
        tests_use: &[TESTKIT],
        engines: &[],
        sockets: false,
        instead: "crates/foreign computes: it gets what it works on as arguments, and everything else from the caller that \
                  the host hands to it",
    },
    Layer {
        name: PROXY,
        uses: &[ABI, HOST, FOREIGN, CONFIG],
        tests_use: &[TESTKIT],
        engines: &[],
        sockets: true,
        instead: "crates/proxy names no engine: plugins come to it compiled, from crates/cli",
    },
    Layer {
        name: REDIS,
        uses: &[ABI, HOST],
        tests_use: &[],
        engines: &[],
        sockets: true,
        instead: "crates/redis keeps values for the host: where Redis is comes to it from crates/cli",
    },
    Layer {
        name: TESTKIT,
        uses: &[ABI, HOST],
        tests_use: &[],
        engines: &[],
        sockets: false,
        instead: "crates/testkit is what tests below the proxy use; tests of a real engine go to conformance/ or \
                  runtimes/registry, tests of the whole program to crates/cli",
    },
    Layer {
        name: TICKER,
        uses: &[],
        tests_use: &[],
        engines: &[],
        sockets: false,
        instead: "runtimes/ticker counts; what deadlines there are is in crates/host, what one means to an engine in its \
                  runtime crate",
    },
    Layer {
        name: ALLOCATOR,
        uses: &[],
        tests_use: &[],
        engines: &[],
        sockets: false,
        instead: "runtimes/allocator gives memory, and that is all",
    },
    Layer {
        name: WASMTIME,
        uses: &[ABI, HOST, TICKER],
        tests_use: &[TESTKIT],
        engines: &["wasmtime"],
        sockets: false,
        instead: RUNTIME,
    },
    Layer {
        name: WASMER,
        uses: &[ABI, HOST, TICKER],
        tests_use: &[TESTKIT],
        engines: &["wasmer"],
        sockets: false,
        instead: RUNTIME,
    },
    Layer {
        name: WASMI,
        uses: &[ABI, HOST, TICKER],
        tests_use: &[TESTKIT],
        engines: &["wasmi"],
        sockets: false,
        instead: RUNTIME,
    },
    Layer {
        name: REGISTRY,
        uses: &[HOST, WASMTIME, WASMER, WASMI],
        tests_use: &[ABI, TESTKIT, TICKER],
        engines: ENGINES,
        sockets: false,
        instead: "runtimes/registry maps cargo features to runtimes by name, and that is all",
    },
    Layer {
        name: "tollgate",
        uses: &[ABI, HOST, CACHE, FETCH, CONFIG, PROXY, REDIS, REGISTRY, ALLOCATOR],
        tests_use: &[TESTKIT],
        engines: ENGINES,
        sockets: true,
        instead: "crates/cli wires the parts together; it asks runtimes/registry for an engine by name",
    },
    Layer {
        name: "tollgate-conformance",
        uses: &[ABI, HOST, FOREIGN, CONFIG, PROXY, REGISTRY, TESTKIT],
        tests_use: &[],
        engines: ENGINES,
        sockets: true,
        instead: "the suite is the same for every engine: it asks runtimes/registry for one by name",
    },
    Layer {
        name: "tollgate-benches",
        uses: &[ABI, HOST, CACHE, CONFIG, PROXY, REGISTRY, TESTKIT, WASMTIME, WASMER, WASMI],
        tests_use: &[],
        engines: ENGINES,
        sockets: true,
        instead: "benches compare runtimes and may name all of them, but nothing uses the benches",
    },
];

/// Who may have an engine in its own manifest: the runtime crate, and the benches, which measure it raw.
fn may_name(layer: &Layer, engine: &str) -> bool {
    layer.name == "tollgate-benches" || layer.name == format!("tollgate-runtime-{engine}")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// For the crate itself or its build script.
    Normal,
    /// For tests, examples and benches.
    Dev,
}

/// What uses what: packages by id, and edges between ids.
#[derive(Default)]
struct Graph {
    names: BTreeMap<String, String>,
    members: BTreeSet<String>,
    edges: BTreeMap<String, Vec<(String, Kind)>>,
}

impl Graph {
    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }

    fn edges(&self, id: &str) -> &[(String, Kind)] {
        self.edges.get(id).map_or(&[], Vec::as_slice)
    }

    /// The names on a shortest path over normal edges from a package to one that `is_wanted`.
    fn path<'a>(&'a self, from: &'a str, is_wanted: impl Fn(&str) -> bool) -> Option<Vec<&'a str>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(id) = queue.pop_front() {
            if id != from && is_wanted(self.name(id)) {
                let mut path = vec![self.name(id)];
                let mut at = id;
                while let Some(before) = came_from.get(at) {
                    path.push(self.name(before));
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            for (to, kind) in self.edges(id) {
                let to = to.as_str();
                if *kind == Kind::Normal && to != from && !came_from.contains_key(to) {
                    came_from.insert(to, id);
                    queue.push_back(to);
                }
            }
        }
        None
    }
}

/// The engine that a package belongs to: `wasmtime-environ` to wasmtime.
fn engine_of(package: &str) -> Option<&'static str> {
    let belongs = |engine: &&&str| {
        package.strip_prefix(**engine).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    ENGINES.iter().find(belongs).copied()
}

/// Everything that is not in the picture, one sentence each.
fn violations(graph: &Graph) -> Vec<String> {
    let mut wrong = Vec::new();
    for id in &graph.members {
        let name = graph.name(id);
        match LAYERS.iter().find(|layer| layer.name == name) {
            Some(layer) => check(graph, id, layer, &mut wrong),
            None => wrong.push(format!(
                "{name} is in no layer: give it a place in the picture of docs/ARCHITECTURE.md and in LAYERS of {}",
                file!()
            )),
        }
    }
    wrong
}

fn check(graph: &Graph, id: &str, layer: &Layer, wrong: &mut Vec<String>) {
    let (name, instead) = (layer.name, layer.instead);
    for (to, kind) in graph.edges(id) {
        let used = graph.name(to);
        let in_tests = if *kind == Kind::Dev { " in its tests" } else { "" };
        let allowed =
            layer.uses.contains(&used) || (*kind == Kind::Dev && (layer.tests_use.contains(&used) || used == name));
        if graph.members.contains(to) && !allowed {
            wrong.push(format!("{name} may not use {used}{in_tests}: {instead}"));
        } else if let Some(engine) = engine_of(used).filter(|engine| !may_name(layer, engine)) {
            wrong.push(format!("{name} may not name {used}{in_tests}, only runtimes/{engine} may: {instead}"));
        } else if *kind == Kind::Normal && name == ABI {
            wrong.push(format!("{name} may not use {used}: {instead}"));
        } else if *kind == Kind::Normal && used == "anyhow" && !PROGRAMS.contains(&name) {
            wrong.push(format!("{name} may not use anyhow: a library has error types that say what went wrong"));
        }
    }
    let mut forbid = |what: &str, is_wanted: &dyn Fn(&str) -> bool| {
        if let Some(path) = graph.path(id, is_wanted) {
            wrong.push(format!("{name} may not reach {what} ({}): {instead}", path.join(" -> ")));
        }
    };
    if !layer.sockets {
        forbid("sockets", &|package| SOCKETS.contains(&package));
    }
    for engine in ENGINES.iter().filter(|engine| !layer.engines.contains(engine)) {
        // The engine itself: cranelift, which wasmer uses too, takes small parts of wasmtime's family.
        forbid(engine, &|package| package == *engine);
    }
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo, which runs this test, can be run");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// What the workspace uses on this platform. Other platforms' packages need not have been downloaded.
fn workspace() -> Graph {
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo -vV tells the host");
    let metadata = cargo(&["metadata", "--format-version", "1", "--all-features", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().expect("an id or a name is text").to_owned();
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let mut graph = Graph::default();
    for package in list(&metadata["packages"]) {
        graph.names.insert(text(&package["id"]), text(&package["name"]));
    }
    graph.members = list(&metadata["workspace_members"]).iter().map(text).collect();
    for node in list(&metadata["resolve"]["nodes"]) {
        let mut edges = Vec::new();
        for dependency in list(&node["deps"]) {
            let kinds = list(&dependency["dep_kinds"]);
            let is_dev = |kind: &Value| kind["kind"] == "dev";
            let kind = if kinds.iter().all(is_dev) { Kind::Dev } else { Kind::Normal };
            edges.push((text(&dependency["pkg"]), kind));
        }
        graph.edges.insert(text(&node["id"]), edges);
    }
    graph
}

#[test]
fn no_edge_is_outside_the_picture() {
    let wrong = violations(&workspace());
    assert!(wrong.is_empty(), "{} edge(s) outside the picture:\n  {}", wrong.len(), wrong.join("\n  "));
}

#[test]
fn every_layer_is_a_crate_of_the_workspace() {
    let graph = workspace();
    let names: BTreeSet<_> = graph.members.iter().map(|id| graph.name(id)).collect();
    let gone: Vec<_> = LAYERS.iter().map(|layer| layer.name).filter(|name| !names.contains(name)).collect();
    assert!(gone.is_empty(), "no crate is called {}: remove it from LAYERS", gone.join(", "));
}

#[test]
fn an_engine_is_told_by_the_first_word_of_a_package() {
    assert_eq!(engine_of("wasmtime-environ"), Some("wasmtime"));
    assert_eq!(engine_of("wasmi_core"), Some("wasmi"));
    assert_eq!(engine_of("wasmer"), Some("wasmer"));
    assert_eq!(engine_of("wasmparser"), None);
    assert_eq!(engine_of("tollgate-runtime-wasmi"), None);
}

/// A workspace with these crates and edges; a name is its own id, and `tollgate` or `tollgate-*` is a member.
fn graph(edges: &[(&str, &str, Kind)]) -> Graph {
    let mut graph = Graph::default();
    for (from, to, kind) in edges {
        for name in [from, to] {
            graph.names.insert((*name).to_owned(), (*name).to_owned());
            if name.starts_with("tollgate") {
                graph.members.insert((*name).to_owned());
            }
        }
        graph.edges.entry((*from).to_owned()).or_default().push(((*to).to_owned(), *kind));
    }
    graph
}

#[test]
fn a_socket_is_found_at_any_distance_and_the_way_is_shown() {
    let wrong =
        violations(&graph(&[(HOST, ABI, Kind::Normal), (HOST, "a", Kind::Normal), ("a", "tokio", Kind::Normal)]));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with("tollgate-host may not reach sockets (tollgate-host -> a -> tokio): "), "{wrong:?}");
}

#[test]
fn what_only_tests_use_is_judged_by_what_tests_may_use() {
    let good = [(HOST, TESTKIT, Kind::Dev), (TESTKIT, HOST, Kind::Normal), (ABI, "proptest", Kind::Dev)];
    assert_eq!(violations(&graph(&good)), [""; 0]);
    assert_eq!(violations(&graph(&[(HOST, TESTKIT, Kind::Normal)])).len(), 1);
    assert_eq!(violations(&graph(&[(PROXY, REGISTRY, Kind::Dev)])).len(), 1);
}

#[test]
fn each_of_these_is_refused() {
    for (from, to) in [
        (ABI, "serde"),
        (CONFIG, HOST),
        (CONFIG, "tokio"),
        (HOST, "wasmtime-environ"),
        (PROXY, WASMI),
        (PROXY, "wasmer"),
        (WASMTIME, WASMER),
        (WASMTIME, "wasmi"),
        (TESTKIT, REGISTRY),
        ("tollgate", "wasmtime"),
        ("tollgate", "tollgate-benches"),
        (PROXY, "anyhow"),
        ("tollgate-new", ABI),
    ] {
        assert!(!violations(&graph(&[(from, to, Kind::Normal)])).is_empty(), "{from} -> {to}");
    }
}
