//! Names of images: `[HOST[:PORT]/]REPOSITORY[:TAG][@sha256:DIGEST]`.

use crate::digest::Digest;
use std::fmt;

/// The registry of names without one, as docker has it.
const DOCKER: &str = "docker.io";

/// Where that registry is.
const DOCKER_HOST: &str = "registry-1.docker.io";

/// The name of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Host and port, as written.
    pub(crate) registry: String,
    pub(crate) repository: String,
    /// `latest` if there is neither a tag nor a digest.
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<Digest>,
}

impl Reference {
    /// Reads what follows `oci://`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.contains(['?', '#']) {
            return Err("the name of an image has neither ? nor #".to_owned());
        }
        let (name, digest) = match text.split_once('@') {
            None => (text, None),
            Some((name, digest)) => {
                let digest = Digest::from_descriptor(digest)
                    .ok_or_else(|| format!("{digest:?} is no digest; write @sha256: and 64 hexadecimal digits"))?;
                (name, Some(digest))
            }
        };
        // A colon before the last slash is a port's.
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') && name.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(format!("{tag:?} is no tag: letters, digits, dots, dashes and underscores, at most 128"));
        }
        let (registry, repository) = match name.split_once('/') {
            Some((first, rest)) if first == "localhost" || first.contains(['.', ':']) => (first, rest.to_owned()),
            Some(_) => (DOCKER, name.to_owned()),
            None if !name.contains([':', '.']) => (DOCKER, name.to_owned()),
            None => return Err(format!("it names no repository; write oci://{name}/REPOSITORY:TAG")),
        };
        let registry = if registry == "index.docker.io" { DOCKER } else { registry };
        let official = registry == DOCKER && !repository.contains('/');
        let repository = if official { format!("library/{repository}") } else { repository };
        if repository.len() > 255 || !repository.split('/').all(is_component) {
            return Err(format!(
                "{repository:?} is no repository: lower-case letters and digits, with . _ - and / between"
            ));
        }
        let tag = tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self { registry: registry.to_owned(), repository, tag, digest })
    }

    /// Host and port that the registry is at.
    pub(crate) fn authority(&self) -> &str {
        if self.registry == DOCKER { DOCKER_HOST } else { &self.registry }
    }

    /// What its manifest is asked for by.
    pub(crate) fn version(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }

    /// Whether the registry is on this machine.
    pub(crate) fn is_here(&self) -> bool {
        let host = match self.registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => self.registry.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

fn is_tag(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

fn is_component(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().all(|byte| is_name(byte) || b"._-".contains(&byte))
        && text.bytes().next().is_some_and(is_name)
        && text.bytes().last().is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn what_names_stand_for() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, full, authority, version) in [
            ("ghcr.io/a/b:v1", "ghcr.io/a/b:v1", "ghcr.io", "v1"),
            ("ghcr.io/a/b", "ghcr.io/a/b:latest", "ghcr.io", "latest"),
            ("localhost/a:1.0", "localhost/a:1.0", "localhost", "1.0"),
            ("r:5000/a", "r:5000/a:latest", "r:5000", "latest"),
            ("[::1]:5000/a/b", "[::1]:5000/a/b:latest", "[::1]:5000", "latest"),
            ("busybox", "docker.io/library/busybox:latest", "registry-1.docker.io", "latest"),
            ("istio/x:1", "docker.io/istio/x:1", "registry-1.docker.io", "1"),
            ("docker.io/a", "docker.io/library/a:latest", "registry-1.docker.io", "latest"),
            ("index.docker.io/a/b", "docker.io/a/b:latest", "registry-1.docker.io", "latest"),
            (&format!("r.io/a@{digest}"), &format!("r.io/a@{digest}"), "r.io", &digest),
            (&format!("r.io/a:t@{digest}"), &format!("r.io/a:t@{digest}"), "r.io", &digest),
        ] {
            let it = Reference::parse(text).unwrap();
            assert_eq!((&*it.to_string(), it.authority(), &*it.version()), (full, authority, version), "{text}");
        }
    }

    #[test]
    fn what_is_no_name() {
        for (text, why) in [
            ("r.io", "names no repository"),
            ("r.io:5000", "names no repository"),
            ("r.io/A", "is no repository"),
            ("r.io/a//b", "is no repository"),
            ("r.io/../b", "is no repository"),
            ("r.io/", "is no repository"),
            ("r.io/a:", "is no tag"),
            ("r.io/a:-x", "is no tag"),
            ("r.io/a@sha256:abc", "is no digest"),
            ("r.io/a@sha512:abc", "is no digest"),
            ("r.io/a?b", "neither ? nor #"),
            ("", "is no repository"),
        ] {
            let error = Reference::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_on_this_machine() {
        for (text, here) in [
            ("localhost:5000/a", true),
            ("127.0.0.2/a", true),
            ("[::1]:5000/a", true),
            ("localhost.io/a", false),
            ("10.0.0.1:5000/a", false),
        ] {
            assert_eq!(Reference::parse(text).unwrap().is_here(), here, "{text}");
        }
    }
}
