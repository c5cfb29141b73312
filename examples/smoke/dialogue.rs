//! Holding the dialogue that an `expected.txt` describes.

use super::Copy;
use super::expected::{self, Block, Side};
use super::support::program::Program;
use super::support::proxy::{Proxy, plugin_lines};
use super::support::wire::{Head, Wire};
use std::path::Path;

/// Headers of a response that need not be listed.
const UNLISTED: [&str; 5] = ["date", "server", "connection", "content-length", "transfer-encoding"];

/// Runs an example on a runtime and compares what it does with its `expected.txt`.
pub(super) fn hold(example: &Path, runtime: &str) {
    let blocks = expected::read(&example.join("expected.txt"));
    let copy = Copy::of(example, |config| config);
    assert!(
        copy.upstream.is_some() || blocks.iter().all(|block| !block.needs_upstream),
        "a block needs the upstream, and the configuration has none"
    );
    let (starts, exchanges): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| block.exit.is_some());
    for block in starts {
        fails_to_start(&copy, runtime, block);
    }
    if !exchanges.is_empty() {
        exchange_all(&copy, runtime, &exchanges);
    }
}

fn fails_to_start(copy: &Copy, runtime: &str, block: &Block) {
    let finished = Program::start(&copy.path(""), ["run", "envoy.yaml", "--runtime", runtime]).wait();
    assert_eq!(finished.status.code(), block.exit, "line {}: it prints\n{}", block.line, finished.printed());
    for text in &block.says {
        assert!(
            finished.printed().contains(text),
            "line {}: it does not say {text:?}, but\n{}",
            block.line,
            finished.printed()
        );
    }
}

fn exchange_all(copy: &Copy, runtime: &str, blocks: &[&Block]) {
    let proxy = Proxy::start(&copy.path("envoy.yaml"), &["--runtime", runtime]);
    for block in blocks {
        exchange(&mut proxy.connect(), block);
        // The stream's last callbacks may come after its answer; the next block's lines come behind them.
        proxy.wait_until_idle();
    }
    let finished = proxy.stop();
    assert_eq!(finished.status.code(), Some(0), "it stops as asked; it has printed\n{}", finished.printed());

    // An example's plugin logs during exchanges only, so the lines are those of all blocks in turn.
    let logged: Vec<_> = plugin_lines(&finished.stderr)
        .into_iter()
        .filter(|line| matches!(&*line.level, "info" | "warn" | "error"))
        .map(|line| format!("{} {}: {}", line.level, line.plugin, line.text))
        .collect();
    let wanted: Vec<_> = blocks.iter().flat_map(|block| block.log.clone()).collect();
    assert_eq!(logged, wanted, "what plugins log");
}

fn exchange(wire: &mut Wire, block: &Block) {
    let line = block.line;
    let request = block.request.as_ref().expect("an exchange has a request");
    let expected = block.response.as_ref().unwrap_or_else(|| panic!("line {line}: a request needs a response"));
    wire.send(bytes(request)).expect("the proxy takes the request");
    let method = request.first_line.split(' ').next().unwrap_or_default();
    let response = wire.response(method).unwrap_or_else(|error| panic!("line {line}: no whole response: {error}"));

    let status = response.head.first_line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    assert_eq!(status, expected.first_line, "line {line}: status");
    assert_eq!(response.text(), expected.body.as_deref().unwrap_or_default(), "line {line}: body");
    compare_headers(line, &response.head, &expected.headers);
}

fn bytes(request: &Side) -> String {
    let mut out = format!("{}\r\n", request.first_line);
    for header in &request.headers {
        out.push_str(&format!("{header}\r\n"));
    }
    let body = request.body.as_deref().unwrap_or_default();
    if !body.is_empty() {
        out.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    out + "\r\n" + body
}

fn compare_headers(line: usize, head: &Head, expected: &[String]) {
    let mut listed = Vec::new();
    for header in expected {
        if let Some(name) = header.strip_prefix('!') {
            assert!(head.all(name).is_empty(), "line {line}: {name} must not be there: {head:#?}");
            continue;
        }
        let (name, value) = header.split_once(": ").unwrap_or_else(|| panic!("line {line}: {header:?} is no header"));
        assert_eq!(head.all(name), [value], "line {line}: {name} in {head:#?}");
        listed.push(name);
    }
    for (name, _) in &head.fields {
        let known = listed.contains(&&**name) || UNLISTED.contains(&&**name) || name.starts_with("x-envoy-");
        assert!(known, "line {line}: {name} is not expected in {head:#?}");
    }
}
