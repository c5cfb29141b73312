//! `code.remote`: modules that are fetched before anything listens.

use crate::bounded::{Memory, Timeout};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tollgate_cache::Store;
use tollgate_config::{self as config, Bootstrap, Cluster, DataSource, RemoteCode};
use tollgate_fetch::{Credentials, Digest, FetchError, Fetched, Fetcher, ServerTls, Settings, Source, Way};

/// How to fetch.
#[derive(Clone, Debug, Args)]
pub(crate) struct FetchArgs {
    /// Time that fetching code may take, all plugins and retries together, such as 250ms or 60s, or "none".
    #[arg(long = "fetch-timeout", value_name = "TIME", default_value = "60s")]
    total: Timeout,
    /// Most that a fetched module may have, such as 16MiB.
    #[arg(long = "fetch-size", value_name = "SIZE", default_value = "256MiB")]
    size: Memory,
    /// Certificates of authorities, in PEM, that servers of code are to have theirs from, in the place of the system's.
    #[arg(long = "fetch-ca", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Credentials for registries, as docker's config.json has them, or names helpers that do. $DOCKER_CONFIG/config.json or
    /// ~/.docker/config.json by default.
    #[arg(long, value_name = "FILE")]
    registry_config: Option<PathBuf>,
    /// A registry, HOST or HOST:PORT, that may be asked by HTTP if it does not speak HTTPS; one on this machine may in any case. Can be given more
    /// than once.
    #[arg(long = "insecure-registry", value_name = "HOST")]
    insecure_registries: Vec<String>,
}

impl FetchArgs {
    fn settings(&self) -> Settings {
        Settings {
            // As good as none.
            total: self.total.0.unwrap_or(Duration::MAX),
            size: self.size.0.unwrap_or(u64::MAX),
            ca_file: self.ca_file.clone(),
            insecure_registries: self.insecure_registries.clone(),
            credentials: match &self.registry_config {
                Some(file) => Credentials::File(file.clone()),
                None => docker_config().map_or(Credentials::None, Credentials::FileIfThere),
            },
        }
    }
}

/// Where docker keeps credentials.
fn docker_config() -> Option<PathBuf> {
    let path = |key| std::env::var_os(key).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = path("DOCKER_CONFIG").or_else(|| Some(path("HOME")?.join(".docker")))?;
    Some(folder.join("config.json"))
}

/// Code that was fetched.
pub(crate) struct Code {
    /// What is said about where it is from.
    pub(crate) source: String,
    pub(crate) bytes: Arc<Vec<u8>>,
}

/// The code that a configuration has elsewhere, each fetched once.
#[derive(Default)]
pub(crate) struct Remotes {
    fetcher: Option<Fetcher>,
    results: Vec<(Source, Result<Fetched, FetchError>)>,
}

impl Remotes {
    /// Fetches all of it. What has failed is an error of the plugins that want it.
    pub(crate) fn fetch(bootstrap: &Bootstrap, args: &FetchArgs, store: Option<Arc<Store>>) -> Self {
        let mut sources: Vec<Source> = Vec::new();
        for plugin in bootstrap.plugins() {
            let config::Code::Remote(remote) = &plugin.vm.code else { continue };
            let source = source(remote, &bootstrap.clusters);
            if !sources.iter().any(|known| is_same(known, &source)) {
                sources.push(source);
            }
        }
        if sources.is_empty() {
            return Self::default();
        }
        let fetcher = Fetcher::new(args.settings(), store);
        let results = fetcher.fetch(&sources);
        for (source, result) in sources.iter().zip(&results) {
            if let Ok(Fetched { way: Way::Stale(error), digest, .. }) = result {
                tracing::warn!(
                    "{} cannot be fetched: {error}; the module that it last was ({digest}) is taken in its place",
                    source.shown()
                );
            }
        }
        Self { fetcher: Some(fetcher), results: sources.into_iter().zip(results).collect() }
    }

    /// The plugins can be run: what was fetched is good.
    pub(crate) fn accept(&self) {
        let Some(fetcher) = &self.fetcher else { return };
        for (source, fetched) in &self.results {
            if let Ok(fetched) = fetched {
                fetcher.accept(source, fetched);
            }
        }
    }

    /// The code of a plugin.
    pub(crate) fn code(&self, remote: &RemoteCode, clusters: &[Cluster]) -> Option<Result<Code, &FetchError>> {
        let source = source(remote, clusters);
        let (source, result) = self.results.iter().find(|(known, _)| is_same(known, &source))?;
        Some(result.as_ref().map(|fetched| {
            let way = match fetched.way {
                Way::Fetched => "fetched",
                Way::Kept => "kept",
                Way::Unchanged => "kept, unchanged",
                Way::Stale(_) => "kept, not to be had now",
            };
            Code { source: format!("{} ({way})", source.shown()), bytes: fetched.bytes.clone() }
        }))
    }
}

/// Whether two are the same module from the same place; how long one is waited for does not matter.
fn is_same(one: &Source, other: &Source) -> bool {
    (&one.uri, &one.via, &one.tls, one.sha256) == (&other.uri, &other.via, &other.tls, other.sha256)
}

fn source(remote: &RemoteCode, clusters: &[Cluster]) -> Source {
    let is_image = remote.uri.starts_with("oci://");
    let cluster = remote.cluster.as_ref().and_then(|name| clusters.iter().find(|cluster| cluster.name == *name));
    let cluster = cluster.filter(|_| !is_image);
    let endpoints = cluster.map(|cluster| &*cluster.endpoints).unwrap_or_default();
    let tls = cluster.and_then(|cluster| cluster.tls.as_ref()).map(|tls| ServerTls {
        name: tls.sni.clone().filter(|name| !name.is_empty()),
        ca: tls.common.validation.as_ref().and_then(|validation| match &validation.trusted_ca {
            DataSource::Inline(pem) => Some(pem.clone()),
            // Files have been read by now.
            DataSource::File { .. } => None,
        }),
    });
    Source {
        via: endpoints.iter().map(|endpoint| (endpoint.address.address.clone(), endpoint.address.port)).collect(),
        tls,
        sha256: remote.sha256.as_deref().and_then(Digest::from_hex),
        timeout: remote.timeout,
        retries: remote.retries.num_retries,
        base_interval: remote.retries.base_interval,
        max_interval: remote.retries.max_interval,
        ..Source::new(remote.uri.clone())
    }
}
