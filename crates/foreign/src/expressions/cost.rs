//! How much work an expression can be.
//!
//! The language has no loops but those over lists and maps. Inside each other, and over values that they have made
//! larger themselves, even these can take for ever. So before an expression is evaluated, an upper bound of the work is
//! computed from its tree and from how large the attributes are that it asks for.

use super::attributes::{Attributes, Size};
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

/// Most work: a unit is a step, or a byte looked at.
const LIMIT: u64 = 100_000_000;

/// What a regular expression costs before it is applied, in units, per byte of its text.
const REGEX: u64 = 500;

/// Whether evaluating the expression could be more work than is allowed.
pub(super) fn exceeds_limit(expression: &IdedExpr, attributes: &Attributes) -> bool {
    let mut estimate = Estimate { attributes: attributes.size(), bound: Vec::new() };
    estimate.of(expression).work > LIMIT
}

#[derive(Clone, Copy, Default)]
struct Cost {
    work: u64,
    /// Of the result.
    size: Size,
}

impl Cost {
    /// The work of both, and what both results are together.
    fn and(self, other: Self) -> Self {
        Self {
            work: self.work.saturating_add(other.work),
            size: Size {
                count: self.size.count.saturating_add(other.size.count),
                weight: self.size.weight.saturating_add(other.size.weight),
            },
        }
    }

    fn plus(mut self, work: u64) -> Self {
        self.work = self.work.saturating_add(work);
        self
    }
}

struct Estimate<'a> {
    attributes: Size,
    /// Variables of comprehensions, innermost last.
    bound: Vec<(&'a str, Size)>,
}

impl<'a> Estimate<'a> {
    fn of(&mut self, node: &'a IdedExpr) -> Cost {
        match &node.expr {
            Expr::Unspecified | Expr::Struct(_) => Cost::default().plus(1),
            Expr::Literal(literal) => {
                let weight = match literal {
                    LiteralValue::String(text) => text.inner().len() as u64,
                    LiteralValue::Bytes(bytes) => bytes.inner().len() as u64,
                    _ => 0,
                };
                Cost { work: 1, size: Size { count: 0, weight: weight + 1 } }
            }
            Expr::Ident(name) => {
                let bound = self.bound.iter().rev().find(|(bound, _)| bound == name).map(|(_, size)| *size);
                Cost { work: 1, size: bound.unwrap_or(self.attributes) }
            }
            // A field is at most as large as what it is in, and may have as many elements as that has bytes.
            Expr::Select(select) => inside(self.of(&select.operand)),
            Expr::List(list) => self.elements(list.elements.iter()),
            Expr::Map(map) => self.elements(map.entries.iter().flat_map(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
                EntryExpr::StructField(field) => vec![&field.value],
            })),
            Expr::Call(call) => {
                let arguments: Vec<Cost> =
                    call.target.as_deref().into_iter().chain(&call.args).map(|argument| self.of(argument)).collect();
                let all = arguments.iter().copied().fold(Cost::default(), Cost::and);
                let own = match (&*call.func_name, &arguments[..]) {
                    ("matches", [text, pattern]) => {
                        let pattern = pattern.size.weight;
                        pattern.saturating_mul(text.size.weight).saturating_add(pattern.saturating_mul(REGEX))
                    }
                    _ => all.size.weight,
                };
                let result = all.plus(own).plus(1);
                if call.func_name == operators::INDEX { inside(result) } else { result }
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    fn elements(&mut self, elements: impl Iterator<Item = &'a IdedExpr>) -> Cost {
        let mut all = Cost::default().plus(1);
        let mut count = 0_u64;
        for element in elements {
            all = all.and(self.of(element)).plus(1);
            count += 1;
        }
        all.size = Size { count, weight: all.size.weight.saturating_add(count).saturating_add(1) };
        all
    }

    fn comprehension(&mut self, all: &'a ComprehensionExpr) -> Cost {
        let range = self.of(&all.iter_range);
        let init = self.of(&all.accu_init);
        let rounds = range.size.count;
        let element = inside(range).size;
        let depth = self.bound.len();
        self.bound.push((&all.iter_var, element));
        if let Some(second) = &all.iter_var2 {
            self.bound.push((second, element));
        }
        self.bound.push((&all.accu_var, init.size));
        let accumulator = self.bound.len() - 1;
        // The macros only ever add to what they accumulate, the same in each round.
        let first = self.of(&all.loop_step).size;
        let grown = |first: u64, init: u64| init.saturating_add(first.saturating_mul(rounds));
        self.bound[accumulator].1 =
            Size { count: grown(first.count, init.size.count), weight: grown(first.weight, init.size.weight) };
        let step = self.of(&all.loop_step);
        let condition = self.of(&all.loop_cond);
        let result = self.of(&all.result);
        self.bound.truncate(depth);
        let round = step.work.saturating_add(condition.work).saturating_add(1);
        result.plus(range.work).plus(init.work).plus(round.saturating_mul(rounds))
    }
}

/// What is inside of something: as heavy as that, at most, and of as many elements.
fn inside(mut outer: Cost) -> Cost {
    outer.work = outer.work.saturating_add(1);
    outer.size.count = outer.size.weight;
    outer
}
