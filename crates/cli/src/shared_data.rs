//! Where shared data of plugins is kept: in the process, or in what the configuration names.

use crate::output::Failure;
use std::sync::Arc;
use std::time::Duration;
use tollgate_config::{Bootstrap, DataSource, RedisSettings};
use tollgate_host::shared::Shared;
use tollgate_proxy::TlsContexts;
use tollgate_redis::{Redis, Settings};

/// Said when a configuration that is read anew has it elsewhere.
pub(crate) const KEPT_AS_IT_WAS: &str = "node.metadata.tollgate.shared_data has changed: where shared data is kept is decided once, when the process starts";

/// Where a configuration has shared data kept, so that it can be compared with another.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    address: (String, u16),
    is_tls: bool,
    login: (Option<DataSource>, Option<DataSource>),
    key_prefix: String,
    op_timeout: Duration,
    connect_timeout: Duration,
}

impl Kept {
    /// `None` for in the process.
    pub(crate) fn of(bootstrap: &Bootstrap) -> Option<Self> {
        let RedisSettings { address, tls, auth_username, auth_password, key_prefix, op_timeout, connect_timeout } =
            bootstrap.shared_data.clone()?;
        Some(Self {
            address: (address.address, address.port),
            is_tls: tls.is_some(),
            login: (auth_username, auth_password),
            key_prefix,
            op_timeout,
            connect_timeout,
        })
    }
}

/// What plugins of all workers share. Waits for the first connection to what keeps it; without one it goes on all the same.
pub(crate) fn shared(bootstrap: &Bootstrap, tls: &TlsContexts) -> Result<Arc<Shared>, Failure> {
    let Some(redis) = &bootstrap.shared_data else { return Ok(Arc::default()) };
    let settings = Settings {
        host: redis.address.address.clone(),
        port: redis.address.port,
        tls: tls.shared_data(),
        username: redis.auth_username.as_ref().map(|name| String::from_utf8_lossy(&line(name)).into_owned()),
        password: redis.auth_password.as_ref().map(line),
        prefix: redis.key_prefix.clone(),
        timeout: redis.op_timeout,
        connect_timeout: redis.connect_timeout,
    };
    let store = Redis::start(settings)
        .map_err(|error| Failure::from(format!("cannot start the thread of shared data: {error}")))?;
    Ok(Arc::new(Shared::with_store(Arc::new(store))))
}

/// What stands in a source, without the end of the line that editors put into files.
fn line(source: &DataSource) -> Vec<u8> {
    let bytes = match source {
        DataSource::Inline(bytes) => &**bytes,
        // Files have been read.
        DataSource::File { .. } => &[],
    };
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec()
}

#[cfg(test)]
mod tests {
    use super::line;
    use tollgate_config::DataSource;

    #[test]
    fn the_end_of_a_line_is_no_part_of_a_password() {
        let read = |text: &str| line(&DataSource::Inline(text.as_bytes().to_vec()));
        assert_eq!([read("a b\n"), read("a b\r\n"), read("a b")], [b"a b"; 3]);
        assert_eq!(read("a\n\n"), b"a\n");
    }
}
