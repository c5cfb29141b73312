//! Shared data of plugins in Redis: the values that VMs share, for proxies on several machines.
//!
//! A guest's call is synchronous, and its thread waits with it. So a callback waits for Redis no longer than
//! [`Settings::timeout`] in all, and no guest ever connects, resolves a name or tries a server that is away: a thread of the
//! store's does, and calls fail at once until it has succeeded.
//!
//! ```text
//!                   a call fails or times out
//!   +-----------+ ------------------------------> +------+    calls: at once Unavailable
//!   | reachable |                                 | away |    thread: connects, at once the first time, then
//!   +-----------+ <------------------------------ +------+            after pauses that grow until a call succeeds
//!                   the thread has connected
//! ```
//!
//! The values of a `vm_id` are a hash, and their numbers and bytes are counted in another beside it, which one script
//! changes together. Any server that speaks RESP2 and runs scripts will do.
#![forbid(unsafe_code)]

mod connection;
mod numbers;
mod pool;
mod reply;
mod script;

use crate::connection::{Connection, Fault};
use crate::numbers::Numbers;
use crate::pool::Pool;
use crate::reply::Reply;
use bytes::Bytes;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_host::shared::{Store, StoreSpace, Unavailable, Unstored};
use tollgate_host::vm::Quotas;

/// Where a Redis is, and how it is used.
#[derive(Clone)]
pub struct Settings {
    /// An IP address or a name. A name is resolved anew for each connection, and its addresses are tried in turn.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS, and the name of the server there; none for plain TCP.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// Who to say we are; Redis's `default` user if there is only a password.
    pub username: Option<String>,
    /// The password; without one nothing is said.
    pub password: Option<Vec<u8>>,
    /// What the keys begin with: proxies with the same prefix share the values of plugins with the same `vm_id`. Not empty, and without
    /// `:`, `{` and `}`.
    pub prefix: String,
    /// For how long a guest's callback may wait for Redis in all.
    pub timeout: Duration,
    /// How long it may take to have a connection: TCP, TLS and logging in. Only the store's own thread waits for that, and the start.
    pub connect_timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls.is_some())
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

/// Shared data in Redis.
#[derive(Debug)]
pub struct Redis {
    pool: Pool,
}

impl Redis {
    /// Connects, for as long as [`Settings::connect_timeout`] allows. A server that is away is a warning: what is asked of the store
    /// fails until it is there.
    ///
    /// # Errors
    ///
    /// What the system says if there can be no thread.
    pub fn start(settings: Settings) -> std::io::Result<Self> {
        Ok(Self { pool: Pool::start(settings)? })
    }

    /// One exchange, for as long as the callback may wait.
    fn ask<T>(
        &self,
        waited: &mut Duration,
        exchange: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Unavailable> {
        let begun = Instant::now();
        let left = self.pool.settings().timeout.saturating_sub(*waited);
        let answer = self.pool.with_connection(begun, left, exchange);
        *waited += begun.elapsed();
        answer
    }

    /// Keys of a space: its values, and what is counted of them. What is in braces decides which node of a cluster has a key,
    /// so that the script finds both on one.
    fn keys(&self, vm_id: &str) -> [String; 2] {
        let prefix = &self.pool.settings().prefix;
        ["values", "state"].map(|part| format!("{{{prefix}:{vm_id}}}:{part}"))
    }
}

impl Store for Redis {
    fn value(
        &self,
        space: StoreSpace<'_>,
        key: &[u8],
        waited: &mut Duration,
    ) -> Result<Option<(Bytes, u32)>, Unavailable> {
        let [values, _] = self.keys(space.vm_id);
        let most = most_bytes(space);
        self.ask(waited, |connection| match connection.command(&[b"HGET", values.as_bytes(), key], most)? {
            Reply::Nil => Ok(None),
            Reply::Bytes(entry) => script::decode(entry).map(Some).ok_or(Fault::Protocol("an entry without a number")),
            Reply::Error(why) => Err(Fault::Refused(why)),
            Reply::Integer(_) | Reply::Simple(_) => Err(Fault::Protocol("HGET was not answered with bytes")),
        })
    }

    fn store(
        &self,
        space: StoreSpace<'_>,
        key: &[u8],
        value: &[u8],
        expected: u32,
        waited: &mut Duration,
    ) -> Result<(), Unstored> {
        let keys = self.keys(space.vm_id);
        let call = script::Call::new(&keys, key, value, expected, space.most_bytes, Quotas::ENTRY);
        match self.ask(waited, |connection| call.run(connection))? {
            script::Outcome::Stored => Ok(()),
            script::Outcome::CasMismatch => Err(Unstored::CasMismatch),
            script::Outcome::Full => Err(Unstored::Full),
        }
    }

    fn numbers(&self) -> Vec<(&'static str, u64)> {
        self.pool.numbers().all()
    }
}

/// Bytes of the longest reply that can be right: a value as long as all may be together, and what is around it.
fn most_bytes(space: StoreSpace<'_>) -> usize {
    usize::try_from(space.most_bytes).unwrap_or(usize::MAX).saturating_add(1024)
}
