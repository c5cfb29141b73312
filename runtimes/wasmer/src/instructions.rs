//! The instructions of the countdown, added when a module is compiled.

use crate::countdown::{Countdown, Metering};
use std::sync::Arc;
use wasmer::sys::wasmparser::{BlockType, Operator};
use wasmer::sys::{FunctionMiddleware, MiddlewareError, MiddlewareReaderState, ModuleMiddleware};
use wasmer_types::LocalFunctionIndex;

/// Bulk operations count as one for each so many units, as a power of two: the same time as a round of a loop, or as so many
/// instructions.
const fn bulk_shift(metering: Metering) -> i32 {
    match metering {
        Metering::None => 8,
        Metering::Fuel => 6,
    }
}

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

    fn step<'a>(self, cost: i32) -> [Operator<'a>; 4] {
        [
            Operator::GlobalGet { global_index: self.counter },
            Operator::I32Const { value: cost },
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
            Operator::I32Const { value: bulk_shift(self.metering) },
            Operator::I32ShrU,
            Operator::I32Sub,
            Operator::GlobalSet { global_index: self.counter },
            Operator::GlobalGet { global_index: self.scratch },
        ]
    }
}

impl ModuleMiddleware for Countdown {
    fn generate_function_middleware<'a>(&self, _function: LocalFunctionIndex) -> Box<dyn FunctionMiddleware<'a> + 'a> {
        match self.metering {
            Metering::None => Box::new(*self),
            Metering::Fuel => Box::new(Metered { countdown: *self, unpaid: 0 }),
        }
    }
}

impl<'a> FunctionMiddleware<'a> for Countdown {
    fn feed(&mut self, operator: Operator<'a>, state: &mut MiddlewareReaderState<'a>) -> Result<(), MiddlewareError> {
        match operator {
            Operator::Loop { .. } => {
                state.push_operator(operator);
                state.extend(&self.step(1));
                state.extend(&self.ask());
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                state.extend(&self.step(1));
                state.extend(&self.ask());
                state.push_operator(operator);
            }
            operator if is_bulk(&operator) => {
                state.extend(&self.bulk_step());
                state.extend(&self.ask());
                state.push_operator(operator);
            }
            _ => state.push_operator(operator),
        }
        Ok(())
    }
}

/// Counts the instructions of a function: those between two places that code jumps from or to are paid for together, before it
/// does. Whether what was counted is too much is asked where it is without fuel.
#[derive(Debug)]
struct Metered {
    countdown: Countdown,
    /// Instructions that have not been paid for. Each is a byte of the body at least, of which there are not as many.
    unpaid: i32,
}

impl Metered {
    fn pay(&mut self, state: &mut MiddlewareReaderState<'_>) {
        let cost = std::mem::take(&mut self.unpaid);
        if cost > 0 {
            state.extend(&self.countdown.step(cost));
        }
    }
}

impl<'a> FunctionMiddleware<'a> for Metered {
    fn feed(&mut self, operator: Operator<'a>, state: &mut MiddlewareReaderState<'a>) -> Result<(), MiddlewareError> {
        self.unpaid = self.unpaid.saturating_add(cost(&operator));
        match operator {
            Operator::Loop { .. } => {
                // Before it, for once, and not in each round.
                self.pay(state);
                state.push_operator(operator);
                state.extend(&self.countdown.ask());
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                self.pay(state);
                state.extend(&self.countdown.ask());
                state.push_operator(operator);
            }
            operator if is_bulk(&operator) => {
                self.pay(state);
                state.extend(&self.countdown.bulk_step());
                state.extend(&self.countdown.ask());
                state.push_operator(operator);
            }
            Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrTable { .. }
            | Operator::Return => {
                self.pay(state);
                state.push_operator(operator);
            }
            _ => state.push_operator(operator),
        }
        Ok(())
    }
}

/// What is an instruction in the text only costs nothing.
fn cost(operator: &Operator<'_>) -> i32 {
    match operator {
        Operator::Nop
        | Operator::Drop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Unreachable
        | Operator::Return
        | Operator::Else
        | Operator::End => 0,
        _ => 1,
    }
}

fn is_bulk(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
    )
}

impl Countdown {
    /// What compiles the countdown into functions.
    pub(crate) fn middleware(self) -> Arc<dyn ModuleMiddleware> {
        Arc::new(self)
    }
}

#[cfg(test)]
mod tests {
    use crate::countdown::{Countdown, Metering};

    /// A change here must change the description too.
    #[test]
    fn the_instructions_are_those_that_the_descriptions_are_for() {
        for (metering, description, shift) in
            [(Metering::None, "countdown 1", 8), (Metering::Fuel, "countdown of instructions 1", 6)]
        {
            let countdown = Countdown { metering, check_type: 0, check_table: 1, counter: 2, scratch: 3 };
            let said = format!("{:?} {:?} {:?}", countdown.step(1), countdown.bulk_step(), countdown.ask());
            let words: Vec<_> =
                said.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
            let step = "GlobalGet global_index 2 I32Const value 1 I32Sub GlobalSet global_index 2";
            let bulk = format!(
                "GlobalSet global_index 3 GlobalGet global_index 2 GlobalGet global_index 3 I32Const value {shift} \
                 I32ShrU I32Sub GlobalSet global_index 2 GlobalGet global_index 3"
            );
            let ask = "GlobalGet global_index 2 I32Const value 0 I32LtS If blockty Empty I32Const value 0 \
                       CallIndirect type_index 0 table_index 1 End";
            assert_eq!((metering.description(), words.join(" ")), (description, format!("{step} {bulk} {ask}")));
        }
    }
}
