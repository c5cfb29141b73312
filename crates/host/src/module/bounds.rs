//! How large a module may be. An engine's compiler takes time and memory for everything that a module has, and more than in
//! proportion for some of it; what is beyond these bounds no engine is asked about.
//!
//! Beside them are those of `wasmparser`, which other hosts have too: 50,000 locals and 1,000 parameters for a function,
//! 100,000 segments of data and of elements each, 100,000 bytes for a name.

use super::error::LoadError;
use super::features::Baseline;
use super::looks::Change;
use super::pieces::Operation;
use wasmparser::{BlockType, FuncValidator, FunctionBody, Operator, OperatorsReader, Payload, WasmModuleResources};

/// How large a module may be, in every way that costs more than its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of the module, in either form.
    pub module_bytes: u64,
    /// Bytes of the body of each function.
    pub function_bytes: u64,
    /// Functions that it defines.
    pub functions: u64,
    /// Types.
    pub types: u64,
    /// Imports.
    pub imports: u64,
    /// Exports.
    pub exports: u64,
    /// Globals that it defines.
    pub globals: u64,
    /// Elements in all element segments together.
    pub elements: u64,
    /// Parameters and locals of all functions together.
    pub locals: u64,
    /// Loops within each other, in each function.
    pub nested_loops: u64,
    /// Values that the branches of each function take along, together: each target of a branch counts as many as it takes.
    pub carried_values: u64,
}

impl Bounds {
    /// What holds for every module, many times what toolchains make of plugins.
    ///
    /// A million functions, elements or nested loops are some bytes each and some KiB each in a compiler, so that without these
    /// a module of a MiB takes gigabytes.
    pub const PLUGIN: Self = Self {
        module_bytes: 64 << 20,
        function_bytes: 2 << 20,
        functions: 200_000,
        types: 20_000,
        imports: 1_000,
        exports: 100_000,
        globals: 100_000,
        elements: 200_000,
        locals: 10_000_000,
        nested_loops: 64,
        carried_values: 10_000_000,
    };
}

/// Instructions without a loop or a call of a function after which a look at the deadline is added.
pub(super) const STRAIGHT: u32 = 4_000;

/// As how many of them a call of the host counts, or growth.
const HOST_CALL: u32 = 250;

/// Bytes of memory that one instruction works on at most: some tenths of a millisecond where none of it was ever touched.
pub(super) const PIECE: u32 = 1 << 20;

/// Bytes of memory, or elements of a table, that are as much work as an instruction.
const BULK: u32 = 64;

/// What a module has so far.
#[derive(Default)]
pub(super) struct Tally {
    elements: u64,
    locals: u64,
    /// The blocks around an instruction.
    blocks: Vec<Block>,
    /// Functions that it imports.
    imported: u32,
    /// Whether operations on much memory are done in pieces.
    pieces: bool,
    /// What is to be changed of its code.
    changes: Vec<Change>,
}

#[derive(Clone, Copy)]
struct Block {
    is_loop: bool,
    /// Values that a branch to it takes along.
    carries: u32,
}

fn at_most(most: u64, found: u64, what: &'static str, function: Option<u32>) -> Result<(), LoadError> {
    if found <= most { Ok(()) } else { Err(LoadError::TooLarge { what, found, most, function }) }
}

/// Whether there are few enough bytes to look at them at all.
pub(super) fn check_size(bytes: &[u8]) -> Result<(), LoadError> {
    at_most(Bounds::PLUGIN.module_bytes, bytes.len() as u64, "bytes", None)
}

impl Tally {
    /// Nothing yet.
    pub(super) fn new(features: Baseline) -> Self {
        Self { pieces: features.pieces, ..Self::default() }
    }

    /// A part of the module that was not looked at before.
    pub(super) fn payload(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        let bounds = Bounds::PLUGIN;
        match payload {
            Payload::TypeSection(reader) => at_most(bounds.types, reader.count().into(), "types", None),
            Payload::ImportSection(reader) => {
                self.imported = reader.count();
                at_most(bounds.imports, reader.count().into(), "imports", None)
            }
            Payload::FunctionSection(reader) => at_most(bounds.functions, reader.count().into(), "functions", None),
            Payload::GlobalSection(reader) => at_most(bounds.globals, reader.count().into(), "globals", None),
            Payload::ExportSection(reader) => at_most(bounds.exports, reader.count().into(), "exports", None),
            Payload::ElementSection(reader) => {
                // What cannot be read the validator refuses with a message of its own.
                for element in reader.clone().into_iter().map_while(Result::ok) {
                    self.elements += u64::from(match element.items {
                        wasmparser::ElementItems::Functions(items) => items.count(),
                        wasmparser::ElementItems::Expressions(_, items) => items.count(),
                    });
                    at_most(bounds.elements, self.elements, "elements in its segments", None)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Validates the body of a function, and looks at what is in it.
    pub(super) fn function<R: WasmModuleResources>(
        &mut self,
        validator: &mut FuncValidator<R>,
        body: &FunctionBody<'_>,
    ) -> Result<(), LoadError> {
        let bounds = Bounds::PLUGIN;
        let function = Some(validator.index());
        at_most(bounds.function_bytes, body.range().len() as u64, "bytes", function)?;
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        self.locals += u64::from(validator.len_locals());
        at_most(bounds.locals, self.locals, "parameters and locals in all functions", None)?;
        reader.set_features(*validator.features());
        self.blocks.clear();
        let (mut loops, mut carried, mut straight) = (0, 0, 0);
        // What is on top of the stack, where the instruction before says so.
        let mut constant = None;
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            validator.op(offset, &operator)?;
            if straight >= STRAIGHT {
                self.changes.push(Change::Look(offset));
                straight = 0;
            }
            straight = match &operator {
                Operator::Loop { .. } | Operator::CallIndirect { .. } => 0,
                Operator::Call { function_index } if *function_index >= self.imported => 0,
                Operator::Call { .. } | Operator::MemoryGrow { .. } | Operator::TableGrow { .. } => {
                    straight + HOST_CALL
                }
                Operator::MemoryFill { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryInit { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                    if self.pieces =>
                {
                    straight.saturating_add(constant.map_or(STRAIGHT, |amount| 1 + amount / BULK))
                }
                _ => straight + 1,
            };
            if self.pieces
                && let Some(operation) = Operation::of(&operator)
                && constant.is_none_or(|bytes| bytes > PIECE)
            {
                self.changes.push(Change::Pieces(operation, offset..operators.original_position()));
                // It has become a call.
                straight = 0;
            }
            constant = match &operator {
                Operator::I32Const { value } => Some(*value as u32),
                _ => None,
            };
            match &operator {
                Operator::Block { blockty } | Operator::If { blockty } => {
                    self.blocks.push(Block { is_loop: false, carries: results(*blockty, validator.resources()) });
                }
                Operator::Loop { blockty } => {
                    loops += 1;
                    at_most(bounds.nested_loops, loops, "loops within each other", function)?;
                    self.blocks.push(Block { is_loop: true, carries: params(*blockty, validator.resources()) });
                }
                Operator::End => loops -= u64::from(self.blocks.pop().is_some_and(|block| block.is_loop)),
                Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                    carried += self.carried(*relative_depth);
                }
                Operator::BrTable { targets } => {
                    let each = targets.targets().map_while(Result::ok).chain([targets.default()]);
                    carried += each.map(|depth| self.carried(depth)).sum::<u64>();
                }
                _ => {}
            }
            at_most(bounds.carried_values, carried, "values that its branches take along", function)?;
        }
        Ok(operators.finish()?)
    }

    /// What is to be changed of the module's code, in order.
    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Values that a branch takes along; those to the end of the function are its results, and count as one.
    fn carried(&self, depth: u32) -> u64 {
        let block = self.blocks.len().checked_sub(1 + depth as usize).and_then(|index| self.blocks.get(index));
        block.map_or(1, |block| u64::from(block.carries))
    }
}

fn results(ty: BlockType, resources: &impl WasmModuleResources) -> u32 {
    match ty {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(index) => function_type(index, resources, |ty| ty.results().len()),
    }
}

fn params(ty: BlockType, resources: &impl WasmModuleResources) -> u32 {
    match ty {
        BlockType::Empty | BlockType::Type(_) => 0,
        BlockType::FuncType(index) => function_type(index, resources, |ty| ty.params().len()),
    }
}

fn function_type(
    index: u32,
    resources: &impl WasmModuleResources,
    count: impl Fn(&wasmparser::FuncType) -> usize,
) -> u32 {
    let ty = resources.sub_type_at(index).map(|ty| &ty.composite_type.inner);
    match ty {
        Some(wasmparser::CompositeInnerType::Func(ty)) => u32::try_from(count(ty)).unwrap_or(u32::MAX),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::Bounds;
    use crate::module::{Baseline, CheckedModule, LoadError};
    use wasm_encoder::{
        BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
        FunctionSection, GlobalSection, GlobalType, ImportSection, Module, TypeSection, ValType,
    };

    fn refusal(wasm: &[u8]) -> (&'static str, u64, u64, Option<u32>) {
        match CheckedModule::inspect(wasm, Baseline::ALL) {
            Err(LoadError::TooLarge { what, found, most, function }) => (what, found, most, function),
            other => panic!("not too large: {other:?}"),
        }
    }

    /// Functions of type `() -> ()`; of this number of results, in the second place.
    fn functions(bodies: &[Function], results: usize) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], vec![ValType::I32; results]);
        let (mut section, mut code) = (FunctionSection::new(), CodeSection::new());
        for body in bodies {
            section.function(0);
            code.function(body);
        }
        Module::new().section(&types).section(&section).section(&code).as_slice().to_vec()
    }

    fn function(locals: u32, instructions: impl FnOnce(&mut wasm_encoder::InstructionSink<'_>)) -> Function {
        let mut function = Function::new([(locals, ValType::I64)]);
        instructions(&mut function.instructions());
        function.instructions().end();
        function
    }

    #[test]
    fn a_large_file_is_not_looked_at() {
        let most = Bounds::PLUGIN.module_bytes;
        let mut file = vec![b' '; most as usize + 1];
        assert_eq!(refusal(&file), ("bytes", most + 1, most, None));
        file[..8].copy_from_slice(b"\0asm\x01\0\0\0");
        assert_eq!(refusal(&file), ("bytes", most + 1, most, None));
    }

    #[test]
    fn what_a_module_declares_is_counted_before_it_is_read() {
        let bounds = Bounds::PLUGIN;
        let mut types = TypeSection::new();
        (0..=bounds.types).for_each(|_| types.ty().function([], []));
        let mut one = TypeSection::new();
        one.ty().function([], []);
        let mut imports = ImportSection::new();
        (0..=bounds.imports).for_each(|_| {
            imports.import("env", "f", EntityType::Function(0));
        });
        let mut globals = GlobalSection::new();
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        (0..=bounds.globals).for_each(|_| {
            globals.global(ty, &ConstExpr::i32_const(0));
        });
        let mut exports = ExportSection::new();
        (0..=bounds.exports).for_each(|n| {
            exports.export(&n.to_string(), ExportKind::Func, 0);
        });
        let mut functions = FunctionSection::new();
        (0..=bounds.functions).for_each(|_| {
            functions.function(0);
        });
        let mut elements = ElementSection::new();
        let half = vec![0; bounds.elements as usize / 2 + 1];
        let mut first = FunctionSection::new();
        first.function(0);
        (0..2).for_each(|_| {
            elements.passive(Elements::Functions((&half).into()));
        });
        for (wasm, what, most) in [
            (Module::new().section(&types).as_slice().to_vec(), "types", bounds.types),
            (Module::new().section(&one).section(&imports).as_slice().to_vec(), "imports", bounds.imports),
            (Module::new().section(&one).section(&functions).as_slice().to_vec(), "functions", bounds.functions),
            (Module::new().section(&globals).as_slice().to_vec(), "globals", bounds.globals),
            (Module::new().section(&exports).as_slice().to_vec(), "exports", bounds.exports),
            (
                Module::new().section(&one).section(&first).section(&elements).as_slice().to_vec(),
                "elements in its segments",
                bounds.elements + 1,
            ),
        ] {
            let (said, found, bound, function) = refusal(&wasm);
            assert_eq!((said, found, function), (what, most + 1, None));
            assert!(bound <= most);
        }
    }

    #[test]
    fn what_a_function_has_is_counted_and_the_function_named() {
        let bounds = Bounds::PLUGIN;
        let small = || function(0, |_| {});
        let long = function(0, |code| (0..=bounds.function_bytes).for_each(|_| _ = code.nop()));
        let (what, found, most, index) = refusal(&functions(&[small(), long], 0));
        assert_eq!((what, most, index), ("bytes", bounds.function_bytes, Some(1)));
        assert!(found > most);

        let loops = |depth: u64| {
            function(0, |code| {
                for _ in 0..depth {
                    code.loop_(BlockType::Empty);
                }
                for _ in 0..depth {
                    code.end();
                }
                // One after the other they are no deeper.
                for _ in 0..100 {
                    code.loop_(BlockType::Empty).end();
                }
            })
        };
        let most = bounds.nested_loops;
        assert!(CheckedModule::inspect(&functions(&[loops(most)], 0), Baseline::ALL).is_ok());
        let expected = ("loops within each other", most + 1, most, Some(0));
        assert_eq!(refusal(&functions(&[loops(most + 1)], 0)), expected);

        let branches = |count: u64, table: bool| {
            function(0, |code| {
                code.block(BlockType::FunctionType(1));
                for _ in 0..1000 {
                    code.i32_const(1);
                }
                if table {
                    code.i32_const(0).br_table(vec![0; count as usize - 1], 0);
                } else {
                    for _ in 0..count {
                        code.i32_const(0).br_if(0);
                    }
                }
                code.end();
                for _ in 0..1000 {
                    code.drop();
                }
            })
        };
        let count = bounds.carried_values / 1000;
        for table in [false, true] {
            let wasm = functions(&[branches(count, table)], 1000);
            assert!(CheckedModule::inspect(&wasm, Baseline::ALL).is_ok());
            let (what, found, most, index) = refusal(&functions(&[branches(count + 1, table)], 1000));
            assert_eq!((what, index), ("values that its branches take along", Some(0)));
            assert!(found > most, "{found}");
        }

        let many: Vec<_> = (0..=bounds.locals / 50_000).map(|_| function(50_000, |_| {})).collect();
        let (what, found, most, _) = refusal(&functions(&many, 0));
        assert_eq!((what, found, most), ("parameters and locals in all functions", most + 50_000, bounds.locals));
    }

    /// wasmparser's own bounds, on which the others rely.
    #[test]
    fn the_validator_has_its_own_bounds() {
        let mut types = TypeSection::new();
        types.ty().function(vec![ValType::I32; 1001], []);
        let mut name = ExportSection::new();
        name.export(&"x".repeat(100_001), ExportKind::Memory, 0);
        let mut data = wasm_encoder::DataSection::new();
        (0..=100_000).for_each(|_| {
            data.passive([]);
        });
        for (wasm, said) in [
            (functions(&[function(50_001, |_| {})], 0), "too many locals"),
            (Module::new().section(&types).as_slice().to_vec(), "function params size is out of bounds"),
            (Module::new().section(&name).as_slice().to_vec(), "string size out of bounds"),
            (Module::new().section(&data).as_slice().to_vec(), "100000"),
        ] {
            let error = CheckedModule::inspect(&wasm, Baseline::ALL).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
