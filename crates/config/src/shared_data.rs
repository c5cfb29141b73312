//! Where shared data of plugins is kept, if not in the process: `node.metadata.tollgate.shared_data`.

use std::fmt;
use std::time::Duration;

use crate::address::{self, Address};
use crate::data_source::{self, DataSource};
use crate::fields::shared_data::{REDIS, SHARED_DATA};
use crate::reader::{Cursor, Object};
use crate::tls::UpstreamTls;
use crate::transport_socket;

/// A Redis that keeps shared data, for proxies on several machines.
#[derive(Clone)]
pub struct RedisSettings {
    /// Where it is, as Envoy has addresses; a name is resolved for each connection.
    pub address: Address,
    /// TLS, as Envoy's `transport_socket` has it.
    pub tls: Option<UpstreamTls>,
    /// The user's name, as Envoy's `RedisProtocolOptions` has it. Only with a password.
    pub auth_username: Option<DataSource>,
    /// The password, likewise.
    pub auth_password: Option<DataSource>,
    /// What the keys begin with; `tollgate` by default.
    pub key_prefix: String,
    /// For how long a callback of a plugin may wait for Redis in all, from 1 ms to 10 s; 50 ms by default.
    pub op_timeout: Duration,
    /// How long it may take to have a connection, likewise; 1 s by default.
    pub connect_timeout: Duration,
}

// A password is in no log, whoever prints the configuration.
impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSettings").field("address", &self.address).finish_non_exhaustive()
    }
}

impl RedisSettings {
    /// Everything that may stand in a file of its own.
    pub fn sources_mut(&mut self) -> impl Iterator<Item = &mut DataSource> {
        let tls = self.tls.iter_mut().flat_map(|tls| tls.common.sources_mut());
        tls.chain(&mut self.auth_username).chain(&mut self.auth_password)
    }
}

/// Decodes what stands under `shared_data`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<RedisSettings> {
    let redis = Object::open(at, &SHARED_DATA)?.required("redis", "{address: {socket_address: {...}}}")?;
    let object = Object::open(&redis, &REDIS)?;
    let address = object
        .required("address", "{socket_address: {address: redis.internal, port_value: 6379}}")
        .and_then(|at| address::decode(&at));
    let tls = object.get("transport_socket").and_then(|at| transport_socket::decode_upstream(&at));
    let auth_username = object.get("auth_username").and_then(|at| data_source::decode(&at));
    let auth_password = object.get("auth_password").and_then(|at| data_source::decode(&at));
    if let (Some(at), false) = (object.get("auth_username"), object.was_given("auth_password")) {
        at.key_error("a user logs in with a password; give auth_password, or remove auth_username");
    }
    let key_prefix = match object.get("key_prefix") {
        Some(at) => decode_prefix(&at),
        None => Some("tollgate".to_owned()),
    };
    let time = |name, default| object.get(name).map_or(Some(default), |at| decode_time(&at));
    let op_timeout = time("op_timeout", Duration::from_millis(50));
    let connect_timeout = time("connect_timeout", Duration::from_secs(1));
    Some(RedisSettings {
        address: address?,
        tls,
        auth_username,
        auth_password,
        key_prefix: key_prefix?,
        op_timeout: op_timeout?,
        connect_timeout: connect_timeout?,
    })
}

fn decode_prefix(at: &Cursor<'_>) -> Option<String> {
    let prefix = at.nonempty_text()?;
    if prefix.contains([':', '{', '}']) {
        at.error(format!("{prefix:?} has one of the characters : {{ }}, which stand between the parts of keys"));
        return None;
    }
    Some(prefix.to_owned())
}

fn decode_time(at: &Cursor<'_>) -> Option<Duration> {
    let time = at.duration()?;
    if time < Duration::from_millis(1) || time > Duration::from_secs(10) {
        at.error("plugins, and with them their worker, wait for it: it must be from 0.001s to 10s");
        return None;
    }
    Some(time)
}
