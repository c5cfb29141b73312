//! Adds looks at the deadline to long straight code.
//!
//! Engines look at the deadline where a function begins and in each round of a loop, which is often enough for all code that
//! toolchains make. But a function of megabytes that calls itself first and does its work on the way back meets neither for
//! minutes. So a call of a function that does nothing is put into straight code every so many instructions: all engines
//! look there.
//!
//! An interpreter that looks each time so much fuel has been used takes the fuel for the code of a function when that begins, run
//! or not. The function that does nothing therefore has as much code that is never run as there is straight code between
//! two looks.

use super::bounds::STRAIGHT;
use super::start::reexport;
use std::ops::Range;
use wasm_encoder::{CodeSection, Encode, ExportKind, Module, RawSection};
use wasmparser::{BinaryReader, Parser, Payload};

/// Name of the export that a module has whose code is not where it was, so that nobody takes places in it for places in the
/// module's file. No toolchain emits it.
pub const SHIFTED_EXPORT: &str = "tollgate:shifted";

/// Sections by their numbers.
const SECTION_TYPE: u8 = 1;
const SECTION_FUNCTION: u8 = 3;
const SECTION_GLOBAL: u8 = 6;
const SECTION_EXPORT: u8 = 7;
const SECTION_CODE: u8 = 10;

/// The type of a function without parameters and results.
const NOTHING_TO_NOTHING: &[u8] = &[0x60, 0, 0];

/// A variable of type i32 that is 1.
const ONE: &[u8] = &[0x7f, 1, 0x41, 1, 0x0b];

const CALL: u8 = 0x10;

/// How many types, functions and variables a module has: the places of those that are added.
#[derive(Default)]
struct Counts {
    types: u32,
    functions: u32,
    globals: u32,
}

/// The module with looks before the instructions at these places, which are in bytes from its start and in order. `None` if
/// there are none, or if it has no exports. `wasm` must be valid.
pub(super) fn add(wasm: &[u8], looks: &[usize]) -> Option<Vec<u8>> {
    if looks.is_empty() {
        return None;
    }
    let mut counts = Counts::default();
    let mut bodies = Vec::new();
    let mut exports = None;
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        match &payload {
            Payload::TypeSection(reader) => {
                for group in reader.clone() {
                    counts.types += u32::try_from(group.ok()?.types().len()).ok()?;
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    match import.ok()?.ty {
                        wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_) => counts.functions += 1,
                        wasmparser::TypeRef::Global(_) => counts.globals += 1,
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(reader) => counts.functions += reader.count(),
            Payload::GlobalSection(reader) => counts.globals += reader.count(),
            Payload::ExportSection(reader) => {
                let mut section = reexport(reader)?;
                let taken = reader.clone().into_iter().any(|export| export.is_ok_and(|e| e.name == SHIFTED_EXPORT));
                if !taken {
                    section.export(SHIFTED_EXPORT, ExportKind::Func, 0);
                }
                exports = Some(section);
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range()),
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, range));
        }
    }
    let exports = exports?;
    let mut out = Module::new();
    let has_globals = sections.iter().any(|(id, _)| *id == SECTION_GLOBAL);
    for (id, range) in sections {
        let data = wasm.get(range)?;
        match id {
            SECTION_TYPE => section(&mut out, id, &longer(data, NOTHING_TO_NOTHING)?),
            SECTION_FUNCTION => section(&mut out, id, &longer(data, &number(counts.types))?),
            SECTION_GLOBAL => section(&mut out, id, &longer(data, ONE)?),
            SECTION_EXPORT => {
                if !has_globals {
                    section(&mut out, SECTION_GLOBAL, &[&[1], ONE].concat());
                }
                out.section(&exports);
            }
            SECTION_CODE => {
                let look = [&[CALL][..], &number(counts.functions)].concat();
                let mut code = CodeSection::new();
                for range in &bodies {
                    code.raw(&function(wasm, range.clone(), looks, &look)?);
                }
                code.raw(&look_function(&number(counts.globals)));
                out.section(&code);
            }
            _ => section(&mut out, id, data),
        }
    }
    Some(out.finish())
}

fn section(out: &mut Module, id: u8, data: &[u8]) {
    out.section(&RawSection { id, data });
}

/// As a module has it: LEB128.
fn number(value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    value.encode(&mut out);
    out
}

/// A section with one more entry.
fn longer(data: &[u8], entry: &[u8]) -> Option<Vec<u8>> {
    let mut reader = BinaryReader::new(data, 0);
    let count = reader.read_var_u32().ok()?;
    Some([&number(count.checked_add(1)?)[..], data.get(reader.original_position()..)?, entry].concat())
}

/// The function that does nothing. `one` is a variable that no engine knows to be 1.
fn look_function(one: &[u8]) -> Vec<u8> {
    let value = [&[0x23][..], one].concat();
    // No locals; block; br_if 0
    let mut body = [&[0, 0x02, 0x40][..], &value, &[0x0d, 0]].concat();
    for _ in 0..STRAIGHT {
        // drop
        body.extend_from_slice(&value);
        body.push(0x1a);
    }
    // The end of the block, and of the function.
    body.extend_from_slice(&[0x0b, 0x0b]);
    body
}

/// The body of a function, with the looks in it.
fn function(wasm: &[u8], range: Range<usize>, looks: &[usize], look: &[u8]) -> Option<Vec<u8>> {
    let first = looks.partition_point(|look| *look < range.start);
    let mut out = Vec::with_capacity(range.len());
    let mut from = range.start;
    for place in looks.get(first..)?.iter().copied().take_while(|place| *place < range.end) {
        out.extend_from_slice(wasm.get(from..place)?);
        out.extend_from_slice(look);
        from = place;
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
    use wasmparser::{Operator, Parser, Payload, TypeRef};

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
        called_last(checked.wasm())
    }

    /// Calls of the last function: of the one that does nothing, where it has been added.
    fn called_last(wasm: &[u8]) -> usize {
        let (mut functions, mut calls) = (0, Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::ImportSection(reader) => {
                    let imports = reader.into_imports().map(|import| import.unwrap().ty);
                    functions += imports.filter(|ty| matches!(ty, TypeRef::Func(_))).count() as u32;
                }
                Payload::FunctionSection(reader) => functions += reader.count(),
                Payload::CodeSectionEntry(body) => {
                    calls.extend(body.get_operators_reader().unwrap().into_iter().filter_map(|operator| {
                        match operator.unwrap() {
                            Operator::Call { function_index } => Some(function_index),
                            _ => None,
                        }
                    }));
                }
                _ => {}
            }
        }
        calls.into_iter().filter(|called| *called == functions - 1).count()
    }

    #[test]
    fn what_is_added_stands_behind_what_is_there() {
        let long = nops(STRAIGHT);
        for fields in [
            format!("(func {long})"),
            format!("(global $g i64 (i64.const 5)) (func {long} (drop (global.get $g)))"),
            format!(
                r#"(import "env" "g" (global $i i32)) (rec (type (struct)) (type $t (func (param i32))))
                (global $g (mut i32) (i32.const 0)) (table 1 funcref) (elem (i32.const 0) $f) (memory 1) (data (i32.const 0) "x")
                (func $f (type $t) {long} (global.set $g (global.get $i)))"#
            ),
        ] {
            // An import has to stand first.
            let wasm = wat::parse_str(format!("(module {fields} (func (export \"a\")))")).unwrap();
            let place = wasm.windows(100).position(|code| code == [1; 100]).unwrap();
            let out = super::add(&wasm, &[place]).unwrap();
            wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&out).unwrap();
            assert_eq!(called_last(&out), 1);
        }
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
