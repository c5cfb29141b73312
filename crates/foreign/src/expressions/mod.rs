//! `expr_create`, `expr_evaluate`, `expr_delete`: expressions of the Common Expression Language over Envoy's attributes.
//!
//! An expression belongs to the plugin that made it. It is text of a guest, so reading and evaluating it are bounded: by
//! its length, its depth, and an estimate of the work made before it is evaluated.

mod attributes;
mod cost;
mod patterns;
mod program;
mod result;

use crate::guard::guarded;
use attributes::Attributes;
use bytes::Bytes;
use cel::{Context, Env};
use program::Program;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_abi::encoding::property;
use tollgate_abi::{LogLevel, Status};
use tollgate_host::foreign::{Caller, Property};

/// Most bytes of text that the expressions of a plugin have together.
const MAX_TEXT: usize = 16 << 20;

/// A plugin's expressions.
#[derive(Default)]
struct Expressions(RefCell<Table>);

struct Table {
    env: Arc<Env>,
    programs: HashMap<u32, Rc<Program>>,
    next: u32,
    text: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { env: Arc::new(Env::stdlib()), programs: HashMap::new(), next: 0, text: 0 }
    }
}

/// Makes an expression and answers its number. `BAD_ARGUMENT` if the text is none.
pub(crate) fn create(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let expressions = of_plugin(caller)?;
    let text = std::str::from_utf8(arguments).map_err(|_| Status::BadArgument)?;
    let program = match guarded(caller, "expr_create", || Program::parse(text))? {
        Ok(program) => Rc::new(program),
        Err(error) => {
            caller.log(LogLevel::Info, &format!("expr_create: {error}"));
            return Err(Status::BadArgument);
        }
    };
    let mut table = expressions.0.borrow_mut();
    if table.text + text.len() > MAX_TEXT {
        caller.log(LogLevel::Error, "expr_create: the plugin has too many expressions; expr_delete ends one");
        return Err(Status::InternalFailure);
    }
    table.text += text.len();
    let token = loop {
        let token = table.next;
        table.next = table.next.wrapping_add(1);
        if !table.programs.contains_key(&token) {
            break token;
        }
    };
    table.programs.insert(token, program);
    Ok(Bytes::copy_from_slice(&token.to_le_bytes()))
}

/// Evaluates an expression: `NOT_FOUND` if there is none of this number, `INTERNAL_FAILURE` if it has no value,
/// `SERIALIZATION_FAILURE` if its value has no encoding.
pub(crate) fn evaluate(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let expressions = of_plugin(caller)?;
    let token = token(arguments)?;
    let (program, env) = {
        let table = expressions.0.borrow();
        (table.programs.get(&token).cloned().ok_or(Status::NotFound)?, table.env.clone())
    };
    let attributes = Attributes::read(caller, program.paths());
    match guarded(caller, "expr_evaluate", || value(&program, env, attributes))? {
        Ok(value) => value.encode().map(Bytes::from).ok_or(Status::SerializationFailure),
        Err(error) => {
            caller.log(LogLevel::Debug, &format!("expr_evaluate: {error}"));
            Err(error.status())
        }
    }
}

/// The value of an expression outside of any plugin, `property` being what is known under a path (segments joined by
/// zeros, as in `proxy_get_property`). What bounds those of plugins bounds this.
///
/// # Errors
///
/// `BAD_ARGUMENT` if the text is no expression, or one that is too large; `INTERNAL_FAILURE` if it has no value, or could
/// take too long; `SERIALIZATION_FAILURE` if its value has no encoding.
pub fn value_of(text: &str, property: impl Fn(&[u8]) -> Option<Property>) -> Result<property::Value, Status> {
    let program = Program::parse(text).map_err(|_| Status::BadArgument)?;
    let attributes = Attributes::find(program.paths(), property);
    value(&program, Arc::new(Env::stdlib()), attributes).map_err(|error| error.status())
}

/// The value of an expression.
fn value(program: &Program, env: Arc<Env>, attributes: Attributes) -> Result<property::Value, NoValue> {
    if cost::exceeds_limit(program, &attributes) {
        return Err(NoValue::TooLong);
    }
    let mut context = Context::with_env(env);
    attributes.bind(&mut context);
    let value = cel::Value::resolve(program.expression(), &context).map_err(NoValue::Evaluation)?;
    result::to_property(value).ok_or(NoValue::Encoding)
}

/// Why an expression has no value.
#[derive(Debug)]
enum NoValue {
    /// It could take too long.
    TooLong,
    Evaluation(cel::ExecutionError),
    Encoding,
}

impl NoValue {
    fn status(&self) -> Status {
        match self {
            Self::TooLong | Self::Evaluation(_) => Status::InternalFailure,
            Self::Encoding => Status::SerializationFailure,
        }
    }
}

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("evaluating it could take too long"),
            Self::Evaluation(error) => error.fmt(f),
            Self::Encoding => f.write_str("its value has no encoding"),
        }
    }
}

/// Ends an expression. One that does not exist is as good as ended.
pub(crate) fn delete(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let expressions = of_plugin(caller)?;
    let token = token(arguments)?;
    let mut table = expressions.0.borrow_mut();
    if let Some(program) = table.programs.remove(&token) {
        table.text -= program.text_len();
    }
    Ok(Bytes::new())
}

fn of_plugin(caller: &Caller<'_>) -> Result<Rc<Expressions>, Status> {
    caller.plugin_data().ok_or(Status::InternalFailure)
}

fn token(arguments: &[u8]) -> Result<u32, Status> {
    arguments.try_into().map(u32::from_le_bytes).map_err(|_| Status::BadArgument)
}

#[cfg(test)]
mod tests;
