//! What is kept of what was fetched: modules by their digests, and a note for each source on what it last gave.

use crate::digest::Digest;
use crate::source::Source;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tollgate_cache::Store;

/// What a source last gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// Digest of the module.
    pub(crate) module: String,
    /// Digest of the manifest that the name of an image stood for.
    #[serde(default)]
    pub(crate) manifest: Option<String>,
    /// What an HTTP server calls this version.
    #[serde(default)]
    pub(crate) etag: Option<String>,
    /// When it was changed, as an HTTP server has it.
    #[serde(default)]
    pub(crate) last_modified: Option<String>,
}

/// What is kept, if anything is.
#[derive(Clone, Debug)]
pub(crate) struct Kept(pub(crate) Option<Arc<Store>>);

impl Kept {
    /// The module of a digest.
    pub(crate) fn module(&self, digest: &Digest) -> Option<Vec<u8>> {
        let store = self.0.as_ref()?;
        let name = module_name(digest);
        let bytes = store.kept(&name)?;
        if Digest::of(&bytes) != *digest {
            tracing::warn!("a fetched module in {} is damaged, and removed", store.folder().display());
            store.forget(&name);
            return None;
        }
        Some(bytes)
    }

    /// What a source last gave, with the module itself.
    pub(crate) fn last(&self, source: &Source) -> Option<(Note, Vec<u8>)> {
        let note = self.0.as_ref()?.kept(&note_name(source))?;
        let note: Note = serde_json::from_slice(&note).ok()?;
        let module = self.module(&Digest::from_hex(&note.module)?)?;
        Some((note, module))
    }

    /// Keeps a module.
    pub(crate) fn keep(&self, digest: &Digest, module: &[u8]) {
        self.write(&module_name(digest), module);
    }

    /// Notes what a source has given.
    pub(crate) fn note(&self, source: &Source, note: &Note) {
        // It has no map with keys that are no text, the one thing that could fail.
        self.write(&note_name(source), &serde_json::to_vec(note).unwrap_or_default());
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let Some(store) = &self.0 else { return };
        if let Err(error) = store.keep(name, bytes) {
            tracing::warn!("a fetched module is not kept in {}: {error}", store.folder().display());
        }
    }
}

fn module_name(digest: &Digest) -> String {
    format!("module {digest}")
}

/// A source that is known by another digest is another source.
fn note_name(source: &Source) -> String {
    let pinned = source.sha256.map(|digest| digest.to_string()).unwrap_or_default();
    format!("source {} {pinned}", source.uri)
}
