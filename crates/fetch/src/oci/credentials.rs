//! Credentials for registries, in the form of docker's `config.json`.

use super::credential_helper;
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
    /// changes it. A helper that has them is asked.
    pub(crate) async fn user(&self, registry: &str, repository: &str) -> Result<Option<User>, FetchError> {
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
        match config.find(registry, repository).map_err(|why| wrong(&why))? {
            Found::User(user) => Ok(Some(user)),
            Found::Helper(name) => {
                let asked = credential_helper::ask(&name, server(registry)).await;
                asked.map_err(|why| FetchError::new(Kind::Source, format!("credentials of {registry}: {why}")))
            }
            Found::Nobody => Ok(None),
        }
    }
}

/// Who has the credentials of a registry.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// The file.
    User(User),
    /// The helper of this name.
    Helper(String),
    Nobody,
}

/// What a registry is called where docker keeps its credentials.
fn server(registry: &str) -> &str {
    if registry == "docker.io" { "https://index.docker.io/v1/" } else { registry }
}

impl Config {
    /// A helper for this registry goes before what the file has, which goes before the helper for all of them.
    fn find(&self, registry: &str, repository: &str) -> Result<Found, String> {
        if let Some((_, name)) = self.cred_helpers.iter().find(|(key, _)| plain(key) == registry) {
            return Ok(Found::Helper(name.clone()));
        }
        // From the repository to the registry, as podman has it; docker writes registries only.
        let full = format!("{registry}/{repository}");
        let mut names = vec![&*full];
        while let Some((shorter, _)) = names.last().and_then(|name| name.rsplit_once('/')) {
            names.push(shorter);
        }
        for name in names {
            let Some((key, auth)) = self.auths.iter().find(|(key, _)| plain(key) == name) else { continue };
            match auth.user().map_err(|why| format!("the entry of {key}: {why}"))? {
                Some(user) => return Ok(Found::User(user)),
                // Its credentials are with a helper.
                None => continue,
            }
        }
        let store = self.creds_store.as_ref().filter(|name| !name.is_empty());
        Ok(store.map_or(Found::Nobody, |name| Found::Helper(name.clone())))
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
    use super::{Config, Credentials, FetchError, Found, User, server};
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use serde_json::{Value, json};

    fn found(config: &Value, registry: &str, repository: &str) -> Result<String, String> {
        let config: Config = serde_json::from_value(config.clone()).unwrap();
        Ok(match config.find(registry, repository)? {
            Found::User(user) => format!("{}:{}", user.name, user.password),
            Found::Helper(name) => format!("helper {name}"),
            Found::Nobody => "nobody".to_owned(),
        })
    }

    fn user(credentials: &Credentials) -> Result<Option<User>, FetchError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(credentials.user("a", "b"))
    }

    #[test]
    fn the_nearest_entry() {
        let auth = |text: &str| json!({"auth": BASE64_STANDARD.encode(text)});
        let mut config = json!({"auths": {
            "https://index.docker.io/v1/": auth("docker:a:b"),
            "r.io": {"username": "plain", "password": "p"},
            "r.io/team": auth("team:t"),
            "r.io:5000": auth("port:p"),
            "helped.io": auth("old:o"),
            "empty.io": {},
        }, "credHelpers": {"helped.io": "own"}, "credsStore": "store"});
        for (registry, repository, expected) in [
            ("docker.io", "library/x", "docker:a:b"),
            ("r.io", "x", "plain:p"),
            ("r.io", "team/x/y", "team:t"),
            ("r.io", "teamwork/x", "plain:p"),
            ("r.io:5000", "x", "port:p"),
            ("helped.io", "x", "helper own"),
            ("evil-r.io", "x", "helper store"),
            ("empty.io", "x", "helper store"),
        ] {
            assert_eq!(found(&config, registry, repository).as_deref(), Ok(expected), "{registry}/{repository}");
        }
        config["credsStore"] = json!("");
        assert_eq!(found(&config, "empty.io", "x").as_deref(), Ok("nobody"));
        assert_eq!(["docker.io", "r.io"].map(server), ["https://index.docker.io/v1/", "r.io"]);
    }

    #[test]
    fn what_cannot_be_used_is_said_without_the_secret() {
        let config =
            json!({"auths": {"a": {"auth": "c2VjcmV0"}, "b": {"auth": "%secret%"}, "c": {"identitytoken": "secret"}}});
        for registry in ["a", "b", "c"] {
            let error = found(&config, registry, "x").unwrap_err();
            assert!(error.contains(&format!("the entry of {registry}: ")) && !error.contains("secret"), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        assert!(user(&Credentials::FileIfThere(file.clone())).unwrap().is_none());
        let error = user(&Credentials::File(file.clone())).unwrap_err().to_string();
        assert!(error.contains("config.json"), "{error}");
        std::fs::write(&file, r#"{"auths": {"a": {"auth": secret}}}"#).unwrap();
        let error = user(&Credentials::FileIfThere(file)).unwrap_err().to_string();
        assert!(error.contains("line 1, column 2") && !error.contains("secret"), "{error}");
    }
}
