//! A crossing as one line of text: named arguments, enumerations by name, data by content.

use super::payload::{self, Data};
use super::{Crossing, Outcome, Value};
use crate::vm::{VmError, VmErrorKind};
use std::fmt::Write as _;
use tollgate_abi::{
    BufferType, Callback, Errno, Family, HostFunction, LogLevel, MapType, MetricType, Param, PeerType, Status,
    StreamType,
};

/// The line for a crossing.
pub(super) fn render(context_id: u32, crossing: &Crossing<'_>) -> String {
    match *crossing {
        Crossing::Callback { callback, args } => {
            format!("--> #{context_id} {}({})", callback.name, callback_args(callback, args))
        }
        Crossing::CallbackReturned { callback, outcome } => {
            let result = ended(outcome, |value| callback_result(callback, value));
            format!("<-- #{context_id} {}{result}", callback.name)
        }
        Crossing::HostCall { function, args, memory } => {
            format!("==> #{context_id} {}({})", function.row, host_args(function, args, memory))
        }
        Crossing::HostReturned { function, args, outcome, memory } => {
            let result = ended(outcome, |value| host_result(function, value));
            let mut line = format!("<== #{context_id} {}{result}", function.row);
            if succeeded(function, outcome) {
                payload::outputs(function, args, memory, &mut line);
            }
            line
        }
        Crossing::Allocate { size } => format!("--> #{context_id} allocate(size={size})"),
        Crossing::Allocated { outcome } => match outcome {
            Ok(block) => format!("<-- #{context_id} allocate = {block:#x}"),
            Err(error) => format!("<-- #{context_id} allocate trapped: {}", cause(error)),
        },
    }
}

fn ended(outcome: Outcome<'_>, value: impl FnOnce(Value) -> String) -> String {
    match outcome {
        Ok(None) => String::new(),
        Ok(Some(result)) => format!(" = {}", value(result)),
        Err(error) => match error.kind() {
            VmErrorKind::Host(_) => format!(" ended: {}", cause(error)),
            _ => format!(" trapped: {}", cause(error)),
        },
    }
}

/// What all engines agree on.
fn cause(error: &VmError) -> String {
    match error.kind() {
        VmErrorKind::Trap(kind) => kind.as_str().to_owned(),
        VmErrorKind::Host(fault) => fault.to_string(),
        VmErrorKind::Compile | VmErrorKind::Instantiate | VmErrorKind::Engine => "the engine failed".to_owned(),
    }
}

fn succeeded(function: &HostFunction, outcome: Outcome<'_>) -> bool {
    // Some WASI functions write although they answer with an error number; those are told by the name alone.
    matches!(outcome, Ok(Some(Value::I32(0)))) && !function.results.is_empty()
}

fn callback_args(callback: &Callback, args: &[Value]) -> String {
    let mut line = String::new();
    let named = callback.params.iter().zip(args);
    // The context is what the line begins with.
    for (param, value) in named.filter(|(param, _)| !matches!(param.name, "context_id" | "plugin_context_id")) {
        separate(&mut line);
        let _ = write!(line, "{}={}", param.name, number(param, *value));
    }
    line
}

fn callback_result(callback: &Callback, value: Value) -> String {
    let Value::I32(result) = value else { return plain(value) };
    let names: &[&str] = match callback.name {
        "proxy_on_request_headers"
        | "proxy_on_response_headers"
        | "proxy_on_http_request_headers"
        | "proxy_on_http_response_headers" => &[
            "CONTINUE",
            "PAUSE",
            "CONTINUE_AND_END_STREAM",
            "STOP_ALL_ITERATION_AND_BUFFER",
            "STOP_ALL_ITERATION_AND_WATERMARK",
        ],
        "proxy_on_request_body"
        | "proxy_on_response_body"
        | "proxy_on_http_request_body"
        | "proxy_on_http_response_body" => {
            &["CONTINUE", "PAUSE", "STOP_ITERATION_AND_WATERMARK", "STOP_ITERATION_NO_BUFFER"]
        }
        "proxy_on_done" | "proxy_on_vm_start" | "proxy_on_configure" | "proxy_validate_configuration" => {
            &["false", "true"]
        }
        name if name.starts_with("proxy_on_") => &["CONTINUE", "PAUSE"],
        _ => &[],
    };
    usize::try_from(result)
        .ok()
        .and_then(|index| names.get(index))
        .map_or_else(|| result.to_string(), |name| (*name).to_owned())
}

fn host_args(function: &HostFunction, args: &[Value], memory: &[u8]) -> String {
    let mut line = String::new();
    let mut index = 0;
    while let (Some(param), Some(value)) = (function.params.get(index), args.get(index)) {
        separate(&mut line);
        index += 1;
        let next = function.params.get(index).zip(args.get(index));
        if let (Value::I32(ptr), Some((size, Value::I32(len)))) = (*value, next)
            && let Some(data) = Data::named(param.name, size.name)
        {
            index += 1;
            payload::input(data, ptr, *len, memory, &mut line);
            continue;
        }
        let _ = write!(line, "{}={}", param.name, number(param, *value));
    }
    line
}

fn host_result(function: &HostFunction, value: Value) -> String {
    let Value::I32(result) = value else { return plain(value) };
    if function.modules.contains(&"env") {
        // What compilers import answers with a boolean, everything else with a status.
        if function.family == Family::Toolchain {
            return result.to_string();
        }
        return Status::from_i32(result).map_or_else(|| result.to_string(), |status| status.name().to_owned());
    }
    Errno::from_i32(result).map_or_else(|| result.to_string(), |errno| errno.name().to_owned())
}

/// An argument that is a number, by name where the parameter is an enumeration.
fn number(param: &Param, value: Value) -> String {
    let Value::I32(number) = value else { return plain(value) };
    let name = match param.name {
        "buffer_type" => BufferType::from_i32(number).map(BufferType::name),
        "log_level" => LogLevel::from_i32(number).map(LogLevel::name),
        "map_type" => MapType::from_i32(number).map(MapType::name),
        "metric_type" => MetricType::from_i32(number).map(MetricType::name),
        "peer_type" => PeerType::from_i32(number).map(PeerType::name),
        "stream_type" => StreamType::from_i32(number).map(StreamType::name),
        "end_of_stream" | "end_stream" if number == 0 => Some("false"),
        "end_of_stream" | "end_stream" if number == 1 => Some("true"),
        _ => None,
    };
    match name {
        Some(name) => name.to_owned(),
        None if payload::is_address(param.name) => format!("{:#x}", number as u32),
        None => number.to_string(),
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
    }
}

fn separate(line: &mut String) {
    if !line.is_empty() {
        line.push_str(", ");
    }
}
