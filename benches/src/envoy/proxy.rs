//! A proxy that runs: how it starts, what it uses, its end.

use super::tools::Tools;
use anyhow::{Context as _, bail};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for a proxy to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clock ticks in a second in which the kernel counts a process's time: fixed for programs, whatever the kernel's own.
const TICKS: f64 = 100.0;

/// Which proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Envoy,
    Tollgate {
        /// The default, if none is named.
        runtime: Option<&'static str>,
    },
    /// Another build of Tollgate, to tell what a change has brought.
    Against(PathBuf),
}

impl Kind {
    /// What the report calls it.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Envoy => "Envoy".to_owned(),
            Self::Tollgate { runtime: None } => "Tollgate".to_owned(),
            Self::Tollgate { runtime: Some(runtime) } => format!("Tollgate, {runtime}"),
            Self::Against(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    fn command(&self, tools: &Tools, folder: &Path) -> Command {
        let tollgate = |program: &Path| {
            let mut command = Command::new(program);
            command.args(["run", "--log-level", "warn", "--concurrency", "1", "--cache-dir"]);
            // An empty one of its own: what it takes to start includes compiling.
            command.arg(folder.join("cache"));
            command
        };
        match self {
            Self::Envoy => {
                let mut command = Command::new(&tools.envoy);
                command.args(["--log-level", "error", "--concurrency", "1", "--disable-hot-restart"]);
                command.arg("--admin-address-path").arg(folder.join("admin"));
                command
            }
            Self::Tollgate { runtime } => {
                let mut command = tollgate(&tools.tollgate);
                if let Some(runtime) = runtime {
                    command.args(["--runtime", runtime]);
                }
                command
            }
            Self::Against(path) => tollgate(path),
        }
    }
}

/// A proxy that runs.
#[derive(Debug)]
pub(super) struct Proxy {
    child: Child,
    /// Where it serves.
    pub(super) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(super) started: Duration,
}

impl Proxy {
    /// Starts it with this configuration. What it writes goes to files in `folder`, which is its own.
    ///
    /// # Errors
    ///
    /// It does not answer in time; the error has what it said.
    pub(super) fn start(kind: &Kind, tools: &Tools, yaml: &str, folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = |name: &str| folder.join(name);
        fs::write(file("proxy.yaml"), yaml)?;
        let mut command = kind.command(tools, folder);
        command.arg("-c").arg(file("proxy.yaml")).stdin(Stdio::null());
        command.stdout(File::create(file("out"))?).stderr(File::create(file("log"))?);
        let begun = Instant::now();
        let child = command.spawn().with_context(|| kind.title())?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut proxy = Self { child, address: nowhere, started: Duration::ZERO };
        loop {
            if let Some(address) = kind.address(folder)
                && answers(address).unwrap_or(false)
            {
                proxy.address = address;
                proxy.started = begun.elapsed();
                return Ok(proxy);
            }
            let ended = proxy.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > PATIENCE {
                bail!("{} does not serve: {}", kind.title(), fs::read_to_string(file("log")).unwrap_or_default());
            }
            pause();
        }
    }

    /// Processor time it has used so far, in all its threads, in seconds.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub(super) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        cpu_seconds(&stat).context("/proc has no times")
    }

    /// Memory it has in use (VmRSS), in bytes.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub(super) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib: Option<u64> =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse().ok());
        Ok(kib.context("/proc has no memory")? * 1024)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Kind {
    /// Where it serves, once it has said so.
    fn address(&self, folder: &Path) -> Option<SocketAddr> {
        if *self == Self::Envoy {
            let admin = fs::read_to_string(folder.join("admin")).ok()?.trim().parse().ok()?;
            let listeners = get(admin, "/listeners").ok()?;
            return listeners.lines().find_map(|line| line.trim().strip_prefix("main::")?.parse().ok());
        }
        let said = fs::read_to_string(folder.join("out")).ok()?;
        // All of a line, not the half that has been written.
        let (said, _) = said.rsplit_once('\n')?;
        said.lines().find_map(|line| line.strip_prefix("listener  main: http://")?.parse().ok())
    }
}

/// Leaves the processor to a process that starts. It says in files and on sockets when it is ready, which have to be looked
/// at again and again.
#[expect(clippy::disallowed_methods, reason = "another process starts, on which nothing here can wait")]
pub(super) fn pause() {
    std::thread::sleep(Duration::from_millis(1));
}

/// Whether a proxy answers a request. The end of the connection is not waited for: Envoy takes a second to close it.
fn answers(address: SocketAddr) -> io::Result<bool> {
    let mut begin = *b"HTTP/1.1 ???";
    ask(address, "/")?.read_exact(&mut begin)?;
    Ok(begin == *b"HTTP/1.1 200")
}

fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut answer = String::new();
    ask(address, path)?.read_to_string(&mut answer)?;
    Ok(answer)
}

fn ask(address: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(connection, "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
    Ok(connection)
}

/// The user and system time in a `/proc/PID/stat`, of which the second field may have any characters.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let mut next = || times.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::cpu_seconds;

    #[test]
    fn times_are_the_14th_and_15th_field() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 150 8 9 20 0 3 0";
        assert_eq!(cpu_seconds(stat), Some(4.0));
        assert_eq!(cpu_seconds("7 (a) S 1"), None);
    }
}
