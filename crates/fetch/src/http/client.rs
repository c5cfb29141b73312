//! Questions and answers.

use super::connect::connect;
use super::url::Url;
use crate::error::{FetchError, Kind};
use crate::settings::{Settings, Tls};
use crate::source::ServerTls;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};

/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// How often the log says how far a long download is.
const PROGRESS: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Hosts and ports to ask in the place of the URL's.
    pub(crate) via: &'a [(String, u16)],
    /// TLS with the URL's server, whatever the URL says.
    pub(crate) tls: Option<&'a ServerTls>,
    pub(crate) headers: HeaderMap,
    /// Most bytes of an answer.
    pub(crate) limit: u64,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Who has answered in the end.
    pub(crate) url: Url,
}

/// Asks servers.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) settings: Settings,
    tls: Tls,
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, tls: Tls::default() }
    }

    /// Asks, and follows redirects: never from HTTPS to HTTP, and with credentials to the same server only.
    pub(crate) async fn ask(&self, question: &Question<'_>) -> Result<Answer, FetchError> {
        let mut url = question.url.clone();
        let mut headers = question.headers.clone();
        for _ in 0..=REDIRECTS {
            let response = self.send(question, &url, &headers).await.map_err(|error| error.about(&url.to_string()))?;
            let Some(location) = redirect(&response) else {
                let (head, body) = response.into_parts();
                // What else a server says about a failure is not needed.
                let body = match read(&url, &head.headers, body, question.limit).await {
                    Ok(body) => body,
                    Err(_) if !head.status.is_success() => Vec::new(),
                    Err(error) => return Err(error.about(&url.to_string())),
                };
                return Ok(Answer { status: head.status, headers: head.headers, body, url });
            };
            let wrong =
                |why: &str| FetchError::new(Kind::Redirect, format!("{url}: redirected to {location:?}: it {why}"));
            let next = url.join(&location).map_err(|why| wrong(&why))?;
            if url.https && !next.https {
                return Err(FetchError::new(
                    Kind::Redirect,
                    format!("{url}: redirected to {next}, from HTTPS to HTTP, which is not followed"),
                ));
            }
            if !next.has_origin_of(&url) {
                headers.remove(AUTHORIZATION);
            }
            tracing::debug!("{url}: redirected to {next}");
            url = next;
        }
        Err(FetchError::new(Kind::Redirect, format!("{}: redirected more than {REDIRECTS} times", question.url)))
    }

    async fn send(
        &self,
        question: &Question<'_>,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<Response<Incoming>, FetchError> {
        let own = [(url.host.clone(), url.port)];
        let is_first = url.has_origin_of(&question.url);
        let via = if question.via.is_empty() || !is_first { &own[..] } else { question.via };
        let given = question.tls.filter(|_| is_first);
        let tls = if url.https || given.is_some() {
            let ca = given.and_then(|tls| tls.ca.as_deref());
            let config = self.tls.config(&self.settings, ca);
            Some(config.map_err(|error| FetchError::new(Kind::Source, error.to_string()))?)
        } else {
            None
        };
        let name = given.and_then(|tls| tls.name.as_deref()).unwrap_or(&url.host);
        let connection = connect(url, name, via, tls).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(connection)).await.map_err(|error| broken(&error))?;
        // Ends when the answer has been read, or nobody reads it any more.
        tokio::spawn(connection);
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = question.method.clone();
        *request.uri_mut() =
            url.target.parse().map_err(|_| FetchError::new(Kind::Source, "its path cannot be sent"))?;
        *request.headers_mut() = headers.clone();
        let host = HeaderValue::from_str(&url.authority)
            .map_err(|_| FetchError::new(Kind::Source, "its host cannot be sent"))?;
        request.headers_mut().insert(HOST, host);
        request
            .headers_mut()
            .insert(USER_AGENT, HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION"))));
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        sender.send_request(request).await.map_err(|error| broken(&error))
    }
}

fn redirect(response: &Response<Incoming>) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    Some(String::from_utf8_lossy(response.headers().get(LOCATION)?.as_bytes()).into_owned())
}

async fn read(url: &Url, headers: &HeaderMap, mut body: Incoming, limit: u64) -> Result<Vec<u8>, FetchError> {
    let too_large = |has: &str| {
        FetchError::new(Kind::TooLarge, format!("it has {has} than the {limit} bytes that are allowed (--fetch-size)"))
    };
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(too_large("more bytes"));
    }
    // What is said to come is not made room for before it comes.
    let mut bytes = Vec::new();
    let mut told = Instant::now();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
        if (bytes.len() + data.len()) as u64 > limit {
            return Err(too_large("more bytes"));
        }
        bytes.extend_from_slice(&data);
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            let of = length.map(|length| format!(" of {length}")).unwrap_or_default();
            tracing::info!("fetching {url}: {}{of} bytes are there", bytes.len());
        }
    }
    Ok(bytes)
}

fn broken(error: &hyper::Error) -> FetchError {
    let what = if error.is_incomplete_message() {
        "the answer breaks off".to_owned()
    } else if error.is_parse() {
        format!("the answer is no HTTP/1.1: {error}")
    } else {
        // hyper's own words are the outermost; what has happened is further in.
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("the answer breaks off: {error}{cause}")
    };
    FetchError::new(Kind::Http, what)
}
