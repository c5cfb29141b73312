//! nginx behind the proxies.

use super::proxy::pause;
use super::scenario::LARGE;
use anyhow::{Context as _, bail};
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CONFIGURATION: &str = include_str!("../../envoy/nginx.conf");

/// Longest wait for it to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// An nginx that runs.
#[derive(Debug)]
pub(super) struct Upstream {
    child: Child,
    pub(super) port: u16,
}

impl Upstream {
    /// Starts it. Its files are in `folder`, which is its own.
    ///
    /// # Errors
    ///
    /// It does not listen in time.
    pub(super) fn start(nginx: &Path, folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        // Text, of which a plugin changes about every second byte.
        let line = "The quick brown fox JUMPS OVER THE LAZY DOG, 0123456789 times.\n";
        let large: String = line.chars().cycle().take(64 * 1024).collect();
        fs::write(folder.join(LARGE.trim_start_matches('/')), large)?;
        // nginx does not choose a port; one that was free just now most likely still is.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        // The comment of the template names what is replaced.
        let text = CONFIGURATION.split_once('\n').map_or(CONFIGURATION, |(_, text)| text);
        let text = text.replace("FOLDER", &folder.display().to_string()).replace("PORT", &port.to_string());
        let file = folder.join("nginx.conf");
        fs::write(&file, text)?;
        let mut command = Command::new(nginx);
        command.arg("-c").arg(&file).arg("-p").arg(folder).arg("-e").arg(folder.join("nginx.log"));
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().context("nginx")?;
        let mut upstream = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if upstream.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                bail!("nginx does not listen: {}", fs::read_to_string(folder.join("nginx.log")).unwrap_or_default());
            }
            pause();
        }
        Ok(upstream)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // Its worker ends with it only when it is asked, not when it is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
