//! Functions that work on much memory piece by piece.
//!
//! `memory.fill`, `memory.copy` and `memory.init` are one instruction each, which no engine interrupts, however much memory they are
//! for; and memory that was never touched comes page by page from the operating system, so that 125 MiB of it take some
//! 40 ms. Engines look at the deadline in each round of a loop over pieces. What is not more than a piece, or goes beyond the
//! memory or the segment and has to trap, is left to the one instruction: the guest cannot tell the difference.

use super::bounds::PIECE;
use wasm_encoder::{BlockType, Function, InstructionSink};
use wasmparser::Operator;

/// Type of all of them: three of type i32, no result.
pub(super) const TYPE: &[u8] = &[0x60, 3, 0x7f, 0x7f, 0x7f, 0];

/// Their parameters. What memory is filled with is where others have the place that they copy from.
const TO: u32 = 0;
const FROM: u32 = 1;
const BYTES: u32 = 2;

/// An instruction that may be for more than a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Fill,
    Copy,
    /// From this segment of data.
    Init(u32),
}

impl Operation {
    /// The one that an instruction is.
    pub(super) fn of(operator: &Operator<'_>) -> Option<Self> {
        match operator {
            Operator::MemoryFill { .. } => Some(Self::Fill),
            Operator::MemoryCopy { .. } => Some(Self::Copy),
            Operator::MemoryInit { data_index, .. } => Some(Self::Init(*data_index)),
            _ => None,
        }
    }

    /// The function that does it in pieces. `segment` is how many bytes its segment of data has, if it is from one.
    pub(super) fn function(self, segment: u32) -> Function {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.block(BlockType::Empty);
        code.local_get(BYTES).i32_const(PIECE as i32).i32_le_u().br_if(0);
        leave_beyond(&mut code, TO, None);
        match self {
            Self::Fill => {}
            Self::Copy => leave_beyond(&mut code, FROM, None),
            Self::Init(_) => leave_beyond(&mut code, FROM, Some(segment)),
        }
        if self == Self::Copy {
            // What would be overwritten before it was copied is copied first.
            code.local_get(TO).local_get(FROM).i32_sub().local_get(BYTES).i32_lt_u().if_(BlockType::Empty);
            code.loop_(BlockType::Empty);
            advance(&mut code, BYTES, -i64::from(PIECE));
            code.local_get(TO).local_get(BYTES).i32_add().local_get(FROM).local_get(BYTES).i32_add();
            code.i32_const(PIECE as i32).memory_copy(0, 0);
            code.local_get(BYTES).i32_const(PIECE as i32).i32_gt_u().br_if(0);
            code.end().br(1).end();
        }
        code.loop_(BlockType::Empty);
        code.local_get(TO).local_get(FROM).i32_const(PIECE as i32);
        self.instruction(&mut code);
        advance(&mut code, TO, PIECE.into());
        if self != Self::Fill {
            advance(&mut code, FROM, PIECE.into());
        }
        advance(&mut code, BYTES, -i64::from(PIECE));
        code.local_get(BYTES).i32_const(PIECE as i32).i32_gt_u().br_if(0);
        code.end().end();
        code.local_get(TO).local_get(FROM).local_get(BYTES);
        self.instruction(&mut code);
        code.end();
        function
    }

    fn instruction(self, code: &mut InstructionSink<'_>) {
        match self {
            Self::Fill => code.memory_fill(0),
            Self::Copy => code.memory_copy(0, 0),
            Self::Init(segment) => code.memory_init(0, segment),
        };
    }
}

/// Leaves the block if bytes from a place on go beyond so many, or beyond memory.
fn leave_beyond(code: &mut InstructionSink<'_>, place: u32, end: Option<u32>) {
    code.local_get(place).i64_extend_i32_u().local_get(BYTES).i64_extend_i32_u().i64_add();
    match end {
        Some(end) => code.i64_const(end.into()),
        None => code.memory_size(0).i64_extend_i32_u().i64_const(16).i64_shl(),
    };
    code.i64_gt_u().br_if(0);
}

fn advance(code: &mut InstructionSink<'_>, local: u32, by: i64) {
    code.local_get(local).i32_const(by as i32).i32_add().local_set(local);
}
