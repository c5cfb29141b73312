//! Getting modules: from what is kept, or by as many attempts as are allowed.

use crate::digest::Digest;
use crate::error::{FetchError, Kind};
use crate::http::{Answer, Client, Question, Url};
use crate::keep::{Kept, Note};
use crate::oci::{self, Pulled, Reference};
use crate::retry::pause;
use crate::settings::Settings;
use crate::source::Source;
use http::header::{ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tollgate_cache::Store;

/// Modules that are fetched at a time.
const AT_A_TIME: usize = 4;

/// How a module was had.
#[derive(Clone, Debug)]
pub enum Way {
    /// It was fetched now.
    Fetched,
    /// It is known by its digest, and was kept: nobody was asked.
    Kept,
    /// It was kept, and its server has said that it is still the one.
    Unchanged,
    /// It was kept, and may no longer be the one: why it could not be fetched.
    Stale(FetchError),
}

/// A module.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The module.
    pub bytes: Arc<Vec<u8>>,
    /// Its digest.
    pub digest: Digest,
    /// How it was had.
    pub way: Way,
    /// What is to be noted of its source, if it is new.
    note: Option<Note>,
}

impl Fetched {
    fn kept(bytes: Vec<u8>, way: Way) -> Self {
        Self { digest: Digest::of(&bytes), bytes: Arc::new(bytes), way, note: None }
    }
}

/// Gets modules.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Arc<Client>,
    kept: Kept,
}

impl Fetcher {
    /// Gets modules with these settings, and keeps them in `store`.
    pub fn new(settings: Settings, store: Option<Arc<Store>>) -> Self {
        Self { client: Arc::new(Client::new(settings)), kept: Kept(store) }
    }

    /// Gets every module, several at a time; the answers are in the order of the sources. Blocks, also where a tokio runtime
    /// runs; progress is logged.
    pub fn fetch(&self, sources: &[Source]) -> Vec<Result<Fetched, FetchError>> {
        if sources.is_empty() {
            return Vec::new();
        }
        // A thread of its own: a runtime cannot be entered where another runs.
        let done = std::thread::scope(|scope| scope.spawn(|| self.fetch_on_this_thread(sources)).join());
        done.unwrap_or_else(|_| {
            let panicked =
                || Err(FetchError::new(Kind::Source, "fetching has panicked, which is a bug; what it said is above"));
            sources.iter().map(|_| panicked()).collect()
        })
    }

    /// Notes that a module is good, so that it is what its source last gave. One that does not load must not be had in the
    /// place of one that did.
    pub fn accept(&self, source: &Source, fetched: &Fetched) {
        if let Some(note) = &fetched.note {
            self.kept.note(source, note);
        }
    }

    fn fetch_on_this_thread(&self, sources: &[Source]) -> Vec<Result<Fetched, FetchError>> {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                let failed = || Err(FetchError::new(Kind::Source, format!("there is nothing to fetch with: {error}")));
                return sources.iter().map(|_| failed()).collect();
            }
        };
        let results = runtime.block_on(async {
            let deadline = Instant::now().checked_add(self.client.settings.total);
            let turns = Arc::new(Semaphore::new(AT_A_TIME));
            let tasks: Vec<_> = sources
                .iter()
                .map(|source| {
                    let (fetcher, source, turns) = (self.clone(), source.clone(), turns.clone());
                    tokio::spawn(async move { fetcher.one(&source, deadline, &turns).await })
                })
                .collect();
            let mut results = Vec::new();
            for task in tasks {
                let panicked = |_| {
                    Err(FetchError::new(Kind::Source, "fetching has panicked, which is a bug; what it said is above"))
                };
                results.push(task.await.unwrap_or_else(panicked));
            }
            results
        });
        // A name that is still being looked up keeps nobody waiting.
        runtime.shutdown_background();
        results
    }

    /// Gets one module before the deadline.
    async fn one(&self, source: &Source, deadline: Option<Instant>, turns: &Semaphore) -> Result<Fetched, FetchError> {
        let place = Place::of(source)?;
        if let Some(bytes) = self.known(source, &place) {
            return Ok(Fetched::kept(bytes, Way::Kept));
        }
        let last = self.kept.last(source);
        let attempts = async {
            // Closed never.
            let _turn = turns.acquire().await;
            self.attempts(source, &place, last.as_ref().map(|(note, _)| note)).await
        };
        let result = match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, attempts).await.unwrap_or_else(|_| {
                Err(FetchError::timeout(
                    self.client.settings.total,
                    ", which is what all fetches may take (--fetch-timeout)",
                ))
            }),
            None => attempts.await,
        };
        match (result, last) {
            (Ok(Came::New(bytes, note)), _) => {
                let digest = Digest::of(&bytes);
                tracing::info!("fetched {}: {} bytes, {digest}", source.shown(), bytes.len());
                self.kept.keep(&digest, &bytes);
                Ok(Fetched { bytes: Arc::new(bytes), digest, way: Way::Fetched, note: Some(note) })
            }
            (Ok(Came::Same), Some((_, bytes))) => Ok(Fetched::kept(bytes, Way::Unchanged)),
            (Ok(Came::Same), None) => Err(FetchError::new(
                Kind::Http,
                "the server says that nothing has changed, though nothing was there before",
            )),
            (Err(error), Some((_, bytes))) => Ok(Fetched::kept(bytes, Way::Stale(error))),
            (Err(error), None) => Err(error),
        }
    }

    /// A module that is known by a digest and kept.
    fn known(&self, source: &Source, place: &Place) -> Option<Vec<u8>> {
        if let Some(digest) = source.sha256
            && let Some(bytes) = self.kept.module(&digest)
        {
            return Some(bytes);
        }
        let named = matches!(place, Place::Image(reference) if reference.digest.is_some());
        if source.sha256.is_none() && !named {
            return None;
        }
        self.kept.last(source).map(|(_, bytes)| bytes)
    }

    async fn attempts(&self, source: &Source, place: &Place, last: Option<&Note>) -> Result<Came, FetchError> {
        tracing::info!("fetching {}", source.shown());
        let mut retry = 0;
        loop {
            let attempt = self.attempt(source, place, last);
            let result = match source.timeout {
                Some(timeout) => tokio::time::timeout(timeout, attempt)
                    .await
                    .unwrap_or_else(|_| Err(FetchError::timeout(timeout, " (http_uri.timeout)"))),
                None => attempt.await,
            };
            match result {
                Err(error) if error.is_transient() && retry < source.retries => {
                    let pause = pause(source, retry);
                    retry += 1;
                    tracing::warn!(
                        "fetching {} has failed: {error}; attempt {} of {} follows in {} ms",
                        source.shown(),
                        u64::from(retry) + 1,
                        u64::from(source.retries) + 1,
                        pause.as_millis()
                    );
                    tokio::time::sleep(pause).await;
                }
                Err(error) if retry > 0 => return Err(error.about(&format!("after {} attempts", u64::from(retry) + 1))),
                result => return result,
            }
        }
    }

    async fn attempt(&self, source: &Source, place: &Place, last: Option<&Note>) -> Result<Came, FetchError> {
        match place {
            Place::Server(url) => self.get(source, url, last).await,
            Place::Image(reference) => {
                let known = last.and_then(|note| note.manifest.as_deref());
                match oci::pull(&self.client, reference, known).await? {
                    Pulled::Same => Ok(Came::Same),
                    Pulled::New { module, manifest } => {
                        let digest = Digest::of(&module);
                        if let Some(expected) = source.sha256
                            && expected != digest
                            && expected != manifest
                        {
                            return Err(FetchError::new(
                                Kind::Digest,
                                format!(
                                    "sha256 is {}, which is neither the image's ({manifest}) nor the module's in it ({digest})",
                                    expected.hex()
                                ),
                            ));
                        }
                        let note =
                            Note { module: digest.hex(), manifest: Some(manifest.to_string()), ..Note::default() };
                        Ok(Came::New(module, note))
                    }
                }
            }
        }
    }

    async fn get(&self, source: &Source, url: &Url, last: Option<&Note>) -> Result<Came, FetchError> {
        let mut headers = HeaderMap::new();
        let mut condition = |name: HeaderName, value: Option<&String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        condition(IF_NONE_MATCH, last.and_then(|note| note.etag.as_ref()));
        condition(IF_MODIFIED_SINCE, last.and_then(|note| note.last_modified.as_ref()));
        let question = Question {
            method: Method::GET,
            url: url.clone(),
            via: &source.via,
            tls: source.tls.as_ref(),
            headers,
            limit: self.client.settings.size,
        };
        let Answer { status, headers, body, url } = self.client.ask(&question).await?;
        if status == StatusCode::NOT_MODIFIED && last.is_some() {
            return Ok(Came::Same);
        }
        if status != StatusCode::OK {
            return Err(FetchError::new(Kind::Status(status.as_u16()), format!("{url} has answered {status}")));
        }
        if body.is_empty() {
            return Err(FetchError::new(Kind::Empty, format!("{url} has answered with nothing")));
        }
        let digest = Digest::of(&body);
        if let Some(expected) = source.sha256.filter(|expected| *expected != digest) {
            return Err(FetchError::new(
                Kind::Digest,
                format!("{url} has another module than sha256 says: {} and not {}", digest.hex(), expected.hex()),
            ));
        }
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| Some(value.to_str().ok()?.to_owned()));
        let note = Note { module: digest.hex(), manifest: None, etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        Ok(Came::New(body, note))
    }
}

/// What has come of an attempt.
enum Came {
    New(Vec<u8>, Note),
    /// What was kept is what is there.
    Same,
}

/// Where a module is.
enum Place {
    Server(Url),
    Image(Reference),
}

impl Place {
    fn of(source: &Source) -> Result<Self, FetchError> {
        let wrong = |why| FetchError::new(Kind::Source, format!("the URI {}: {why}", source.shown()));
        match source.uri.strip_prefix("oci://") {
            Some(reference) => Reference::parse(reference).map(Self::Image).map_err(wrong),
            None => Url::parse(&source.uri).map(Self::Server).map_err(wrong),
        }
    }
}
