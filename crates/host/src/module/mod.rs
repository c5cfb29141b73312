//! Loading a plugin's module: text or binary, one verdict for every engine, imports and exports checked against the
//! ABI before any engine sees it.

mod bounds;
mod check;
mod error;
mod features;
mod info;
mod looks;
mod pieces;
mod sections;
mod shift;
mod signature;
mod start;

pub use bounds::Bounds;
pub use check::CheckedModule;
pub use error::{AmbiguousImport, ImportProblem, LoadError, SignatureProblem};
pub use features::{Baseline, baseline};
pub use info::{CustomSection, Export, ExternType, Import, MemoryInfo, ModuleInfo};
pub use sections::{Sections, sections};
pub use shift::code_shift;
pub use signature::{SignatureError, SigningKey, verify_signature};
