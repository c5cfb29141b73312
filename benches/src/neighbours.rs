//! How long requests of others wait while a plugin hangs on their worker: what is said of deadlines, looked at from outside.
//!
//! One worker, one request that leads to the hanging callback, and one client that asks another plugin's route again and again
//! meanwhile. Its longest wait, less the deadline, is what the hanging plugin has cost beyond what it may.

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tollgate_testkit::hostile::{self, ANSWER, Hostile, SOUND};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to measure.
#[derive(Debug, Args)]
pub struct Options {
    /// The program.
    #[arg(long, default_value = "target/release/tollgate")]
    tollgate: PathBuf,
    /// Times that each plugin hangs; each is a process of its own.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// `callback_deadline`, in milliseconds.
    #[arg(long, default_value_t = 100)]
    deadline: u64,
    /// Only this runtime.
    #[arg(long)]
    runtime: Option<String>,
    /// Only what hangs in a way whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
}

/// Measures, and prints a table.
///
/// # Errors
///
/// The program does not start, somebody's request is not answered, or a plugin is not interrupted.
pub fn measure(options: &Options) -> anyhow::Result<()> {
    let upstream = upstream()?;
    let names = tollgate_runtimes::names().iter();
    let runtimes: Vec<_> = names.filter(|name| options.runtime.as_deref().is_none_or(|only| only == **name)).collect();
    println!(
        "Longest wait of others beyond the deadline of {} ms: median / most of {}, in ms.\n",
        options.deadline, options.rounds
    );
    println!("| what does not end | {} |", runtimes.iter().map(|name| **name).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(runtimes.len()));
    let mut most = f64::MIN;
    for plugin in hostile::all().into_iter().filter(|plugin| plugin.name.contains(&options.only)) {
        let mut row = format!("| `{}` |", plugin.name);
        for runtime in &runtimes {
            let round =
                |_| wait(options, runtime, &plugin, upstream).with_context(|| format!("{runtime}, {}", plugin.name));
            let mut waits = (0..options.rounds).map(round).collect::<anyhow::Result<Vec<_>>>()?;
            waits.sort_unstable();
            let beyond = |wait: Duration| wait.as_secs_f64() * 1e3 - options.deadline as f64;
            let (middle, last) = (beyond(waits[waits.len() / 2]), beyond(waits[waits.len() - 1]));
            most = most.max(last);
            row.push_str(&format!(" {middle:.1} / {last:.1} |"));
        }
        println!("{row}");
    }
    println!("\nMost of all: {most:.1} ms.");
    Ok(())
}

/// The longest wait of the other client in one round.
fn wait(options: &Options, runtime: &str, plugin: &Hostile, upstream: SocketAddr) -> anyhow::Result<Duration> {
    let folder = tempfile::tempdir()?;
    let proxy = Proxy::start(options, runtime, plugin, upstream, folder.path())?;
    let (mut other, mut own) = (connect(proxy.address)?, connect(proxy.address)?);
    ask(&mut other)?;
    let is_enough = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking = scope.spawn(|| -> io::Result<Duration> {
            let mut longest = Duration::ZERO;
            while !is_enough.load(Ordering::Relaxed) {
                let asked = Instant::now();
                ask(&mut other)?;
                longest = longest.max(asked.elapsed());
            }
            Ok(longest)
        });
        let interrupted = own
            .get_mut()
            .write_all(hostile::request("/hostile").as_bytes())
            .map_err(Into::into)
            .and_then(|()| proxy.wait_until_interrupted());
        is_enough.store(true, Ordering::Relaxed);
        let longest = asking.join().map_err(|_| anyhow::anyhow!("the other client"))??;
        interrupted?;
        Ok(longest)
    })
}

/// One request, and its answer of which the length is known.
fn ask(connection: &mut BufReader<TcpStream>) -> io::Result<()> {
    connection.get_mut().write_all(b"GET /other HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let (mut line, mut length, mut has_passed) = (String::new(), 0, false);
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        has_passed |= line.starts_with("x-sound");
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line.is_empty() {
            break;
        }
    }
    if !has_passed {
        return Err(io::Error::other("the other plugin has not seen the response"));
    }
    connection.read_exact(&mut vec![0; length])
}

fn connect(address: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

/// Answers whatever comes when it has ended as the request of [`hostile`] does, or a call with no body.
fn upstream() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(stream));
        }
    });
    Ok(address)
}

fn serve(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let mut is_chunked = false;
        // The head, and after a chunked body the trailers: each ends in an empty line.
        for part in 0..2 {
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                is_chunked |= line.to_ascii_lowercase().starts_with("transfer-encoding:");
                if line.trim_end().is_empty() {
                    break;
                }
            }
            if part == 0 && !is_chunked {
                break;
            }
        }
        stream.get_mut().write_all(ANSWER.as_bytes())?;
    }
}

/// A process with one worker.
struct Proxy {
    child: Child,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Proxy {
    fn start(
        options: &Options,
        runtime: &str,
        plugin: &Hostile,
        upstream: SocketAddr,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        fs::write(folder.join("hostile.wasm"), wat::parse_str(&plugin.wat)?)?;
        fs::write(folder.join("sound.wasm"), wat::parse_str(SOUND)?)?;
        let path = folder.join("proxy.yaml");
        fs::write(&path, configuration(options, plugin, upstream).to_string())?;
        let mut command = Command::new(&options.tollgate);
        command.args(["run", "--log-level", "error", "--concurrency", "1", "--runtime", runtime, "-c"]).arg(&path);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| options.tollgate.display().to_string())?;
        let said = child.stdout.take().context("a pipe")?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut proxy = Self { child, address: nowhere, admin: nowhere };
        for line in BufReader::new(said).lines() {
            let line = line?;
            if let Some((_, address)) = line.strip_prefix("listener").and_then(|rest| rest.split_once("://")) {
                proxy.address = address.parse()?;
            }
            // It comes last.
            if let Some((_, address)) = line.strip_prefix("admin").and_then(|rest| rest.split_once("://")) {
                proxy.admin = address.parse()?;
                return Ok(proxy);
            }
        }
        bail!("the proxy does not start")
    }

    fn wait_until_interrupted(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut admin = connect(self.admin)?;
            admin.get_mut().write_all(b"GET /stats HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")?;
            let mut stats = String::new();
            admin.read_to_string(&mut stats)?;
            let has = |what: &str| stats.lines().any(|line| line.trim_end() == what);
            if has("wasm.hostile.traps: 1") {
                ensure!(has("wasm.hostile.interrupted: 1"), "the plugin has failed, but was not interrupted");
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the plugin is not interrupted");
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(options: &Options, plugin: &Hostile, upstream: SocketAddr) -> Value {
    let url = |name: &str| format!("type.googleapis.com/envoy.extensions.{name}");
    let wasm = |name: &str| {
        json!({
            "@type": url("filters.http.wasm.v3.Wasm"),
            "config": {
                "name": name,
                "vm_config": {"vm_id": name, "code": {"local": {"filename": format!("{name}.wasm")}}},
            },
        })
    };
    let address =
        |address: SocketAddr| json!({"socket_address": {"address": "127.0.0.1", "port_value": address.port()}});
    let anywhere = address(SocketAddr::from(([127, 0, 0, 1], 0)));
    let filter = "envoy.filters.http.wasm";
    let isolation = if plugin.isolated { "stream" } else { "shared" };
    let manager = json!({
        "@type": url("filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "neighbours",
        "http_protocol_options": {"enable_trailers": true},
        "http_filters": [
            {"name": filter, "typed_config": wasm("hostile")},
            {"name": "envoy.filters.http.router", "typed_config": {"@type": url("filters.http.router.v3.Router")}},
        ],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/hostile"}, "route": {"cluster": "upstream"}},
            {
                "match": {"prefix": "/"},
                "direct_response": {"status": 200, "body": {"inline_string": "hello\n"}},
                "typed_per_filter_config": {filter: wasm("sound")},
            },
        ]}]},
    });
    json!({
        "node": {"metadata": {"tollgate": {"plugins": {"hostile": {
            "isolation": isolation,
            "limits": {"callback_deadline": format!("{}ms", options.deadline)},
        }}}}},
        "admin": {"address": anywhere},
        "static_resources": {
            "listeners": [{"name": "main", "address": anywhere, "filter_chains": [{"filters": [
                {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager},
            ]}]}],
            "clusters": [{
                "name": "upstream",
                "type": "STATIC",
                "connect_timeout": "5s",
                "http_protocol_options": {"enable_trailers": true},
                "load_assignment": {"cluster_name": "upstream", "endpoints": [
                    {"lb_endpoints": [{"endpoint": {"address": address(upstream)}}]},
                ]},
            }],
        },
    })
}
