//! What a VM had in it when it failed, for debuggers.
//!
//! The format is that of the WebAssembly tool conventions (`Coredump.md`): a module whose memory and globals are the guest's,
//! with the stack in a custom section. What the log says of the failure stands in another, [`FAILURE`].

use super::Obituary;
use crate::module::{ExternType, ModuleInfo};
use crate::vm::{Frame, GlobalValue, Instance, VmError};
use std::borrow::Cow;
use std::ops::Range;
use wasm_encoder::{
    ConstExpr, CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection, CoreDumpStackSection, CoreDumpValue,
    CustomSection, DataSection, ExportKind, ExportSection, GlobalSection, GlobalType, Ieee32, Ieee64, MemorySection,
    MemoryType, Module, ValType,
};

/// Name of the custom section with what the log says.
pub const FAILURE: &str = "tollgate:failure";

/// Bytes of memory that are looked at together: those with nothing but zeros are left out.
const BLOCK: usize = 4096;

/// Most runs of blocks. Readers take 100,000 segments at most.
const MOST_RUNS: usize = 50_000;

const PAGE: usize = 64 * 1024;

/// A VM as it was when it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreDump {
    /// Name of the plugin that was called.
    pub plugin: String,
    /// Number of the VM, unique in the process.
    pub vm: u64,
    /// Nanoseconds since the Unix epoch.
    pub wall_nanos: u64,
    /// The dump, a WebAssembly module.
    pub wasm: Vec<u8>,
    /// Bytes of memory that are not zero and were too much.
    pub left_out: u64,
}

/// Takes core dumps, on the thread of the VM that has failed.
pub trait CoreDumps {
    /// A VM has failed. `dump` makes its dump, with so many bytes of memory at most, which takes as long as copying them. To be
    /// called now or not at all.
    fn offer(&self, dump: &mut dyn FnMut(usize) -> CoreDump);
}

/// Offers the dump of a VM that has failed in a call of this plugin.
#[cold]
pub(super) fn offer(
    dumps: &dyn CoreDumps,
    instance: &mut dyn Instance,
    info: &ModuleInfo,
    plugin: &str,
    error: &VmError,
    obituary: &Obituary,
) {
    let failure = Failure {
        plugin,
        vm: instance.state().vm.number(),
        wall_nanos: obituary.wall_nanos,
        frames: error.backtrace(),
        text: &obituary.to_string(),
    };
    dumps.offer(&mut |most| failure.dump(instance, info, most));
}

/// What the dump says of the failure.
struct Failure<'a> {
    plugin: &'a str,
    vm: u64,
    wall_nanos: u64,
    /// Innermost first.
    frames: &'a [Frame],
    /// As in the log.
    text: &'a str,
}

impl Failure<'_> {
    /// What the instance has in it, with `most` bytes of memory at most.
    fn dump(&self, instance: &mut dyn Instance, info: &ModuleInfo, most: usize) -> CoreDump {
        let mut module = Module::new();
        module.section(&CoreDumpSection::new(self.plugin));
        let (mut globals, mut exports) = (GlobalSection::new(), ExportSection::new());
        if let Some(memory) = &info.memory {
            exports.export(&memory.export, ExportKind::Memory, 0);
        }
        for export in info.exports.iter().filter(|export| export.ty == ExternType::Global) {
            let Some(global) = instance.global(&export.name) else { continue };
            exports.export(&export.name, ExportKind::Global, globals.len());
            let (val_type, value) = constant(global.value);
            globals.global(GlobalType { val_type, mutable: global.mutable, shared: false }, &value);
        }
        let memory = instance.memory();
        let (runs, left_out) = written(memory, most);
        if info.memory.is_some() {
            let mut memories = MemorySection::new();
            let minimum = (memory.len() / PAGE) as u64;
            memories.memory(MemoryType {
                minimum,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
            module.section(&memories);
        }
        module.section(&globals).section(&exports);
        let mut data = DataSection::new();
        for run in runs {
            let bytes = memory[run.clone()].iter().copied();
            // Addresses are unsigned, and written as if they were not.
            data.active(0, &ConstExpr::i32_const(run.start as u32 as i32), bytes);
        }
        module.section(&data);
        drop(data);

        let mut modules = CoreDumpModulesSection::new();
        modules.module(self.plugin);
        let mut instances = CoreDumpInstancesSection::new();
        // Which of the module's globals those are that it exports, nobody says. So they are told by their names, and none of
        // them is said to be its first.
        instances.instance(0, 0..u32::from(info.memory.is_some()), 0..0);
        let mut stack = CoreDumpStackSection::new("main");
        for frame in self.frames {
            let offset = frame.function_offset.and_then(|offset| u32::try_from(offset).ok()).unwrap_or(0);
            let none: [CoreDumpValue; 0] = [];
            stack.frame(0, frame.function, offset, none.clone(), none);
        }
        module.section(&modules).section(&instances).section(&stack);
        module.section(&CustomSection { name: Cow::Borrowed(FAILURE), data: Cow::Borrowed(self.text.as_bytes()) });
        let Self { vm, wall_nanos, .. } = *self;
        CoreDump { plugin: self.plugin.to_owned(), vm, wall_nanos, wasm: module.finish(), left_out }
    }
}

fn constant(value: GlobalValue) -> (ValType, ConstExpr) {
    match value {
        GlobalValue::I32(value) => (ValType::I32, ConstExpr::i32_const(value)),
        GlobalValue::I64(value) => (ValType::I64, ConstExpr::i64_const(value)),
        GlobalValue::F32(bits) => (ValType::F32, ConstExpr::f32_const(Ieee32::new(bits))),
        GlobalValue::F64(bits) => (ValType::F64, ConstExpr::f64_const(Ieee64::new(bits))),
        GlobalValue::V128(value) => (ValType::V128, ConstExpr::v128_const(value as i128)),
    }
}

/// The blocks of a memory that have more than zeros in them, from its start to where there are `most` bytes of them; and how many
/// bytes of such blocks there are beyond.
fn written(memory: &[u8], most: usize) -> (Vec<Range<usize>>, u64) {
    let size = BLOCK.max((memory.len() / (2 * MOST_RUNS)).next_multiple_of(BLOCK));
    let (mut runs, mut taken, mut left_out) = (Vec::<Range<usize>>::new(), 0, 0);
    for (n, block) in memory.chunks(size).enumerate() {
        if is_zero(block) {
            continue;
        }
        if taken + block.len() > most {
            left_out += block.len() as u64;
            continue;
        }
        taken += block.len();
        let (start, end) = (n * size, n * size + block.len());
        match runs.last_mut().filter(|last| last.end == start) {
            Some(last) => last.end = end,
            None => runs.push(start..end),
        }
    }
    (runs, left_out)
}

/// Whole words at a time: a memory may be large, and its worker waits.
fn is_zero(block: &[u8]) -> bool {
    let (words, rest) = block.as_chunks::<16>();
    words.iter().all(|word| u128::from_ne_bytes(*word) == 0) && rest.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, MOST_RUNS, written};

    #[test]
    fn what_is_zero_is_left_out_and_neighbours_are_one() {
        let mut memory = vec![0; 10 * BLOCK];
        assert_eq!(written(&memory, usize::MAX), (vec![], 0));
        for at in [0, 2 * BLOCK - 1, 4 * BLOCK, 9 * BLOCK + 17] {
            memory[at] = 1;
        }
        assert_eq!(written(&memory, usize::MAX), (vec![0..2 * BLOCK, 4 * BLOCK..5 * BLOCK, 9 * BLOCK..10 * BLOCK], 0));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let memory = vec![1; 5 * BLOCK];
        let (runs, left_out) = written(&memory, 2 * BLOCK);
        assert_eq!((runs.len(), runs[0].clone(), left_out), (1, 0..2 * BLOCK, 3 * BLOCK as u64));
        assert_eq!(written(&memory, BLOCK - 1), (vec![], 5 * BLOCK as u64));
    }

    #[test]
    fn a_memory_with_many_holes_has_no_more_segments_than_readers_take() {
        let mut memory = vec![0; 5 * MOST_RUNS * BLOCK];
        memory.iter_mut().step_by(2 * BLOCK).for_each(|byte| *byte = 1);
        let (runs, left_out) = written(&memory, usize::MAX);
        assert!(runs.len() <= MOST_RUNS && left_out == 0, "{}", runs.len());
    }
}
