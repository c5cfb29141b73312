//! Turns a module's start section into an export.
//!
//! A start section runs inside instantiation, when some engines cannot give host functions the guest's memory yet and
//! when no deadline is set. As an export it is called like any other start function, on every engine alike.

use wasmparser::{Parser, Payload};

/// Name of the export that stands for the start section. No toolchain emits it.
pub(super) const EXPORT: &str = tollgate_abi::callbacks::START_SECTION_EXPORT;

const SECTION_EXPORT: u8 = 7;
const SECTION_START: u8 = 8;

/// Returns the module without its start section and with the function exported as [`EXPORT`], or `None` if it has no
/// start section. `wasm` must be valid.
pub(super) fn into_export(wasm: &[u8]) -> Option<Vec<u8>> {
    let mut start = None;
    let mut exports = 0;
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        match &payload {
            Payload::StartSection { func, .. } => start = Some(*func),
            Payload::ExportSection(reader) => exports = reader.count(),
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, range));
        }
    }
    let start = start?;

    let mut out = wasm.get(..8)?.to_vec();
    let mut exported = false;
    for (id, range) in sections {
        // Exports come before everything from the start section on; custom sections (0) may stand anywhere.
        if !exported && id >= SECTION_START {
            section(&mut out, SECTION_EXPORT, &export_section(1, &[], start));
            exported = true;
        }
        match id {
            SECTION_START => {}
            SECTION_EXPORT => {
                let body = wasm.get(range)?;
                let entries = body.get(leb128_len(body)..)?;
                section(&mut out, SECTION_EXPORT, &export_section(exports + 1, entries, start));
                exported = true;
            }
            _ => section(&mut out, id, wasm.get(range)?),
        }
    }
    Some(out)
}

fn export_section(count: u32, entries: &[u8], start: u32) -> Vec<u8> {
    let mut body = Vec::with_capacity(entries.len() + EXPORT.len() + 12);
    leb128(&mut body, count);
    body.extend_from_slice(entries);
    leb128(&mut body, EXPORT.len() as u32);
    body.extend_from_slice(EXPORT.as_bytes());
    body.push(0);
    leb128(&mut body, start);
    body
}

fn section(out: &mut Vec<u8>, id: u8, body: &[u8]) {
    out.push(id);
    leb128(out, body.len() as u32);
    out.extend_from_slice(body);
}

fn leb128(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn leb128_len(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1
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
