//! Changes code so that engines look at the deadline often enough.
//!
//! They look where a function begins and in each round of a loop, which is often enough for nearly all code that toolchains make.
//! But a function of megabytes that calls itself first and does its work on the way back meets neither for minutes. So a call of a
//! function that does nothing is put into straight code every so many instructions: all engines look there. And
//! an instruction that may work on much memory becomes a call of a function that does it in [pieces](super::pieces).
//!
//! An interpreter that looks each time so much fuel has been used takes the fuel for the code of a function when that begins, run
//! or not. The function that does nothing therefore has as much code that is never run as there is straight code between
//! two looks.

use super::bounds::STRAIGHT;
use super::pieces::{self, Operation};
use std::collections::HashMap;
use std::ops::Range;
use wasm_encoder::{CodeSection, Encode, Function, Module, RawSection};
use wasmparser::{BinaryReader, Parser, Payload};

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

const NOP: u8 = 0x01;
const CALL: u8 = 0x10;

/// What is changed of a module's code. Places are in bytes from the start of the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A look at the deadline before the instruction here.
    Look(usize),
    /// The instruction here is done in pieces.
    Pieces(Operation, Range<usize>),
}

impl Change {
    /// What is replaced.
    fn range(&self) -> Range<usize> {
        match self {
            Self::Look(place) => *place..*place,
            Self::Pieces(_, range) => range.clone(),
        }
    }
}

/// A module whose code has been changed.
pub(super) struct Changed {
    pub(super) wasm: Vec<u8>,
    /// Whether all code is as far from the start of its section as it was.
    pub(super) in_place: bool,
}

/// What a module has, as far as it matters here.
#[derive(Default)]
struct Contents {
    types: u32,
    functions: u32,
    globals: u32,
    /// Sections with their numbers, and where their content is.
    sections: Vec<(u8, Range<usize>)>,
    /// Where the bodies of functions are.
    bodies: Vec<Range<usize>>,
    /// Bytes of the segments of data.
    segments: Vec<u32>,
}

impl Contents {
    fn of(wasm: &[u8]) -> Option<Self> {
        let mut contents = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.ok()?;
            match &payload {
                Payload::TypeSection(reader) => {
                    for group in reader.clone() {
                        contents.types += u32::try_from(group.ok()?.types().len()).ok()?;
                    }
                }
                Payload::ImportSection(reader) => {
                    for import in reader.clone().into_imports() {
                        match import.ok()?.ty {
                            wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_) => contents.functions += 1,
                            wasmparser::TypeRef::Global(_) => contents.globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(reader) => contents.functions += reader.count(),
                Payload::GlobalSection(reader) => contents.globals += reader.count(),
                Payload::CodeSectionEntry(body) => contents.bodies.push(body.range()),
                Payload::DataSection(reader) => {
                    for segment in reader.clone() {
                        contents.segments.push(u32::try_from(segment.ok()?.data.len()).ok()?);
                    }
                }
                _ => {}
            }
            if let Some(section) = payload.as_section() {
                contents.sections.push(section);
            }
        }
        Some(contents)
    }

    /// Bytes of the segment of data that the operation copies from.
    fn segment(&self, operation: Operation) -> u32 {
        match operation {
            Operation::Fill | Operation::Copy => 0,
            Operation::Init(index) => self.segments.get(index as usize).copied().unwrap_or_default(),
        }
    }
}

/// Functions that are added, the first of which is the one that does nothing, if there are looks.
struct Added {
    /// The number of the first.
    first: u32,
    looks: bool,
    /// In the order in which they were met.
    operations: Vec<Operation>,
    /// The place of each among them.
    places: HashMap<Operation, u32>,
}

impl Added {
    fn add(&mut self, operation: Operation) {
        let next = self.operations.len() as u32;
        if *self.places.entry(operation).or_insert(next) == next {
            self.operations.push(operation);
        }
    }

    /// A call of the function that a change is for.
    fn call(&self, change: &Change) -> Option<Vec<u8>> {
        let place = match change {
            Change::Look(_) => 0,
            Change::Pieces(operation, _) => u32::from(self.looks) + self.places.get(operation)?,
        };
        Some([&[CALL][..], &number(self.first.checked_add(place)?)].concat())
    }
}

/// The module with its code changed at places that are in order. `None` if there is nothing to change. `wasm` must be valid.
pub(super) fn apply(wasm: &[u8], changes: &[Change]) -> Option<Changed> {
    if changes.is_empty() {
        return None;
    }
    let contents = Contents::of(wasm)?;
    let mut added = Added { first: contents.functions, looks: false, operations: Vec::new(), places: HashMap::new() };
    for change in changes {
        match change {
            Change::Look(_) => added.looks = true,
            Change::Pieces(operation, _) => added.add(*operation),
        }
    }
    let edits = changes.iter().map(|change| Some((change.range(), added.call(change)?)));
    let edits = edits.collect::<Option<Vec<_>>>()?;

    // As their entries stand in sections: those of the function that does nothing, and those of the others.
    let mut types = Vec::new();
    let mut functions = Vec::new();
    let mut bodies = Vec::new();
    if added.looks {
        types.push(NOTHING_TO_NOTHING);
        functions.push(number(contents.types));
        bodies.push(look_function(&number(contents.globals)));
    }
    if !added.operations.is_empty() {
        functions.extend(added.operations.iter().map(|_| number(contents.types + types.len() as u32)));
        bodies.extend(added.operations.iter().map(|operation| operation.function(contents.segment(*operation))));
        types.push(pieces::TYPE);
    }

    let mut in_place = false;
    let mut out = Module::new();
    let has_globals = contents.sections.iter().any(|(id, _)| *id == SECTION_GLOBAL);
    for (id, range) in &contents.sections {
        let data = wasm.get(range.clone())?;
        match *id {
            SECTION_TYPE => section(&mut out, *id, &longer(data, &types)?),
            SECTION_FUNCTION => section(&mut out, *id, &longer(data, &functions)?),
            SECTION_GLOBAL if added.looks => section(&mut out, *id, &longer(data, &[ONE])?),
            SECTION_EXPORT => {
                if added.looks && !has_globals {
                    section(&mut out, SECTION_GLOBAL, &[&[1], ONE].concat());
                }
                section(&mut out, *id, data);
            }
            SECTION_CODE => {
                if let Some(code) = code_in_place(data, range.start, &edits, &bodies) {
                    in_place = true;
                    section(&mut out, *id, &code);
                } else {
                    let mut code = CodeSection::new();
                    for range in &contents.bodies {
                        code.raw(&edited(wasm, range.clone(), &edits)?);
                    }
                    for body in &bodies {
                        code.function(body);
                    }
                    out.section(&code);
                }
            }
            _ => section(&mut out, *id, data),
        }
    }
    Some(Changed { wasm: out.finish(), in_place })
}

/// What replaces which bytes of the module.
type Edit = (Range<usize>, Vec<u8>);

/// The content of a code section, which begins at `start`, with nothing of it moved. `None` if something has to be.
fn code_in_place(data: &[u8], start: usize, edits: &[Edit], added: &[Function]) -> Option<Vec<u8>> {
    let mut reader = BinaryReader::new(data, 0);
    let count = reader.read_var_u32().ok()?;
    let count = number_of(count.checked_add(u32::try_from(added.len()).ok()?)?, reader.original_position())?;
    let mut code = data.to_vec();
    code.get_mut(..count.len())?.copy_from_slice(&count);
    for (range, call) in edits {
        let place = code.get_mut(range.start.checked_sub(start)?..range.end.checked_sub(start)?)?;
        place.get_mut(..call.len())?.copy_from_slice(call);
        place.get_mut(call.len()..)?.fill(NOP);
    }
    added.iter().for_each(|function| function.encode(&mut code));
    Some(code)
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

/// The same in so many bytes, if they are enough.
fn number_of(value: u32, bytes: usize) -> Option<Vec<u8>> {
    let mut out = number(value);
    let more = bytes.checked_sub(out.len())?;
    if more > 0 {
        *out.last_mut()? |= 0x80;
        out.resize(bytes, 0x80);
        *out.last_mut()? = 0;
    }
    Some(out)
}

/// A section with more entries.
fn longer(data: &[u8], entries: &[impl AsRef<[u8]>]) -> Option<Vec<u8>> {
    let mut reader = BinaryReader::new(data, 0);
    let count = reader.read_var_u32().ok()?.checked_add(u32::try_from(entries.len()).ok()?)?;
    let mut out = number(count);
    out.extend_from_slice(data.get(reader.original_position()..)?);
    entries.iter().for_each(|entry| out.extend_from_slice(entry.as_ref()));
    Some(out)
}

/// The function that does nothing. `one` is a variable that no engine knows to be 1.
fn look_function(one: &[u8]) -> Function {
    let value = [&[0x23][..], one].concat();
    let mut function = Function::new([]);
    // block; br_if 0
    function.raw([0x02, 0x40]).raw(value.clone()).raw([0x0d, 0]);
    for _ in 0..STRAIGHT {
        // drop
        function.raw(value.clone()).raw([0x1a]);
    }
    // The end of the block, and of the function.
    function.raw([0x0b, 0x0b]);
    function
}

/// The body of a function, with what is replaced in it.
fn edited(wasm: &[u8], range: Range<usize>, edits: &[Edit]) -> Option<Vec<u8>> {
    let first = edits.partition_point(|(place, _)| place.start < range.start);
    let mut out = Vec::with_capacity(range.len());
    let mut from = range.start;
    for (place, with) in edits.get(first..)?.iter().take_while(|(place, _)| place.start < range.end) {
        out.extend_from_slice(wasm.get(from..place.start)?);
        out.extend_from_slice(with);
        from = place.end;
    }
    out.extend_from_slice(wasm.get(from..range.end)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{Change, number_of};
    use crate::module::bounds::{PIECE, STRAIGHT};
    use crate::module::{Baseline, CheckedModule, code_shift};
    use std::fmt::Write;
    use wasmparser::{Operator, Parser, Payload, TypeRef};

    const BASICS: &str = r#"(import "env" "proxy_done" (func $host (result i32)))
        (func (export "proxy_abi_version_0_2_1")) (func $nothing)
        (func (export "malloc") (param i32) (result i32) (i32.const 0))"#;

    /// Checks a module with these functions; how many looks it has been given.
    fn looks(functions: &str) -> usize {
        let wasm = wat::parse_str(format!("(module {BASICS} {functions})")).unwrap();
        let checked = CheckedModule::parse(&wasm, Baseline::ALL).unwrap();
        wasmparser::Validator::new().validate_all(checked.wasm()).unwrap();
        assert_eq!(shift_of(checked.wasm()) == Some(0), checked.wasm() == wasm);
        called_last(checked.wasm())
    }

    fn shift_of(wasm: &[u8]) -> Option<usize> {
        let info = CheckedModule::inspect(wasm, Baseline::ALL).unwrap();
        code_shift(info.exports.iter().map(|export| &*export.name))
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
            let out = super::apply(&wasm, &[Change::Look(place)]).unwrap().wasm;
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
        let checked = CheckedModule::parse(&wasm, Baseline::ALL).unwrap();
        let info = CheckedModule::inspect(checked.wasm(), Baseline::ALL).unwrap();
        assert!(shift_of(checked.wasm()).is_none() && !info.has_start_section);
        assert!(info.exports_function(tollgate_abi::callbacks::START_SECTION_EXPORT));
    }

    #[test]
    fn straight_code_with_much_memory_gets_a_look_sooner() {
        let basics = "(memory 1) (table 1 funcref) (elem $e func $nothing)";
        let of = |code: &str, amount: &str| {
            looks(&format!(
                "{basics} (func (i32.const 0) (i32.const 0) {amount} ({code}) (drop (memory.grow (i32.const 0))))"
            ))
        };
        for code in ["table.init $e", "table.copy"] {
            assert_eq!(of(code, "(i32.const 1)"), 0, "{code}");
            assert_eq!(of(code, "(i32.add (i32.const 1) (i32.const 2))"), 1, "{code}");
            assert_eq!(of(code, &format!("(i32.const {})", STRAIGHT * 64)), 1, "{code}");
        }
        // A piece is more than the code between two looks; what is not certain to be one is a call, which is a look.
        assert_eq!(of("memory.copy", &format!("(i32.const {PIECE})")), 1);
        assert_eq!(of("memory.copy", &format!("(i32.const {})", PIECE + 1)), 1);
        let growth = "(drop (memory.grow (i32.const 1)))".repeat(17);
        assert_eq!(looks(&format!("{basics} (func {growth})")), 1);
    }

    /// The code of a module from where it begins.
    fn code(wasm: &[u8]) -> &[u8] {
        let code = Parser::new(0)
            .parse_all(wasm)
            .find_map(|payload| payload.unwrap().as_section().filter(|(id, _)| *id == 10));
        &wasm[code.unwrap().1]
    }

    #[test]
    fn nothing_moves_where_much_memory_is_worked_on_in_pieces() {
        let functions = "(memory 1) (func $f (param i32 i32 i32)
            (memory.fill (local.get 0) (local.get 1) (local.get 2)) (memory.copy (local.get 0) (local.get 1) (local.get 2))
            (memory.fill (local.get 0) (local.get 1) (i32.const 1048577)) (i32.const 77) drop)";
        let wasm = wat::parse_str(format!("(module {BASICS} {functions})")).unwrap();
        let out = CheckedModule::parse(&wasm, Baseline::ALL).unwrap().wasm().to_vec();
        wasmparser::Validator::new().validate_all(&out).unwrap();
        let shift = crate::module::sections(&out).code.unwrap() - crate::module::sections(&wasm).code.unwrap();
        assert_eq!(shift_of(&out), Some(shift));
        assert_ne!(shift, 0);
        // The number of functions, then of each its bytes. What differs are three instructions.
        let (before, after) = (&code(&wasm)[1..], &code(&out)[1..]);
        let differing = before.iter().zip(after).filter(|(before, after)| before != after).count();
        assert_eq!(differing, 3 + 4 + 3);
        assert_eq!(called_last(&out), 1, "memory.copy");
    }

    #[test]
    fn a_module_whose_code_has_to_move_says_so() {
        // The number of functions takes a second byte: 127 of them, and one for memory.fill.
        let functions = |count: usize| {
            let fill = "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (memory.size)))";
            wat::parse_str(format!("(module {BASICS} {fill} {})", "(func)".repeat(count - 4))).unwrap()
        };
        for (count, moves) in [(126, false), (127, true), (128, false)] {
            let out = CheckedModule::parse(&functions(count), Baseline::ALL).unwrap().wasm().to_vec();
            wasmparser::Validator::new().validate_all(&out).unwrap();
            assert_eq!(shift_of(&out).is_none(), moves, "{count}");
            assert_eq!(called_last(&out), 1, "{count}");
        }
        // A call of one of so many functions is longer than memory.fill is.
        let out = CheckedModule::parse(&functions(20_000), Baseline::ALL).unwrap().wasm().to_vec();
        wasmparser::Validator::new().validate_all(&out).unwrap();
        assert_eq!((shift_of(&out), called_last(&out)), (None, 1));
    }

    #[test]
    fn numbers_may_be_longer_than_they_have_to() {
        assert_eq!(number_of(5, 1).unwrap(), [5]);
        assert_eq!(number_of(5, 3).unwrap(), [0x85, 0x80, 0]);
        assert_eq!(number_of(128, 2).unwrap(), [0x80, 1]);
        assert_eq!(number_of(128, 1), None);
    }
}
