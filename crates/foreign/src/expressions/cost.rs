//! How much work an expression can be.
//!
//! The language has no loops but those over lists and maps. Inside each other, and over values that they have made
//! larger themselves, even these can take for ever. So before an expression is evaluated, an upper bound of the work is
//! computed from its tree and from how large the attributes are that it asks for.

use super::attributes::{Attributes, Size};
use super::patterns::{Pattern, Patterns};
use super::program::Program;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

/// Most work: 30 ms, in which nobody else is served. A unit is a byte looked at, a third of a nanosecond.
pub(super) const LIMIT: u64 = 100_000_000;

/// What a step is, whatever it looks at: 100 ns.
const STEP: u64 = 300;

/// What it is to make a property of a byte or an element of the result: the worst are elements of a byte each.
const RESULT: u64 = 100;

/// Most nodes looked at to find that out: those of a loop are looked at twice, and so are the loops in it.
const VISITS: u32 = 200_000;

/// Functions that answer with a number, or yes or no, whatever they are asked of.
const SMALL: &[&str] = &[
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::LOGICAL_NOT,
    operators::IN,
    "bool",
    "contains",
    "double",
    "endsWith",
    "int",
    "matches",
    "size",
    "startsWith",
    "uint",
];

/// Whether evaluating the expression could be more work than is allowed.
pub(super) fn exceeds_limit(program: &Program, attributes: &Attributes) -> bool {
    let mut estimate =
        Estimate { attributes: attributes.size(), patterns: program.patterns(), bound: Vec::new(), visits: VISITS };
    let cost = estimate.of(program.expression());
    cost.plus(cost.size.weight.saturating_mul(RESULT)).work > LIMIT
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
    patterns: &'a Patterns,
    /// Nodes that may still be looked at.
    visits: u32,
    /// Variables of comprehensions, innermost last.
    bound: Vec<(&'a str, Size)>,
}

impl<'a> Estimate<'a> {
    fn of(&mut self, node: &'a IdedExpr) -> Cost {
        let Some(left) = self.visits.checked_sub(1) else { return Cost::default().plus(u64::MAX) };
        self.visits = left;
        match &node.expr {
            Expr::Unspecified | Expr::Struct(_) => Cost::default().plus(STEP),
            Expr::Literal(literal) => {
                let weight = match literal {
                    LiteralValue::String(text) => text.inner().len() as u64,
                    LiteralValue::Bytes(bytes) => bytes.inner().len() as u64,
                    _ => 0,
                };
                Cost { work: STEP, size: Size { count: 0, weight: weight + 1 } }
            }
            Expr::Ident(name) => {
                let bound = self.bound.iter().rev().find(|(bound, _)| bound == name).map(|(_, size)| *size);
                Cost { work: STEP, size: bound.unwrap_or(self.attributes) }
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
                    ("matches", [text, _]) => self.pattern(call).map_or(u64::MAX, |pattern| {
                        pattern.applying.saturating_mul(text.size.weight).saturating_add(pattern.making)
                    }),
                    _ => all.size.weight,
                };
                let result = all.plus(own).plus(STEP);
                match &*call.func_name {
                    operators::INDEX => inside(result),
                    name if SMALL.contains(&name) => Cost { size: Size { count: 0, weight: 1 }, ..result },
                    _ => result,
                }
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    /// The regular expression of a call.
    fn pattern(&self, call: &CallExpr) -> Option<Pattern> {
        match &call.args.last()?.expr {
            Expr::Literal(LiteralValue::String(text)) => self.patterns.cost(text.inner()),
            _ => None,
        }
    }

    fn elements(&mut self, elements: impl Iterator<Item = &'a IdedExpr>) -> Cost {
        let mut all = Cost::default().plus(STEP);
        let mut count = 0_u64;
        for element in elements {
            all = all.and(self.of(element)).plus(STEP);
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
        let round = step.work.saturating_add(condition.work).saturating_add(STEP);
        result.plus(range.work).plus(init.work).plus(round.saturating_mul(rounds))
    }
}

/// What is inside of something: as heavy as that, at most, and of as many elements.
fn inside(mut outer: Cost) -> Cost {
    outer.work = outer.work.saturating_add(1);
    outer.size.count = outer.size.weight;
    outer
}
