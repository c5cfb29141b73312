//! An expression that has been read and found to be harmless in form.

use super::attributes::Path;
use super::patterns::Patterns;
use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::parser::{ParseErrors, PrattParser};
use std::collections::HashSet;

/// Most bytes of text.
const MAX_TEXT: usize = 32 << 10;

/// Most lines: for each error, they are counted from the first.
const MAX_LINES: usize = 512;

/// Most parentheses and the like inside each other, while the text is read.
const MAX_NESTING: u16 = 64;

/// Most conditional expressions.
const MAX_CONDITIONS: usize = 128;

/// Most nodes, macros expanded.
const MAX_NODES: usize = 20_000;

/// Deepest tree: each level takes a part of the thread's stack when the expression is evaluated.
const MAX_DEPTH: usize = 256;

/// What may be called. Anything else is found out here and not in the middle of a request.
const FUNCTIONS: &[&str] = &[
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::NOT_STRICTLY_FALSE,
    operators::IN,
    "bool",
    "bytes",
    "contains",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "int",
    "matches",
    "size",
    "startsWith",
    "string",
    "timestamp",
    "type",
    "uint",
];

/// An expression.
#[derive(Debug)]
pub(super) struct Program {
    expression: IdedExpr,
    paths: Vec<Path>,
    patterns: Patterns,
    text_len: usize,
}

impl Program {
    /// Reads an expression, and says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_TEXT {
            return Err(format!("the expression has {} bytes; {MAX_TEXT} is the most", text.len()));
        }
        if text.bytes().filter(|byte| *byte == b'\n').count() >= MAX_LINES {
            return Err(format!("the expression has more than {MAX_LINES} lines"));
        }
        // The parser counts parentheses, but not these, which it reads one inside the other as well.
        if text.bytes().filter(|byte| *byte == b'?').count() > MAX_CONDITIONS {
            return Err(format!("the expression has more than {MAX_CONDITIONS} question marks"));
        }
        let parser = PrattParser::new().max_recursion_depth(MAX_NESTING).max_expression_node_count(MAX_NODES);
        // Each error shows its line: thousands of them, of one line, would be a hundred megabytes.
        let first = |errors: ParseErrors| errors.errors.first().map_or_else(String::new, ToString::to_string);
        let expression = parser.parse(text).map_err(first)?;
        let (paths, patterns) = inspect(&expression)?;
        Ok(Self { expression, paths, patterns, text_len: text.len() })
    }

    pub(super) fn expression(&self) -> &IdedExpr {
        &self.expression
    }

    /// The attributes that it may ask for.
    pub(super) fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The regular expressions in it.
    pub(super) fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    pub(super) fn text_len(&self) -> usize {
        self.text_len
    }
}

/// Walks the tree, without recursion: checks its size and what it calls, and collects the paths and regular expressions in it.
fn inspect(root: &IdedExpr) -> Result<(Vec<Path>, Patterns), String> {
    let (mut paths, mut patterns) = (HashSet::<Path>::new(), Patterns::default());
    let mut waiting = vec![(root, 1)];
    let mut nodes = 0_usize;
    while let Some((node, depth)) = waiting.pop() {
        nodes += 1;
        if depth > MAX_DEPTH || nodes > MAX_NODES {
            return Err("the expression is too large".to_owned());
        }
        paths.extend(path(node));
        let mut visit = |child| waiting.push((child, depth + 1));
        match &node.expr {
            Expr::Unspecified => return Err("the expression is incomplete".to_owned()),
            Expr::Ident(_) | Expr::Literal(_) => {}
            Expr::Call(call) => {
                if !FUNCTIONS.contains(&&*call.func_name) {
                    return Err(format!("there is no function {:?}", call.func_name));
                }
                if call.func_name == "matches" {
                    match call.args.last().map(|pattern| &pattern.expr) {
                        Some(Expr::Literal(LiteralValue::String(pattern))) => patterns.add(pattern.inner())?,
                        _ => return Err("the pattern of \"matches\" has to be a text that stands there".to_owned()),
                    }
                }
                call.args.iter().for_each(&mut visit);
                if let Some(target) = &call.target {
                    visit(target);
                }
            }
            Expr::Select(select) => visit(&select.operand),
            Expr::List(list) => list.elements.iter().for_each(visit),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        visit(&entry.key);
                        visit(&entry.value);
                    }
                }
            }
            Expr::Struct(message) => return Err(format!("there is no message {:?}", message.type_name)),
            Expr::Comprehension(all) => {
                [&all.iter_range, &all.accu_init, &all.loop_cond, &all.loop_step, &all.result]
                    .into_iter()
                    .for_each(visit);
            }
        }
    }
    Ok((paths.into_iter().collect(), patterns))
}

/// The path that a chain of fields and constant keys spells: `request.headers['x']` and the like.
fn path(node: &IdedExpr) -> Option<Path> {
    let mut segments: Path = Vec::new();
    let mut node = node;
    loop {
        match &node.expr {
            Expr::Ident(name) => {
                segments.push(name.trim_start_matches('.').to_owned());
                segments.reverse();
                return Some(segments);
            }
            Expr::Select(select) => {
                segments.push(select.field.clone());
                node = &select.operand;
            }
            Expr::Call(call) if call.func_name == operators::INDEX => {
                let [operand, key] = &call.args[..] else { return None };
                let Expr::Literal(LiteralValue::String(key)) = &key.expr else { return None };
                segments.push(key.inner().to_owned());
                node = operand;
            }
            _ => return None,
        }
    }
}
