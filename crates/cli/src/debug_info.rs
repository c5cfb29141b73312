//! Lines of source for a plugin's stack, from the DWARF in its module. Whoever ships that wants to know; most do not, and pay
//! nothing. The module is not kept: its file is read again when a call has failed.

use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use std::collections::HashMap;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tollgate_cache::{Artifact, Hash, hash, is_artifact};
use tollgate_host::module::sections;
use tollgate_host::plugin::{PluginModule, SourceLines};

/// The section without which there are no lines.
const LINES: &str = ".debug_line";

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
        if !module.info().custom_sections.iter().any(|section| section.name == LINES) {
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
                let bytes = std::fs::read(path).ok()?;
                (hash(&bytes) == *known).then(|| Arc::new(bytes))
            }
            Place::Inline(bytes) => Some(bytes.clone()),
        }
    }
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
    let custom: HashMap<&str, &[u8]> = sections.custom.into_iter().collect();
    let section = |id: SectionId| -> Result<_, gimli::Error> {
        Ok(EndianSlice::new(custom.get(id.name()).copied().unwrap_or_default(), LittleEndian))
    };
    let context = addr2line::Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
    let line = |offset: &Option<usize>| {
        let place = u64::try_from((*offset)?.checked_sub(begin)?).ok()?;
        let location = context.find_location(place).ok()??;
        let file: String = location.file?.chars().filter(|c| !c.is_control()).collect();
        Some(match location.line {
            Some(line) => format!("{file}:{line}"),
            None => file,
        })
    };
    Some(offsets.iter().map(line).collect())
}
