//! Credentials for registries, in the form of docker's `config.json`.

use crate::error::{FetchError, Kind};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where credentials are.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// Nowhere: images are pulled anonymously.
    #[default]
    None,
    /// In this file, which may be missing.
    FileIfThere(PathBuf),
    /// In this file.
    File(PathBuf),
}

/// A user of a registry.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// The password is nobody's to read.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

impl User {
    /// The value of `authorization`.
    pub(crate) fn basic(&self) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", self.name, self.password)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    #[serde(default)]
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl Credentials {
    /// Who we are to a registry when we pull from a repository; `None` for nobody. The file is read each time: whoever logs in
    /// changes it.
    pub(crate) fn user(&self, registry: &str, repository: &str) -> Result<Option<User>, FetchError> {
        let (path, needed) = match self {
            Self::None => return Ok(None),
            Self::FileIfThere(path) => (path, false),
            Self::File(path) => (path, true),
        };
        let wrong = |why: &dyn fmt::Display| {
            FetchError::new(
                Kind::Source,
                format!("credentials of registries cannot be read from {}: {why}", path.display()),
            )
        };
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if !needed && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(&error)),
        };
        // A message of the parser may quote what it has met.
        let config: Config = serde_json::from_slice(&text).map_err(|error| {
            wrong(&format!("line {}, column {}: it is no docker config.json", error.line(), error.column()))
        })?;
        config.user(registry, repository).map_err(|why| wrong(&why))
    }
}

impl Config {
    fn user(&self, registry: &str, repository: &str) -> Result<Option<User>, String> {
        // From the repository to the registry, as podman has it; docker writes registries only.
        let full = format!("{registry}/{repository}");
        let mut names = vec![&*full];
        while let Some((shorter, _)) = names.last().and_then(|name| name.rsplit_once('/')) {
            names.push(shorter);
        }
        for name in names {
            let Some((key, auth)) = self.auths.iter().find(|(key, _)| plain(key) == name) else { continue };
            match auth.user().map_err(|why| format!("the entry of {key}: {why}"))? {
                Some(user) => return Ok(Some(user)),
                // Its credentials are with a helper.
                None => continue,
            }
        }
        let helper = self.cred_helpers.iter().find(|(key, _)| plain(key) == registry).map(|(_, name)| name);
        if let Some(helper) = helper.or(self.creds_store.as_ref()) {
            tracing::warn!(
                "credentials of {registry} may be with docker-credential-{helper}, which is not asked: without any, images \
                 are pulled anonymously; write them into a file of their own: --registry-config"
            );
        }
        Ok(None)
    }
}

impl Auth {
    fn user(&self) -> Result<Option<User>, String> {
        if self.identitytoken.as_deref().is_some_and(|token| !token.is_empty()) {
            return Err("identitytoken is not supported; log in with a user and a password".to_owned());
        }
        if let (Some(name), Some(password)) = (&self.username, &self.password) {
            return Ok(Some(User { name: name.clone(), password: password.clone() }));
        }
        let Some(auth) = self.auth.as_deref().filter(|auth| !auth.is_empty()) else { return Ok(None) };
        let text = BASE64_STANDARD.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or("auth is no Base64 of USER:PASSWORD")?;
        let (name, password) = text.split_once(':').ok_or("auth is no Base64 of USER:PASSWORD")?;
        Ok(Some(User { name: name.to_owned(), password: password.trim_end_matches('\0').to_owned() }))
    }
}

/// A key without what docker and others have put around names: `https://index.docker.io/v1/` is `docker.io`.
fn plain(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key).trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    if ["index.docker.io", "registry-1.docker.io"].contains(&key) { "docker.io" } else { key }
}

#[cfg(test)]
mod tests {
    use super::{Config, Credentials};
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use serde_json::{Value, json};

    fn user(config: &Value, registry: &str, repository: &str) -> Result<Option<String>, String> {
        let config: Config = serde_json::from_value(config.clone()).unwrap();
        Ok(config.user(registry, repository)?.map(|user| format!("{}:{}", user.name, user.password)))
    }

    #[test]
    fn the_nearest_entry() {
        let auth = |text: &str| json!({"auth": BASE64_STANDARD.encode(text)});
        let config = json!({"auths": {
            "https://index.docker.io/v1/": auth("docker:a:b"),
            "r.io": {"username": "plain", "password": "p"},
            "r.io/team": auth("team:t"),
            "r.io:5000": auth("port:p"),
            "empty.io": {},
        }, "credsStore": "store"});
        for (registry, repository, expected) in [
            ("docker.io", "library/x", Some("docker:a:b")),
            ("r.io", "x", Some("plain:p")),
            ("r.io", "team/x/y", Some("team:t")),
            ("r.io", "teamwork/x", Some("plain:p")),
            ("r.io:5000", "x", Some("port:p")),
            ("evil-r.io", "x", None),
            ("empty.io", "x", None),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(user(&config, registry, repository), Ok(expected), "{registry}/{repository}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_said_without_the_secret() {
        let config =
            json!({"auths": {"a": {"auth": "c2VjcmV0"}, "b": {"auth": "%secret%"}, "c": {"identitytoken": "secret"}}});
        for registry in ["a", "b", "c"] {
            let error = user(&config, registry, "x").unwrap_err();
            assert!(error.contains(&format!("the entry of {registry}: ")) && !error.contains("secret"), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        assert!(Credentials::FileIfThere(file.clone()).user("a", "b").unwrap().is_none());
        let error = Credentials::File(file.clone()).user("a", "b").unwrap_err().to_string();
        assert!(error.contains("config.json"), "{error}");
        std::fs::write(&file, r#"{"auths": {"a": {"auth": secret}}}"#).unwrap();
        let error = Credentials::FileIfThere(file).user("a", "b").unwrap_err().to_string();
        assert!(error.contains("line 1, column 2") && !error.contains("secret"), "{error}");
    }
}
