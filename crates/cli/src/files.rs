//! Files that a configuration names.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_config::{Diagnostic, Location, resolve_file};

/// Where a file was found, and what was known of it then.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) metadata: Metadata,
}

/// Files that have been read, each once.
#[derive(Default)]
pub(crate) struct Files(HashMap<PathBuf, (File, Arc<Vec<u8>>)>);

impl Files {
    /// Reads a file, or remembers it. `config` is the configuration that names it, at `location`.
    pub(crate) fn read(
        &mut self,
        filename: &Path,
        location: &Location,
        config: &Path,
    ) -> Result<(File, Arc<Vec<u8>>), Diagnostic> {
        if let Some(known) = self.0.get(filename) {
            return Ok(known.clone());
        }
        let (file, bytes) = read(filename, location, config)?;
        let found = (file, Arc::new(bytes));
        self.0.insert(filename.to_owned(), found.clone());
        Ok(found)
    }
}

/// Reads a file: beside the configuration that names it, or in the working directory.
pub(crate) fn read(filename: &Path, location: &Location, config: &Path) -> Result<(File, Vec<u8>), Diagnostic> {
    let candidates = resolve_file(filename, config);
    for path in &candidates {
        match tollgate_cache::read(path) {
            Ok((bytes, metadata)) => return Ok((File { path: path.clone(), metadata }, bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(location.diagnostic(format!("{} cannot be read: {error}", path.display()))),
        }
    }
    let looked: Vec<_> = candidates.iter().map(|path| path.display().to_string()).collect();
    Err(location.diagnostic(format!("there is no file {}; looked for {}", filename.display(), looked.join(" and "))))
}
