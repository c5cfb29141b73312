//! Why a module cannot be a plugin.

use super::info::ExternType;
use std::fmt;
use tollgate_abi::AbiVersion;

/// Why a module cannot be a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// No bytes at all.
    Empty,
    /// A component, not a module.
    Component,
    /// Neither the binary nor the text format: the first bytes.
    NotWasm(Vec<u8>),
    /// The text format with a mistake; the parser's message with line and column.
    Text(String),
    /// The binary format with a mistake, or a proposal outside the baseline.
    Invalid {
        /// What is wrong.
        message: String,
        /// Where, in bytes from the start.
        offset: usize,
    },
    /// More of something than [`Bounds`](super::Bounds) allows.
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How much there is; so far, where counting stopped.
        found: u64,
        /// How much there may be.
        most: u64,
        /// The function that has it, by its index; `None` for the module.
        function: Option<u32>,
    },
    /// Imports that the host cannot satisfy; all of them.
    Imports(Vec<ImportProblem>),
    /// Names that are imported with several types.
    AmbiguousImports(Vec<AmbiguousImport>),
    /// No export tells the version of the ABI; the markers that were found but are not known.
    AbiVersion(Vec<String>),
    /// Callbacks of another type than the ABI's; all of them.
    Signatures(Vec<SignatureProblem>),
    /// No export allocates memory.
    NoAllocator,
}

/// An import that the host cannot satisfy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportProblem {
    /// Module part of the name.
    pub module: String,
    /// Field part of the name.
    pub name: String,
    /// What the module wants.
    pub wanted: ExternType,
    /// What the host has under that name, if anything.
    pub offered: Vec<String>,
    /// The nearest name the host has, if there is none of that name.
    pub nearest: Option<String>,
}

/// A name that is imported with two types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousImport {
    /// Module part of the name.
    pub module: String,
    /// Field part of the name.
    pub name: String,
    /// The types: the first one, and one that differs from it.
    pub types: [ExternType; 2],
}

/// A callback of another type than the ABI's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureProblem {
    /// Name of the export.
    pub name: String,
    /// Its type.
    pub found: ExternType,
    /// The type that the ABI version gives it.
    pub expected: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Component => f.write_str(
                "this is a WebAssembly component; proxy-wasm plugins are core modules (build for wasm32-wasip1, not wasip2)",
            ),
            Self::NotWasm(head) => write!(
                f,
                "neither a WebAssembly binary (starting with \\0asm) nor its text format (starting with `(module`): \
                 starts with {:?}",
                String::from_utf8_lossy(head)
            ),
            Self::Text(message) => write!(f, "the text does not parse: {message}"),
            Self::Invalid { message, offset } => write!(f, "not a valid module: {message} (at byte {offset:#x})"),
            Self::TooLarge { what, found, most, function } => {
                match function {
                    Some(index) => write!(f, "function {index} is too large for a plugin")?,
                    None => f.write_str("the module is too large for a plugin")?,
                }
                write!(f, ": {found} {what}, of {most} at most")
            }
            Self::Imports(problems) => {
                write!(f, "{} import(s) cannot be satisfied:", problems.len())?;
                list(f, problems)
            }
            Self::AmbiguousImports(imports) => {
                write!(f, "{} name(s) are imported with several types, of which a host can serve one:", imports.len())?;
                list(f, imports)
            }
            Self::AbiVersion(found) => {
                let known: Vec<_> = AbiVersion::ALL.iter().flat_map(|version| version.markers()).copied().collect();
                let known = known.join(", ");
                f.write_str("Missing or unknown Proxy-Wasm ABI version: the module exports ")?;
                match &found[..] {
                    [] => write!(f, "none of {known}"),
                    found => write!(f, "{}; known are {known}", found.join(", ")),
                }
            }
            Self::Signatures(problems) => {
                write!(f, "{} export(s) have another type than the ABI's:", problems.len())?;
                list(f, problems)
            }
            Self::NoAllocator => {
                f.write_str("the module exports neither malloc nor proxy_on_memory_allocate, one of which is required")
            }
        }
    }
}

/// A line for each, as far as anybody reads on.
fn list(f: &mut fmt::Formatter<'_>, problems: &[impl fmt::Display]) -> fmt::Result {
    const MOST: usize = 50;
    problems.iter().take(MOST).try_for_each(|problem| write!(f, "\n  {problem}"))?;
    match problems.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
    }
}

impl std::error::Error for LoadError {}

impl From<wasmparser::BinaryReaderError> for LoadError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid { message: error.message().to_owned(), offset: error.offset() }
    }
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, name, wanted, offered, nearest } = self;
        if !offered.is_empty() {
            return write!(
                f,
                "import type mismatch: {module}.{name}, want: {wanted}, but host exports: {}",
                offered.join(" or ")
            );
        }
        write!(f, "missing import: {module}.{name}, want: {wanted}")?;
        match (wanted, nearest) {
            (ExternType::Function { .. } | ExternType::ForeignFunction(_), Some(nearest)) => {
                write!(f, "; nearest name that the host has: {nearest}")
            }
            (ExternType::Function { .. } | ExternType::ForeignFunction(_), None) => Ok(()),
            _ => f.write_str("; the host offers functions only"),
        }
    }
}

impl fmt::Display for AmbiguousImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, name, types: [first, second] } = self;
        write!(f, "ambiguous import: {module}.{name}, want: {first} and {second}")
    }
}

impl fmt::Display for SignatureProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad function signature: {}, is: {}, should be: {}", self.name, self.found, self.expected)
    }
}
