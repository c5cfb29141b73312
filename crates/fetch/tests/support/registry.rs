//! A registry with scripted images.

use super::{Asked, Reply};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tollgate_fetch::Digest;

/// A module, as far as this crate looks at one.
pub(crate) const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// What a registry has, by the target that it is asked for with.
#[derive(Clone, Default)]
pub(crate) struct Registry(Arc<Mutex<HashMap<String, Content>>>);

/// Media type and bytes.
type Content = (String, Vec<u8>);

impl Registry {
    /// Puts a layer or anything else into a repository; its descriptor.
    pub(crate) fn blob(&self, repository: &str, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        self.put(&format!("/v2/{repository}/blobs/{digest}"), "application/octet-stream", bytes);
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    /// Puts a manifest there under its digest and a tag; its descriptor.
    pub(crate) fn manifest(&self, repository: &str, tag: &str, manifest: &Value) -> Value {
        let bytes = manifest.to_string().into_bytes();
        let digest = Digest::of(&bytes);
        let media_type = manifest["mediaType"].as_str().unwrap_or("application/vnd.oci.image.manifest.v1+json");
        for name in [tag, &digest.to_string()] {
            self.put(&format!("/v2/{repository}/manifests/{name}"), media_type, &bytes);
        }
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    /// An image of these layers, each with its media type.
    pub(crate) fn image(&self, repository: &str, tag: &str, layers: &[(&str, &[u8])]) -> Value {
        let layers: Vec<_> =
            layers.iter().map(|(media_type, bytes)| self.blob(repository, media_type, bytes)).collect();
        let config = self.blob(repository, "application/vnd.oci.image.config.v1+json", b"{}");
        self.manifest(repository, tag, &json!({"schemaVersion": 2, "config": config, "layers": layers}))
    }

    /// Puts other bytes in a place.
    pub(crate) fn put(&self, target: &str, media_type: &str, bytes: &[u8]) {
        self.0.lock().unwrap().insert(target.to_owned(), (media_type.to_owned(), bytes.to_vec()));
    }

    pub(crate) fn answer(&self, asked: &Asked) -> Reply {
        match self.0.lock().unwrap().get(&asked.target) {
            Some((media_type, bytes)) => Reply::body(bytes.clone())
                .with("content-type", media_type)
                .with("docker-content-digest", Digest::of(bytes).to_string()),
            None => Reply::Say {
                status: 404,
                fields: Vec::new(),
                body: json!({"errors": [{"code": "MANIFEST_UNKNOWN"}]}).to_string().into_bytes(),
            },
        }
    }
}

/// The digest in a descriptor.
pub(crate) fn digest(descriptor: &Value) -> Digest {
    let text = descriptor["digest"].as_str().unwrap();
    Digest::from_hex(text.strip_prefix("sha256:").unwrap()).unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive of files.
pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}
