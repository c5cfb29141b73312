//! Cases: files under `cases/<heading>/<case>.wat`, most of them one case each.

mod call;
mod header;
mod step;

pub use call::{CloseStep, HttpCallFailureStep, HttpCallResponseStep, MessageStep, MetadataStep, ResolutionStep};
pub use header::{Header, PluginHeader, Policy, VmHeader};
pub use step::{
    Body, BodyStep, ForeignFunctionStep, HeadersStep, LocalResponseStep, Message, StatsStep, Step, TrailersStep,
};

use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_abi::{AbiVersion, Family};

/// Headings beside those of the specification's functions.
const OTHER_HEADINGS: &[&str] = &[
    "access_loggers",
    "contexts",
    "capabilities",
    "failures",
    "http_streams",
    "invalid_use",
    "loading",
    "memory",
    "start",
    "stats_sinks",
    "tcp_streams",
    "vectors",
];

/// What a word of the header's `each` replaces.
const EACH: &str = "EACH";

/// A folder of guests that cases share; it holds no cases.
const SHARED: &str = "shared";

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Folder it is in.
    pub heading: String,
    /// Name of the file, without its ending; a variant follows after a slash.
    pub name: String,
    /// Which of the cases of its file it is, if there are several.
    pub variant: Option<Variant>,
    /// The file.
    pub path: PathBuf,
    /// What its leading comments say.
    pub header: Header,
    /// The guest.
    pub text: String,
}

/// One of the cases that a file makes with `each`.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The word that stands for `EACH`.
    pub word: String,
    /// All words of the file, in order.
    pub all: Arc<[String]>,
}

impl Case {
    /// Reads the cases of a file: one, or one for each word of the header's `each`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or its header is wrong.
    pub fn read(heading: &str, path: &Path) -> anyhow::Result<Vec<Self>> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(heading, path, &text).with_context(|| path.display().to_string())
    }

    /// As [`Self::read`], of a text that is yet to be written to the file.
    ///
    /// # Errors
    ///
    /// The header is wrong.
    pub fn parse(heading: &str, path: &Path, text: &str) -> anyhow::Result<Vec<Self>> {
        let header = Header::parse(text)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let words: Arc<[String]> = header.variants()?.into();
        let case = |name: String, variant: Option<Variant>, text: String| Self {
            heading: heading.to_owned(),
            name,
            variant,
            path: path.to_owned(),
            header: header.clone(),
            text,
        };
        if words.is_empty() {
            return Ok(vec![case(name, None, text.to_owned())]);
        }
        ensure!(text.contains(EACH), "`each` is given, and nothing says {EACH}");
        let variant = |word: &String| Variant { word: word.clone(), all: words.clone() };
        Ok(words
            .iter()
            .map(|word| case(format!("{name}/{word}"), Some(variant(word)), text.replace(EACH, word)))
            .collect())
    }

    /// `heading/name[version]`.
    pub fn trial(&self, abi: AbiVersion) -> String {
        format!("{}/{}[{}]", self.heading, self.name, abi.as_str())
    }

    /// The text of a plugin's guest: the case's own, or that of the file it names.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn guest(&self, plugin: &PluginHeader) -> anyhow::Result<String> {
        match &plugin.module {
            None => Ok(self.text.clone()),
            Some(file) => {
                let path = self.path.with_file_name(file);
                fs::read_to_string(&path).with_context(|| path.display().to_string())
            }
        }
    }
}

/// Every case under a folder, in order.
///
/// # Errors
///
/// A case cannot be read, or a folder is named after no heading.
pub fn discover(root: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for folder in sorted(&root.join("cases"))? {
        let heading = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if heading == SHARED {
            continue;
        }
        if !is_heading(&heading) {
            bail!("{}: no heading of the specification is called so", folder.display());
        }
        for path in sorted(&folder)? {
            if path.extension().is_some_and(|ending| ending == "wat") {
                cases.extend(Case::read(&heading, &path)?);
            }
        }
    }
    if cases.is_empty() {
        bail!("there are no cases under {}", root.display());
    }
    Ok(cases)
}

fn is_heading(name: &str) -> bool {
    let of_functions =
        tollgate_abi::host_functions().map(|f| f.family).any(|family: Family| family.file_name() == name);
    of_functions || OTHER_HEADINGS.contains(&name)
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
