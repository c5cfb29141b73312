//! A guest that tells what it is given.
//!
//! Envoy's trace has the numbers that cross and not the memory behind them. So each host function with outputs is
//! wrapped: when it has succeeded, the wrapper logs every output, and the log is part of what is compared. Both hosts run
//! the same module, so that the wrappers make no difference between them.

use std::fmt::Write as _;
use tollgate_abi::{HostFunction, ValType, host_functions};

/// Bytes of an output that the guest finds at the address it passed.
const WORD: u32 = 4;
const LONG: u32 = 8;

/// Where an output is found, by the indices of the parameters that tell.
pub(super) enum Output {
    /// Address and length of a block.
    Block(usize, usize),
    /// An integer of so many bytes.
    Number(usize, u32),
}

/// The outputs of a host function that can be told; those of WASI that fill structures are not.
pub(super) fn outputs(function: &HostFunction) -> Vec<Output> {
    let mut outputs = Vec::new();
    // A seek succeeds without having happened.
    if function.name == "fd_seek" {
        return outputs;
    }
    let mut params = function.params.iter().enumerate();
    while let Some((index, param)) = params.next() {
        let Some(name) = param.name.strip_prefix("return_") else { continue };
        if matches!(name, "array" | "buffer" | "argv" | "argv_buffer" | "unused" | "fdstat" | "filestat" | "prestat") {
            continue;
        }
        if name.ends_with("_data") {
            params.next();
            outputs.push(Output::Block(index, index + 1));
        } else {
            let long = matches!(name, "time" | "resolution" | "offset") || function.name == "proxy_get_metric";
            outputs.push(Output::Number(index, if long { LONG } else { WORD }));
        }
    }
    outputs
}

/// The text of a guest with its imports wrapped; as it was where that makes no module.
pub(super) fn instrument(wat: &str) -> String {
    let told = wrap(wat);
    if wat::parse_str(&told).is_ok() { told } else { wat.to_owned() }
}

fn wrap(wat: &str) -> String {
    let mut text = wat.to_owned();
    let mut wrappers = String::new();
    for function in host_functions() {
        let outputs = outputs(function);
        for module in function.modules.iter().filter(|_| !outputs.is_empty()) {
            for id in [function.name.to_owned(), format!("{module}.{}", function.name)] {
                let import = format!("(import \"{module}\" \"{}\" (func ${id} ", function.name);
                let Some(at) = text.find(&import) else { continue };
                let hidden = format!("(import \"{module}\" \"{}\" (func $host:{id} ", function.name);
                text.replace_range(at..at + import.len(), &hidden);
                wrappers.push_str(&wrapper(function, &id, &outputs));
            }
        }
    }
    if wrappers.is_empty() {
        return text;
    }
    if let (Some(first), Some(last)) = (text.find("(import"), text.rfind(')')) {
        text.insert_str(last, &wrappers);
        text.insert_str(
            first,
            "(import \"env\" \"proxy_log\" (func $tell (param i32) (param i32) (param i32) (result i32))) ",
        );
    }
    text
}

fn wrapper(function: &HostFunction, id: &str, outputs: &[Output]) -> String {
    let list =
        |keyword: &str, types: &[ValType]| types.iter().map(|ty| format!(" ({keyword} {ty})")).collect::<String>();
    let args: String = (0..function.params.len()).map(|index| format!(" (local.get {index})")).collect();
    let mut tell = String::new();
    for output in outputs {
        let (address, length) = match *output {
            Output::Block(data, size) => {
                (format!("(i32.load (local.get {data}))"), format!("(i32.load (local.get {size}))"))
            }
            Output::Number(at, bytes) => (format!("(local.get {at})"), format!("(i32.const {bytes})")),
        };
        let _ = write!(tell, " (drop (call $tell (i32.const 0) {address} {length}))");
    }
    format!(
        " (func ${id}{}{} (local $status i32) (local.set $status (call $host:{id}{args})) \
         (if (i32.eqz (local.get $status)) (then{tell})) (local.get $status))",
        list("param", function.param_types),
        list("result", function.results),
    )
}

#[cfg(test)]
mod tests {
    use super::instrument;
    use tollgate_abi::AbiVersion;
    use tollgate_testkit::guest::assemble;

    #[test]
    fn outputs_are_told_and_other_guests_stay_as_they_are() {
        let text =
            "(module {{prelude}} (func (export \"f\") {{proxy_get_header_map_value HTTP_REQUEST_HEADERS \"a\"}}))";
        let told = instrument(&assemble(text, AbiVersion::V0_2_1).unwrap());
        assert!(told.contains("(func $host:proxy_get_header_map_value"), "{told}");
        assert!(
            told.contains("(call $tell (i32.const 0) (i32.load (local.get 3)) (i32.load (local.get 4)))"),
            "{told}"
        );
        let without = "(module (func (export \"f\")))";
        assert_eq!(instrument(without), without);
    }
}
