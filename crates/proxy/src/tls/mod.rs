//! TLS with clients and with upstreams: certificates read and checked at load, handshakes, and what plugins are told.

mod certificate;
mod client;
pub(crate) mod failure;
mod listed;
mod pem;
mod server;
mod verify;

pub(crate) use client::ClientTls;
pub(crate) use listed::ListedContext;
pub(crate) use server::{Opening, ServerTls, agreed, inspect};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, SupportedProtocolVersion};
use std::sync::Arc;
use tollgate_config::{Bootstrap, CommonTls, Diagnostic, TlsVersion, UpstreamProtocol};

/// Everything that a configuration says of TLS, ready to be used. Shared by all workers.
#[derive(Clone, Debug, Default)]
pub struct TlsContexts {
    /// One for each filter chain of each listener, in their order.
    pub(crate) chains: Vec<Option<Arc<ServerTls>>>,
    /// One for each cluster.
    pub(crate) clusters: Vec<Option<Arc<ClientTls>>>,
    /// With what keeps shared data.
    shared_data: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// The certificates of all of them.
    pub(crate) listed: Vec<ListedContext>,
}

impl TlsContexts {
    /// Reads the certificates of a configuration, into which those that stand in files must have been read.
    ///
    /// # Errors
    ///
    /// What is wrong with them, each with its place in the file.
    pub fn load(bootstrap: &Bootstrap) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut note = |diagnostic| problems.push(diagnostic);
        let mut contexts = Self::default();
        for listener in &bootstrap.listeners {
            let chains = listener.filter_chains.iter().map(|chain| {
                let tls = chain.tls.as_ref()?;
                ServerTls::load(tls).map_err(&mut note).ok().map(Arc::new)
            });
            contexts.chains.extend(chains);
        }
        for cluster in &bootstrap.clusters {
            let tls = cluster
                .tls
                .as_ref()
                .and_then(|tls| ClientTls::load(tls, &cluster.protocol).map_err(&mut note).ok().map(Arc::new));
            contexts.clusters.push(tls);
        }
        if let Some(redis) = &bootstrap.shared_data {
            let load = |tls| ClientTls::load(tls, &UpstreamProtocol::Http1).map_err(&mut note).ok();
            let tls = redis.tls.as_ref().and_then(load);
            contexts.shared_data = tls.map(|tls| tls.into_parts(&redis.address.address));
        }
        let chains = bootstrap.listeners.iter().flat_map(|listener| &listener.filter_chains);
        let downstream = chains.filter_map(|chain| chain.tls.as_ref()).map(|tls| &tls.common);
        let upstream = bootstrap.clusters.iter().filter_map(|cluster| cluster.tls.as_ref()).map(|tls| &tls.common);
        contexts.listed = downstream.chain(upstream).map(ListedContext::of).collect();
        if problems.is_empty() { Ok(contexts) } else { Err(problems) }
    }

    /// How TLS is spoken with what keeps shared data, and the name that is asked for there; `None` for plain TCP.
    pub fn shared_data(&self) -> Option<(Arc<ClientConfig>, ServerName<'static>)> {
        self.shared_data.clone()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The versions that may be spoken.
fn versions(common: &CommonTls) -> Vec<&'static SupportedProtocolVersion> {
    [(TlsVersion::V1_3, &rustls::version::TLS13), (TlsVersion::V1_2, &rustls::version::TLS12)]
        .into_iter()
        .filter(|(version, _)| (common.min_version..=common.max_version).contains(version))
        .map(|(_, version)| version)
        .collect()
}

/// A version's name, as OpenSSL and so Envoy spell it.
fn version_name(version: Option<rustls::ProtocolVersion>) -> &'static str {
    match version {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "",
    }
}
