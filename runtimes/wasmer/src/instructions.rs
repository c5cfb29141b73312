//! The instructions of the countdown, added when a module is compiled.

use crate::countdown::Countdown;
use std::sync::Arc;
use wasmer::sys::wasmparser::{BlockType, Operator};
use wasmer::sys::{FunctionMiddleware, MiddlewareError, MiddlewareReaderState, ModuleMiddleware};
use wasmer_types::LocalFunctionIndex;

/// Bulk operations count as one for each so many units, as a power of two.
const BULK_SHIFT: i32 = 8;

impl Countdown {
    /// Compares with zero what was counted, and asks the host.
    fn ask<'a>(self) -> [Operator<'a>; 7] {
        [
            Operator::GlobalGet { global_index: self.counter },
            Operator::I32Const { value: 0 },
            Operator::I32LtS,
            Operator::If { blockty: BlockType::Empty },
            Operator::I32Const { value: 0 },
            Operator::CallIndirect { type_index: self.check_type, table_index: self.check_table },
            Operator::End,
        ]
    }

    fn step<'a>(self) -> [Operator<'a>; 4] {
        [
            Operator::GlobalGet { global_index: self.counter },
            Operator::I32Const { value: 1 },
            Operator::I32Sub,
            Operator::GlobalSet { global_index: self.counter },
        ]
    }

    /// As [`Self::step`], by the size that a bulk operation finds on the stack.
    fn bulk_step<'a>(self) -> [Operator<'a>; 8] {
        [
            Operator::GlobalSet { global_index: self.scratch },
            Operator::GlobalGet { global_index: self.counter },
            Operator::GlobalGet { global_index: self.scratch },
            Operator::I32Const { value: BULK_SHIFT },
            Operator::I32ShrU,
            Operator::I32Sub,
            Operator::GlobalSet { global_index: self.counter },
            Operator::GlobalGet { global_index: self.scratch },
        ]
    }
}

impl ModuleMiddleware for Countdown {
    fn generate_function_middleware<'a>(&self, _function: LocalFunctionIndex) -> Box<dyn FunctionMiddleware<'a> + 'a> {
        Box::new(*self)
    }
}

impl<'a> FunctionMiddleware<'a> for Countdown {
    fn feed(&mut self, operator: Operator<'a>, state: &mut MiddlewareReaderState<'a>) -> Result<(), MiddlewareError> {
        match operator {
            Operator::Loop { .. } => {
                state.push_operator(operator);
                state.extend(&self.step());
                state.extend(&self.ask());
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                state.extend(&self.step());
                state.extend(&self.ask());
                state.push_operator(operator);
            }
            Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => {
                state.extend(&self.bulk_step());
                state.extend(&self.ask());
                state.push_operator(operator);
            }
            _ => state.push_operator(operator),
        }
        Ok(())
    }
}

impl Countdown {
    /// What compiles the countdown into functions.
    pub(crate) fn middleware(self) -> Arc<dyn ModuleMiddleware> {
        Arc::new(self)
    }
}

#[cfg(test)]
mod tests {
    use crate::countdown::{Countdown, DESCRIPTION};

    /// A change here must change the description too.
    #[test]
    fn the_instructions_are_those_that_the_description_is_for() {
        let countdown = Countdown { check_type: 0, check_table: 1, counter: 2, scratch: 3 };
        let said = format!("{:?} {:?} {:?}", countdown.step(), countdown.bulk_step(), countdown.ask());
        let words: Vec<_> =
            said.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
        let step = "GlobalGet global_index 2 I32Const value 1 I32Sub GlobalSet global_index 2";
        let bulk = "GlobalSet global_index 3 GlobalGet global_index 2 GlobalGet global_index 3 I32Const value 8 I32ShrU \
                    I32Sub GlobalSet global_index 2 GlobalGet global_index 3";
        let ask = "GlobalGet global_index 2 I32Const value 0 I32LtS If blockty Empty I32Const value 0 \
                   CallIndirect type_index 0 table_index 1 End";
        assert_eq!((DESCRIPTION, words.join(" ")), ("countdown 1", format!("{step} {bulk} {ask}")));
    }
}
