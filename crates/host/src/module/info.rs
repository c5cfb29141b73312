//! What a module says about itself.

use std::fmt;
use tollgate_abi::{AbiVersion, ValType, signature};

/// Type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function whose types the ABI knows.
    Function {
        /// Parameters.
        params: Vec<ValType>,
        /// Results.
        results: Vec<ValType>,
    },
    /// A function with other types, as text.
    ForeignFunction(String),
    /// A linear memory.
    Memory,
    /// A table.
    Table,
    /// A global variable.
    Global,
    /// An exception tag.
    Tag,
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function { params, results } => f.write_str(&signature(params, results)),
            Self::ForeignFunction(text) => f.write_str(text),
            Self::Memory => f.write_str("memory"),
            Self::Table => f.write_str("table"),
            Self::Global => f.write_str("global"),
            Self::Tag => f.write_str("tag"),
        }
    }
}

/// Something the module wants from the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Module part of the name.
    pub module: String,
    /// Field part of the name.
    pub name: String,
    /// What it wants.
    pub ty: ExternType,
}

/// Something the module offers to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Name.
    pub name: String,
    /// What it is.
    pub ty: ExternType,
}

/// A custom section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomSection {
    /// Name.
    pub name: String,
    /// Bytes of content.
    pub size: usize,
}

/// The linear memory that a module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryInfo {
    /// Name of the export.
    pub export: String,
    /// Pages of 64 KiB at the start.
    pub initial_pages: u64,
    /// Most pages, where the module says so.
    pub maximum_pages: Option<u64>,
}

/// What a module says about itself, as far as a host cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleInfo {
    /// The version of the ABI that it declares ([`AbiVersion::declared`]), if it is one of ours.
    pub abi: Option<AbiVersion>,
    /// All its marker exports, in order, also those of unknown versions.
    pub markers: Vec<String>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// The memory that host functions read and write: the first exported one.
    pub memory: Option<MemoryInfo>,
    /// The export that allocates memory for the host.
    pub allocator: Option<&'static str>,
    /// Whether it has a start section.
    pub has_start_section: bool,
    /// Custom sections in order.
    pub custom_sections: Vec<CustomSection>,
    /// Functions defined in the module.
    pub functions: u32,
    /// Bytes of the binary form.
    pub size: usize,
}

impl ModuleInfo {
    /// Functions of the module, imported ones included: the numbers of its own are below this.
    pub fn all_functions(&self) -> u32 {
        let imported = self
            .imports
            .iter()
            .filter(|import| matches!(import.ty, ExternType::Function { .. } | ExternType::ForeignFunction(_)));
        self.functions.saturating_add(u32::try_from(imported.count()).unwrap_or(u32::MAX))
    }

    /// Whether a function of this name is exported.
    pub fn exports_function(&self, name: &str) -> bool {
        self.exports
            .iter()
            .any(|e| e.name == name && matches!(e.ty, ExternType::Function { .. } | ExternType::ForeignFunction(_)))
    }

    /// Whether an import of this module, name and type is among the module's.
    pub fn imports_function(&self, function: &tollgate_abi::HostFunction, module: &str) -> bool {
        self.imports.iter().any(|import| match &import.ty {
            ExternType::Function { params, results } => {
                import.module == module && function.matches(module, &import.name, params, results)
            }
            _ => false,
        })
    }
}
