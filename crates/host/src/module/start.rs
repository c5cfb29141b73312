//! Turns a module's start section into an export.
//!
//! A start section runs inside instantiation, when some engines cannot give host functions the guest's memory yet and
//! when no deadline is set. As an export it is called like any other start function, on every engine alike.

use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{ExportSectionReader, ExternalKind, Parser, Payload};

/// Name of the export that stands for the start section. No toolchain emits it.
pub(super) const EXPORT: &str = tollgate_abi::callbacks::START_SECTION_EXPORT;

/// Sections by their numbers. Exports come before everything from the start section on; custom sections (0) may stand anywhere.
const SECTION_EXPORT: u8 = 7;
const SECTION_START: u8 = 8;

/// Returns the module without its start section and with the function exported as [`EXPORT`], or `None` if it has no
/// start section. `wasm` must be valid.
pub(super) fn into_export(wasm: &[u8]) -> Option<Vec<u8>> {
    let mut start = None;
    let mut exports = ExportSection::new();
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        match &payload {
            Payload::StartSection { func, .. } => start = Some(*func),
            Payload::ExportSection(reader) => exports = reexport(reader)?,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, range));
        }
    }
    exports.export(EXPORT, ExportKind::Func, start?);

    let mut out = Module::new();
    let mut exported = false;
    for (id, range) in sections {
        if !exported && id >= SECTION_EXPORT {
            out.section(&exports);
            exported = true;
        }
        if id != SECTION_START && id != SECTION_EXPORT {
            out.section(&RawSection { id, data: wasm.get(range)? });
        }
    }
    Some(out.finish())
}

/// The same exports, to add to.
pub(super) fn reexport(reader: &ExportSectionReader<'_>) -> Option<ExportSection> {
    let mut section = ExportSection::new();
    for export in reader.clone() {
        let export = export.ok()?;
        section.export(export.name, kind(export.kind), export.index);
    }
    Some(section)
}

pub(super) fn kind(kind: ExternalKind) -> ExportKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Tag => ExportKind::Tag,
    }
}

#[cfg(test)]
mod tests {
    use super::{EXPORT, into_export};

    fn rewritten(text: &str) -> Option<String> {
        let wasm = wat::parse_str(text).unwrap();
        let out = into_export(&wasm)?;
        wasmparser::Validator::new().validate_all(&out).unwrap();
        let names: Vec<_> = wasmparser::Parser::new(0)
            .parse_all(&out)
            .filter_map(|payload| match payload.unwrap() {
                wasmparser::Payload::ExportSection(reader) => {
                    Some(reader.into_iter().map(|e| e.unwrap().name.to_owned()).collect::<Vec<_>>())
                }
                wasmparser::Payload::StartSection { .. } => panic!("the start section is still there"),
                _ => None,
            })
            .flatten()
            .collect();
        Some(names.join(" "))
    }

    #[test]
    fn a_module_without_start_section_is_left_alone() {
        assert_eq!(rewritten("(module (func (export \"_start\")))"), None);
    }

    #[test]
    fn the_export_is_added_to_those_that_are_there() {
        let text = "(module (func $s) (func (export \"a\")) (memory 1) (data (i32.const 0) \"x\") (start $s))";
        assert_eq!(rewritten(text).unwrap(), format!("a {EXPORT}"));
    }

    #[test]
    fn an_export_section_is_made_where_there_is_none() {
        assert_eq!(rewritten("(module (func $s) (start $s))").unwrap(), EXPORT);
        let imported = "(module (import \"env\" \"f\" (func $s)) (start $s))";
        assert_eq!(rewritten(imported).unwrap(), EXPORT);
    }
}
