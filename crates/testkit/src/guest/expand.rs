//! What a token becomes.

use super::data::Data;
use super::lex::Word;
use super::{arguments, group};
use tollgate_abi::callbacks::callback;
use tollgate_abi::{
    AbiVersion, Action, BufferType, Errno, HostFunction, LogLevel, MapType, MetricType, PeerType, Status, StreamType,
    ValType, host_functions,
};

/// First address for output parameters that are left out, and the distance to the next.
const FIRST_SLOT: u32 = 0x10;
const SLOT_SIZE: u32 = 8;

/// A host function, by the name of its row, with the module it is called in.
pub(super) fn function(name: &str) -> Option<(&'static str, &'static HostFunction)> {
    if let Some((module, row)) = name.split_once('.') {
        return host_functions()
            .find(|f| f.row == row && f.modules.contains(&module))
            .and_then(|f| Some((*f.modules.iter().find(|known| **known == module)?, f)));
    }
    host_functions().find(|f| f.row == name).map(|f| (f.modules[0], f))
}

/// What a token becomes.
pub(super) fn token(words: &[Word], abi: AbiVersion, data: &mut Data) -> Result<String, String> {
    match words {
        [] => Err("an empty token".to_owned()),
        [Word::Name(keyword), Word::Name(callback)] if keyword == "export" => export(callback, abi),
        [Word::Name(keyword), Word::Name(name), args @ ..] if keyword == "result" => call(name, args, data),
        [Word::Name(keyword), Word::Name(name), given @ ..] if keyword == "calls" => {
            calls(name, given, arguments::sensible, data)
        }
        [Word::Name(keyword), Word::Name(name), given @ ..] if keyword == "wrong_calls" => {
            // There has to be a right id beside the wrong ones.
            let first = function(name).and_then(|(_, function)| arguments::maker(function));
            let first = first.map(|maker| calls(maker, &[], arguments::sensible, data)).transpose()?;
            Ok(first.unwrap_or_default() + &calls(name, given, arguments::wrong, data)?)
        }
        [Word::Name(name), args @ ..] if function(name).is_some() => {
            let call = call(name, args, data)?;
            let has_result = function(name).is_some_and(|(_, f)| !f.results.is_empty());
            Ok(if has_result { format!("(drop {call})") } else { call })
        }
        [argument] => Ok(operands(argument, ValType::I32, data)?.join(" ")),
        [Word::Name(name), ..] => Err(format!("{name} is no host function")),
        _ => Err("a token is a host function with arguments, or one argument".to_owned()),
    }
}

fn export(name: &str, abi: AbiVersion) -> Result<String, String> {
    let callback = callback(name, abi).ok_or_else(|| format!("{name} is no callback of {abi}"))?;
    let params: String = callback.params.iter().map(|p| format!(" (param ${} {})", p.name, p.ty)).collect();
    let results: String = callback.results.iter().map(|ty| format!(" (result {ty})")).collect();
    Ok(format!("(export \"{name}\"){params}{results}"))
}

fn call(name: &str, args: &[Word], data: &mut Data) -> Result<String, String> {
    let (_, function) = function(name).ok_or_else(|| format!("{name} is no host function"))?;
    let mut operands_ = Vec::new();
    for arg in args {
        let ty = function.param_types.get(operands_.len()).copied().unwrap_or(ValType::I32);
        operands_.extend(operands(arg, ty, data)?);
    }
    if operands_.len() > function.params.len() {
        return Err(format!("{name} takes {} values, not {}", function.params.len(), operands_.len()));
    }
    let mut slot = FIRST_SLOT;
    for param in &function.params[operands_.len()..] {
        if !param.name.starts_with("return_") {
            return Err(format!("{name} lacks its parameter {}", param.name));
        }
        operands_.push(format!("(i32.const {slot:#x})"));
        slot += SLOT_SIZE;
    }
    Ok(format!("(call ${name} {})", operands_.join(" ")))
}

type Arguments = fn(&HostFunction, &[(String, String)], &mut Data) -> Result<Vec<Vec<String>>, String>;

/// Calls of a function, or of all in a group, with arguments from the table.
fn calls(name: &str, given: &[Word], arguments: Arguments, data: &mut Data) -> Result<String, String> {
    let functions = match function(name) {
        Some((_, function)) => vec![function],
        None => {
            let mut group = group(name).ok_or_else(|| format!("{name} is no host function and no group of them"))?;
            // A guest imports a name once.
            group.retain(|function| !function.is_variant());
            group
        }
    };
    let mut overridden = Vec::new();
    for word in given {
        let Word::Given(param, value) = word else {
            return Err("arguments of `calls` have the form parameter=value".to_owned());
        };
        overridden.push((param.clone(), operands(value, ValType::I32, data)?.join(" ")));
    }
    let mut text = String::new();
    for function in functions {
        let calls = arguments(function, &overridden, data)?;
        for operands in calls {
            let call = format!("(call ${} {})", function.row, operands.join(" "));
            text.push_str(&if function.results.is_empty() { call } else { format!("(drop {call})") });
            text.push('\n');
        }
    }
    Ok(text)
}

/// The operands that an argument stands for; `ty` is the type of the first.
fn operands(word: &Word, ty: ValType, data: &mut Data) -> Result<Vec<String>, String> {
    let i32 = |value: u64| format!("(i32.const {value})");
    Ok(match word {
        Word::Number(number) => vec![format!("({ty}.const {})", wrapped(*number, ty))],
        Word::Name(name) => {
            let number = value_named(name).ok_or_else(|| format!("{name} is no name of the ABI"))?;
            vec![format!("({ty}.const {number})")]
        }
        Word::Wat(text) => vec![text.clone()],
        Word::Given(param, _) => return Err(format!("{param}=... is for `calls` alone")),
        Word::Bytes(bytes) => vec![i32(data.place(bytes)?.into()), i32(bytes.len() as u64)],
        Word::Address(bytes) => vec![i32(data.place(bytes)?.into())],
        Word::Utf16(text) => vec![i32(data.utf16(text)?.into())],
        Word::Map(strings) => {
            let (place, len) = data.map(strings)?;
            vec![i32(place.into()), i32(len as u64)]
        }
        Word::Buffers(strings) => {
            let (place, count) = data.buffers(strings)?;
            vec![i32(place.into()), i32(count as u64)]
        }
    })
}

/// A number in the range that WAT accepts for the type.
fn wrapped(number: i64, ty: ValType) -> i64 {
    if ty == ValType::I32 { i64::from(number as i32) } else { number }
}

fn value_named(name: &str) -> Option<i32> {
    macro_rules! search {
        ($($ty:ident),*) => {
            None$(.or_else(|| $ty::ALL.iter().find(|v| v.name() == name).map(|v| v.as_i32())))*
        };
    }
    search!(Status, LogLevel, Action, BufferType, MapType, StreamType, PeerType, MetricType, Errno)
}
