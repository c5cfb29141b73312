//! Pulling a module from a registry.

use super::auth::{authorize, secret};
use super::credentials::User;
use super::layer;
use super::manifest::{ACCEPT, Descriptor, Manifest, Next};
use super::reference::Reference;
use crate::digest::Digest;
use crate::error::{FetchError, Kind};
use crate::http::{Answer, Client, Question, Url};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// Most bytes of a manifest; the specification has registries take 4 MiB.
const MANIFEST_SIZE: u64 = 4 << 20;

/// Indexes that lead to an index.
const INDEXES: usize = 3;

/// What has come of pulling an image.
pub(crate) enum Pulled {
    /// The name stands for the manifest that was known.
    Same,
    New {
        module: Vec<u8>,
        /// Digest of the manifest or index that the name stands for.
        manifest: Digest,
    },
}

/// Pulls the module of an image. `known` is the digest of the manifest whose module is there already.
pub(crate) async fn pull(client: &Client, reference: &Reference, known: Option<&str>) -> Result<Pulled, FetchError> {
    let user = client.settings.credentials.user(&reference.registry, &reference.repository).await?;
    let named = reference.to_string();
    let mut session = Session { client, reference, https: true, user, authorization: None };
    let result = match session.pull(known).await {
        // As docker and others have it: by HTTPS if the registry speaks it.
        Err(error) if error.kind() == Kind::Connect && session.may_be_insecure() => {
            session.https = false;
            session.pull(known).await
        }
        result => result,
    };
    result.map_err(|error| error.about(&named))
}

/// Questions to one registry about one repository.
struct Session<'a> {
    client: &'a Client,
    reference: &'a Reference,
    https: bool,
    user: Option<User>,
    authorization: Option<String>,
}

impl Session<'_> {
    fn may_be_insecure(&self) -> bool {
        self.reference.is_here() || self.client.settings.insecure_registries.contains(&self.reference.registry)
    }

    async fn pull(&mut self, known: Option<&str>) -> Result<Pulled, FetchError> {
        let version = self.reference.version();
        // Registries that count what is pulled do not count this.
        if let Some(known) = known {
            let answer = self.ask(Method::HEAD, &format!("manifests/{version}"), MANIFEST_SIZE).await?;
            let digest = answer.headers.get("docker-content-digest").and_then(|value| value.to_str().ok());
            if answer.status == StatusCode::OK && digest == Some(known) {
                return Ok(Pulled::Same);
            }
        }
        let top = self.manifest(&version, self.reference.digest).await?;
        let digest = Digest::of(&top);
        let module = self.module(top).await?;
        Ok(Pulled::New { module, manifest: digest })
    }

    /// The module that a manifest leads to.
    async fn module(&mut self, mut manifest: Vec<u8>) -> Result<Vec<u8>, FetchError> {
        let image = |why| FetchError::new(Kind::Image, why);
        let limit = self.client.settings.size;
        for _ in 0..=INDEXES {
            match Manifest::parse(&manifest).and_then(Manifest::next).map_err(image)? {
                Next::Manifest(descriptor) => {
                    let digest = digest(&descriptor)?;
                    manifest = self.manifest(&digest.to_string(), Some(digest)).await?;
                }
                Next::Module(descriptor) => {
                    let bytes = self.blob(&descriptor).await?;
                    return unpack(move || layer::module(bytes, limit)).await;
                }
                Next::Files(descriptors) => {
                    for descriptor in descriptors {
                        let bytes = self.blob(&descriptor).await?;
                        if let Some(module) = unpack(move || layer::module_among_files(&bytes, limit)).await? {
                            return Ok(module);
                        }
                    }
                    return Err(image("there is no plugin.wasm among its files".to_owned()));
                }
            }
        }
        Err(image("its index leads to an index, and on and on".to_owned()))
    }

    async fn manifest(&mut self, version: &str, expected: Option<Digest>) -> Result<Vec<u8>, FetchError> {
        let answer = self.ask(Method::GET, &format!("manifests/{version}"), MANIFEST_SIZE).await?;
        let bytes = self.given(answer, "manifest", version)?;
        verify(bytes, "manifest", expected)
    }

    async fn blob(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, FetchError> {
        let limit = self.client.settings.size;
        if descriptor.size > limit {
            return Err(FetchError::new(
                Kind::TooLarge,
                format!(
                    "its layer has {} bytes, more than the {limit} that are allowed (--fetch-size)",
                    descriptor.size
                ),
            ));
        }
        let digest = digest(descriptor)?;
        let answer = self.ask(Method::GET, &format!("blobs/{digest}"), limit).await?;
        let bytes = self.given(answer, "layer", &digest.to_string())?;
        verify(bytes, "layer", Some(digest))
    }

    /// What has been asked for, or why it is not given.
    fn given(&self, answer: Answer, what: &str, name: &str) -> Result<Vec<u8>, FetchError> {
        let status = answer.status;
        if status == StatusCode::OK {
            return Ok(answer.body);
        }
        // `{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "..."}]}`
        let said: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
        let code = said.as_ref().and_then(|said| said["errors"][0]["code"].as_str());
        let code: String = code.map(|code| format!(" ({code})")).unwrap_or_default().chars().take(80).collect();
        let who = match &self.user {
            Some(user) => format!("; asked as {:?}", user.name),
            None => {
                "; asked as nobody, since there are no credentials for this registry (--registry-config)".to_owned()
            }
        };
        let (kind, hint) = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (Kind::Denied, who),
            // Some do not admit that there is something to those who may not have it.
            StatusCode::NOT_FOUND => (Kind::Status(404), who),
            _ => (Kind::Status(status.as_u16()), String::new()),
        };
        Err(FetchError::new(kind, format!("the {what} {name}: {} has answered {status}{code}{hint}", answer.url)))
    }

    async fn ask(&mut self, method: Method, path: &str, limit: u64) -> Result<Answer, FetchError> {
        let scheme = if self.https { "https" } else { "http" };
        let url = format!("{scheme}://{}/v2/{}/{path}", self.reference.authority(), self.reference.repository);
        let url = Url::parse(&url).map_err(|why| FetchError::new(Kind::Source, format!("{url} {why}")))?;
        let mut authorized = false;
        loop {
            let mut headers = HeaderMap::new();
            if path.starts_with("manifests/") {
                headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
            }
            if let Some(authorization) = &self.authorization {
                headers.insert(AUTHORIZATION, secret(authorization)?);
            }
            let question = Question { method: method.clone(), url: url.clone(), via: &[], tls: None, headers, limit };
            let answer = self.client.ask(&question).await?;
            if answer.status != StatusCode::UNAUTHORIZED || authorized || !answer.url.has_origin_of(&url) {
                return Ok(answer);
            }
            authorized = true;
            let repository = &self.reference.repository;
            let authorization = authorize(self.client, &url, &answer.headers, repository, self.user.as_ref()).await?;
            self.authorization = Some(authorization);
        }
    }
}

fn digest(descriptor: &Descriptor) -> Result<Digest, FetchError> {
    Digest::from_descriptor(&descriptor.digest).ok_or_else(|| {
        FetchError::new(
            Kind::Image,
            format!("its manifest has {:?} for a digest, which is no SHA-256", descriptor.digest),
        )
    })
}

fn verify(bytes: Vec<u8>, what: &str, expected: Option<Digest>) -> Result<Vec<u8>, FetchError> {
    let actual = Digest::of(&bytes);
    match expected {
        Some(expected) if expected != actual => Err(FetchError::new(
            Kind::Digest,
            format!("the registry has given another {what} than was asked for: {actual} and not {expected}"),
        )),
        _ => Ok(bytes),
    }
}

/// Unpacking takes a while, in which others are to go on.
async fn unpack<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, FetchError> {
    let done =
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err("its layer cannot be unpacked".to_owned()));
    done.map_err(|why| FetchError::new(Kind::Image, why))
}
