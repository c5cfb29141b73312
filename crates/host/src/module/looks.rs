//! Adds looks at the deadline to long straight code.
//!
//! Engines look at the deadline where a function begins and in each round of a loop, which is often enough for all code that
//! toolchains make. But a function of megabytes that calls itself first and does its work on the way back meets neither for
//! minutes. So an empty loop is put into straight code every so many instructions: all engines look there.

use super::start::reexport;
use wasm_encoder::{CodeSection, ExportKind, Module, RawSection};
use wasmparser::{Parser, Payload};

/// Name of the export that a module has whose code is not where it was, so that nobody takes places in it for places in the
/// module's file. No toolchain emits it.
pub const SHIFTED_EXPORT: &str = "tollgate:shifted";

/// `loop end`, of no type: valid between any two instructions.
const LOOK: &[u8] = &[0x03, 0x40, 0x0b];

/// Sections by their numbers.
const SECTION_EXPORT: u8 = 7;
const SECTION_CODE: u8 = 10;

/// The module with looks before the instructions at these places, which are in bytes from its start and in order. `None` if
/// there are none, or if it has no exports. `wasm` must be valid.
pub(super) fn add(wasm: &[u8], looks: &[usize]) -> Option<Vec<u8>> {
    if looks.is_empty() {
        return None;
    }
    let mut out = Module::new();
    let mut code = CodeSection::new();
    let mut exports = None;
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        match &payload {
            Payload::ExportSection(reader) => {
                let mut section = reexport(reader)?;
                let taken = reader.clone().into_iter().any(|export| export.is_ok_and(|e| e.name == SHIFTED_EXPORT));
                if !taken {
                    section.export(SHIFTED_EXPORT, ExportKind::Func, 0);
                }
                exports = Some(section);
            }
            Payload::CodeSectionEntry(body) => {
                code.raw(&function(wasm, body.range(), looks)?);
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, range));
        }
    }
    let exports = exports?;
    for (id, range) in sections {
        match id {
            SECTION_EXPORT => out.section(&exports),
            SECTION_CODE => out.section(&code),
            _ => out.section(&RawSection { id, data: wasm.get(range)? }),
        };
    }
    Some(out.finish())
}

/// The body of a function, with the looks in it.
fn function(wasm: &[u8], range: std::ops::Range<usize>, looks: &[usize]) -> Option<Vec<u8>> {
    let first = looks.partition_point(|look| *look < range.start);
    let mut out = Vec::with_capacity(range.len());
    let mut from = range.start;
    for look in looks.get(first..)?.iter().copied().take_while(|look| *look < range.end) {
        out.extend_from_slice(wasm.get(from..look)?);
        out.extend_from_slice(LOOK);
        from = look;
    }
    out.extend_from_slice(wasm.get(from..range.end)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::SHIFTED_EXPORT;
    use crate::module::bounds::STRAIGHT;
    use crate::module::{Baseline, CheckedModule};
    use std::fmt::Write;

    const BASICS: &str = r#"(import "env" "proxy_done" (func $host (result i32)))
        (func (export "proxy_abi_version_0_2_1")) (func $nothing)
        (func (export "malloc") (param i32) (result i32) (i32.const 0))"#;

    /// Checks a module with these functions; how many looks it has been given.
    fn looks(functions: &str) -> usize {
        let wasm = wat::parse_str(format!("(module {BASICS} {functions})")).unwrap();
        let checked = CheckedModule::parse(&wasm, Baseline { simd: true }).unwrap();
        wasmparser::Validator::new().validate_all(checked.wasm()).unwrap();
        let shifted = checked.wasm().windows(SHIFTED_EXPORT.len()).any(|window| window == SHIFTED_EXPORT.as_bytes());
        assert_eq!(shifted, checked.wasm() != wasm);
        let before = wasm.windows(3).filter(|window| *window == super::LOOK).count();
        checked.wasm().windows(3).filter(|window| *window == super::LOOK).count() - before
    }

    fn nops(count: u32) -> String {
        "nop ".repeat(count as usize)
    }

    #[test]
    fn long_straight_code_gets_a_look_every_so_often() {
        for (count, expected) in [(1, 0), (STRAIGHT - 1, 0), (STRAIGHT, 1), (STRAIGHT * 3 + 1, 3)] {
            assert_eq!(looks(&format!("(func {})", nops(count))), expected, "{count}");
            // Each function counts for itself.
            assert_eq!(looks(&format!("(func {0}) (func nop) (func {0})", nops(count))), expected * 2, "{count}");
        }
    }

    #[test]
    fn loops_and_calls_are_looks_and_calls_of_the_host_are_none() {
        let half = nops(STRAIGHT - 100);
        for look in ["(loop nop)", "(call $nothing)"] {
            assert_eq!(looks(&format!("(func {half} {look} {half})")), 0, "{look}");
        }
        assert_eq!(looks(&format!("(func {half} (block nop) {half})")), 1);
        let calls = |count: usize| looks(&format!("(func {})", "(drop (call $host))".repeat(count)));
        assert_eq!((calls(15), calls(17), calls(33)), (0, 1, 2));
    }

    #[test]
    fn code_that_is_never_reached_may_have_one() {
        assert_eq!(looks(&format!("(func unreachable {})", nops(STRAIGHT))), 1);
        let mut deep = String::new();
        (0..STRAIGHT).for_each(|n| write!(deep, "(i32.const {n})").unwrap());
        assert_eq!(looks(&format!("(func (result i32) {deep} return)")), 1);
    }

    #[test]
    fn a_start_section_becomes_an_export_all_the_same() {
        let wasm = wat::parse_str(format!("(module {BASICS} (func $s {}) (start $s))", nops(STRAIGHT))).unwrap();
        let checked = CheckedModule::parse(&wasm, Baseline { simd: true }).unwrap();
        let info = CheckedModule::inspect(checked.wasm(), Baseline { simd: true }).unwrap();
        assert!(info.exports_function(SHIFTED_EXPORT) && !info.has_start_section);
        assert!(info.exports_function(tollgate_abi::callbacks::START_SECTION_EXPORT));
    }
}
