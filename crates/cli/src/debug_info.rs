//! Lines of source for a plugin's stack, from the DWARF in its module. Whoever ships that wants to know; most do not, and pay
//! nothing. The module is not kept: its file is read again when a call has failed.

use crate::line_tables;
use std::fs::File;
use std::io::Read as _;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tollgate_cache::{Artifact, Hash, hash, is_artifact};
use tollgate_host::module::sections;
use tollgate_host::plugin::{PluginModule, SourceLines};

/// The section without which there are no lines.
const LINES: &str = ".debug_line";

/// Bytes of a module beyond which its file is not read again.
const MOST_BYTES: u64 = 16 << 20;

/// Failures of a module that are explained. DWARF of megabytes is not read for every request that a broken plugin fails.
const MOST: u32 = 10;

/// Where a module's debugging information is.
pub(crate) struct DebugInfo {
    place: Place,
    left: AtomicU32,
}

enum Place {
    /// In a file, as long as that is what it was.
    File(PathBuf, Hash),
    /// In the configuration.
    Inline(Arc<Vec<u8>>),
}

impl DebugInfo {
    /// Of a module that has some; `path` is where its code stands, if not in the configuration.
    pub(crate) fn of(module: &PluginModule, code: &Arc<Vec<u8>>, path: Option<&Path>) -> Option<Box<dyn SourceLines>> {
        let tables = module.info().custom_sections.iter().find(|section| section.name == LINES)?;
        if tables.size > line_tables::MOST_BYTES || code.len() as u64 > MOST_BYTES {
            // Whoever is served by the same thread would wait for it.
            let what =
                path.map_or_else(|| "a module in the configuration".to_owned(), |path| path.display().to_string());
            tracing::info!(
                "{what}: its debugging information is not read when it fails: the module has {} bytes and its line tables {}, of {MOST_BYTES} and {} at most",
                code.len(),
                tables.size,
                line_tables::MOST_BYTES
            );
            return None;
        }
        let place = match path {
            Some(path) => Place::File(path.to_owned(), hash(code)),
            None => Place::Inline(code.clone()),
        };
        Some(Box::new(Self { place, left: AtomicU32::new(MOST) }))
    }

    fn code(&self) -> Option<Arc<Vec<u8>>> {
        match &self.place {
            Place::File(path, known) => {
                let bytes = read(path)?;
                (hash(&bytes) == *known).then(|| Arc::new(bytes))
            }
            Place::Inline(bytes) => (bytes.len() as u64 <= MOST_BYTES).then(|| bytes.clone()),
        }
    }
}

/// A file, if it is one that does not take long.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST_BYTES).then_some(bytes)
}

impl SourceLines for DebugInfo {
    fn lines(&self, offsets: &[Option<usize>]) -> Vec<Option<String>> {
        let is_left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        let Some(code) = is_left.then(|| self.code()).flatten() else { return Vec::new() };
        // The plugin's author has written what is read here.
        catch_unwind(|| lines(&code, offsets).unwrap_or_default()).unwrap_or_default()
    }
}

fn lines(code: &[u8], offsets: &[Option<usize>]) -> Option<Vec<Option<String>>> {
    let module = if is_artifact(code) { Artifact::decode(code).ok()?.module? } else { code };
    let sections = sections(module);
    // Places in DWARF count from where code begins.
    let begin = sections.code?;
    let place = |offset: &Option<usize>| u64::try_from((*offset)?.checked_sub(begin)?).ok();
    let places: Vec<_> = offsets.iter().map(place).collect();
    Some(line_tables::lines(&sections.custom.into_iter().collect(), &places))
}
