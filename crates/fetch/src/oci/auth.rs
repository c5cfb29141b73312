//! What a registry asks for before it gives anything, and getting it.

use super::credentials::User;
use crate::error::{FetchError, Kind};
use crate::http::{Client, Question, Url};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;

/// Most bytes of an answer with a token.
const TOKEN_SIZE: u64 = 1 << 20;

/// What is asked for, in `WWW-Authenticate`.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

/// The value of `authorization` that a registry asks for by its answer 401.
pub(crate) async fn authorize(
    client: &Client,
    from: &Url,
    headers: &HeaderMap,
    repository: &str,
    user: Option<&User>,
) -> Result<String, FetchError> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let mut challenges: Vec<_> = values.filter_map(Challenge::parse).collect();
    // A token can do less than a password.
    challenges.sort_by_key(|challenge| *challenge == Challenge::Basic);
    match (challenges.into_iter().next(), user) {
        (Some(Challenge::Bearer { realm, service, scope }), _) => {
            let scope = scope.unwrap_or_else(|| format!("repository:{repository}:pull"));
            token(client, from, &realm, service.as_deref(), &scope, user).await
        }
        (Some(Challenge::Basic), Some(user)) => Ok(user.basic()),
        (Some(Challenge::Basic), None) => Err(FetchError::new(
            Kind::Denied,
            format!("{} asks for a user and a password, and there are none for it (--registry-config)", from.authority),
        )),
        (None, _) => Err(FetchError::new(
            Kind::Denied,
            format!("{} gives nothing to strangers, and does not say how to be none: 401 Unauthorized", from.authority),
        )),
    }
}

async fn token(
    client: &Client,
    from: &Url,
    realm: &str,
    service: Option<&str>,
    scope: &str,
    user: Option<&User>,
) -> Result<String, FetchError> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        access_token: Option<String>,
    }
    let denied = |why: String| FetchError::new(Kind::Denied, format!("{} has no token for us: {why}", from.authority));
    let url = Url::parse(realm).map_err(|why| denied(format!("the realm {realm:?} {why}")))?;
    if from.https && !url.https {
        return Err(denied(format!("the realm {url} is not HTTPS, and not asked")));
    }
    let service = service.map(|service| ("service", service));
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(service).append_pair("scope", scope).finish();
    let mark = if url.target.contains('?') { '&' } else { '?' };
    let url = Url { target: format!("{}{mark}{query}", url.target), ..url };
    let mut headers = HeaderMap::new();
    if let Some(user) = user {
        headers.insert(AUTHORIZATION, secret(&user.basic())?);
    }
    let question = Question { method: Method::GET, url, via: &[], tls: None, headers, limit: TOKEN_SIZE };
    let answer = client.ask(&question).await?;
    match answer.status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let who = match user {
                Some(user) => format!("the user {:?} and its password are not accepted", user.name),
                None => "there are no credentials for it (--registry-config)".to_owned(),
            };
            return Err(denied(format!("{} has answered {}: {who}", answer.url, answer.status)));
        }
        status => {
            return Err(FetchError::new(
                Kind::Status(status.as_u16()),
                format!("{} has answered {status}", answer.url),
            ));
        }
    }
    // What it has said may hold a token, so it is not quoted.
    let body: Answer = serde_json::from_slice(&answer.body)
        .map_err(|_| denied(format!("{} has answered with something else", answer.url)))?;
    let token = body.token.or(body.access_token).filter(|token| !token.is_empty());
    Ok(format!("Bearer {}", token.ok_or_else(|| denied(format!("{} has answered without one", answer.url)))?))
}

/// A value that logs do not show.
pub(crate) fn secret(text: &str) -> Result<HeaderValue, FetchError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| FetchError::new(Kind::Denied, "the credentials hold characters that cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Challenge {
    /// Reads one value of the field. `None` for schemes that are not known.
    fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        let (scheme, mut rest) = value.split_once(' ').unwrap_or((value, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut service, mut scope) = (None, None, None);
        while let Some((name, value)) = rest.split_once('=') {
            let name = name.trim_start_matches([',', ' ']).trim();
            let (value, after) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => value.split_once(',').unwrap_or((value, "")),
            };
            match name.to_ascii_lowercase().as_str() {
                "realm" => realm = Some(value.to_owned()),
                "service" => service = Some(value.to_owned()),
                "scope" => scope = Some(value.to_owned()),
                _ => {}
            }
            rest = after;
        }
        Some(Self::Bearer { realm: realm?, service, scope })
    }
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    #[test]
    fn what_registries_ask_for() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            Some(Challenge::Bearer { realm: realm.to_owned(), service: owned(service), scope: owned(scope) })
        };
        for (value, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull,push")),
            ),
            (r#"bearer service=x, realm="https://a/t?b=c" , error="e""#, bearer("https://a/t?b=c", Some("x"), None)),
            (r#"Basic realm="x""#, Some(Challenge::Basic)),
            ("basic", Some(Challenge::Basic)),
            ("Negotiate", None),
            (r#"Bearer service="x""#, None),
            (r#"Bearer realm="x"#, None),
            ("", None),
        ] {
            assert_eq!(Challenge::parse(value), expected, "{value}");
        }
    }
}
