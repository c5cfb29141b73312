//! Where parts of a module are that the host has no use for, and others may have.

use wasmparser::{Parser, Payload};

/// Parts of a module in binary form.
#[derive(Clone, Debug, Default)]
pub struct Sections<'a> {
    /// Where the content of the code section begins, in bytes from the start of the module: what places in DWARF count from.
    pub code: Option<usize>,
    /// Custom sections by name, in order.
    pub custom: Vec<(&'a str, &'a [u8])>,
}

/// The sections of a module, as far as they can be read.
pub fn sections(wasm: &[u8]) -> Sections<'_> {
    let mut sections = Sections::default();
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        match payload {
            Payload::CodeSectionStart { range, .. } => sections.code = Some(range.start),
            Payload::CustomSection(section) => sections.custom.push((section.name(), section.data())),
            _ => {}
        }
    }
    sections
}
