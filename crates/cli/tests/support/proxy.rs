//! A proxy that is up.

use super::PATIENCE;
use super::program::{Finished, Program};
use super::wire::Wire;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Instant;

/// `tollgate run`, listening. Ports come from what it announces, so configurations say 0.
#[derive(Debug)]
pub(crate) struct Proxy {
    program: Program,
    /// Name and address of each listener.
    pub(crate) listeners: Vec<(String, SocketAddr)>,
    admin: SocketAddr,
}

/// A line that a plugin has logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PluginLine {
    pub(crate) level: String,
    pub(crate) plugin: String,
    pub(crate) context: u32,
    pub(crate) text: String,
}

impl Proxy {
    /// Starts it with one worker and waits until it listens.
    pub(crate) fn start(config: &Path, arguments: &[&str]) -> Self {
        Self::start_with_workers(1, config, arguments)
    }

    /// The same, with more workers.
    pub(crate) fn start_with_workers(workers: u16, config: &Path, arguments: &[&str]) -> Self {
        let folder = config.parent().expect("a file in a folder");
        let workers = workers.to_string();
        let own = ["run", config.to_str().expect("UTF-8"), "--concurrency", &workers];
        let program = Program::start(folder, own.iter().chain(arguments));
        // The admin address comes last.
        let Ok(admin) = program.stdout.wait_for(|line| line.starts_with("admin ")) else {
            panic!("the proxy does not come up; it has printed\n{}", program.printed());
        };
        let listeners = program
            .stdout
            .so_far()
            .iter()
            .filter_map(|line| line.strip_prefix("listener  "))
            .map(|line| {
                let (name, _) = line.split_once(": ").expect("listener  NAME: SCHEME://ADDRESS");
                (name.to_owned(), announced(line))
            })
            .collect();
        Self { listeners, admin: announced(&admin), program }
    }

    /// Address of the only listener.
    pub(crate) fn address(&self) -> SocketAddr {
        assert_eq!(self.listeners.len(), 1, "one listener is announced: {:?}", self.listeners);
        self.listeners[0].1
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Wire {
        Wire::connect(self.address())
    }

    /// Its process.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// The counters and gauges.
    pub(crate) fn stats(&self) -> BTreeMap<String, u64> {
        let mut admin = Wire::connect(self.admin);
        let answer = admin.get("/stats").expect("an answer of the admin interface");
        assert_eq!(answer.head.status(), 200, "{answer:?}");
        let pairs = answer.text().lines().filter_map(|line| line.split_once(": ")).collect::<Vec<_>>();
        pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
    }

    /// An answer of the admin interface.
    pub(crate) fn admin(&self, path: &str) -> super::wire::Message {
        Wire::connect(self.admin).get(path).expect("an answer of the admin interface")
    }

    /// Where the admin interface listens.
    pub(crate) fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// An answer of the admin interface to a POST, with further fields, each a line.
    pub(crate) fn post(&self, path: &str, fields: &str) -> super::wire::Message {
        let mut admin = Wire::connect(self.admin);
        let host = self.admin;
        admin
            .send(format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\n{fields}\r\n"))
            .expect("the admin interface listens");
        admin.response("POST").expect("an answer of the admin interface")
    }

    /// Has it read its configuration anew: status and text of the answer.
    pub(crate) fn reload(&self) -> (u16, String) {
        let mut admin = Wire::connect(self.admin);
        admin
            .send("POST /reload HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n")
            .expect("the admin interface listens");
        let answer = admin.response("POST").expect("an answer of the admin interface");
        (answer.head.status(), answer.text().to_owned())
    }

    /// Waits until the numbers are as wanted.
    pub(crate) fn wait_for_stats(&self, wanted: impl Fn(&BTreeMap<String, u64>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // The answer takes its time, which is pause enough.
            let stats = self.stats();
            if wanted(&stats) {
                return;
            }
            assert!(Instant::now() < deadline, "the numbers do not become as wanted: {stats:#?}");
        }
    }

    /// Waits until no request is under way and no plugin has a context for one.
    pub(crate) fn wait_until_idle(&self) {
        self.wait_for_stats(|stats| sum(stats, ".streams_active") + sum(stats, ".downstream_rq_active") == 0);
    }

    /// Waits until it has stopped, having been asked to before.
    pub(crate) fn wait(self) -> Finished {
        self.program.wait()
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(self) -> Finished {
        self.program.terminate();
        self.program.wait()
    }
}

/// The sum of the numbers whose names end so.
pub(crate) fn sum(stats: &BTreeMap<String, u64>, suffix: &str) -> u64 {
    stats.iter().filter(|(name, _)| name.ends_with(suffix)).map(|(_, value)| value).sum()
}

/// The lines of a log in text form that plugins have logged.
pub(crate) fn plugin_lines(log: &[String]) -> Vec<PluginLine> {
    log.iter()
        .filter_map(|line| {
            let (head, rest) = line.split_once(" plugin: ")?;
            let (text, fields) = rest.rsplit_once(" plugin=\"")?;
            Some(PluginLine {
                level: head.split_whitespace().next_back()?.to_ascii_lowercase(),
                plugin: fields.split('"').next()?.to_owned(),
                context: fields.rsplit_once(" context_id=")?.1.parse().ok()?,
                text: text.to_owned(),
            })
        })
        .collect()
}

/// The address in an announced line. "Any address" is reached by the loopback one.
fn announced(line: &str) -> SocketAddr {
    let (_, address) = line.split_once("://").expect("an address is announced");
    let mut address: SocketAddr = address.parse().expect("an address is announced");
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    address
}
