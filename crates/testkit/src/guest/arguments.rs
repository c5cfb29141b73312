//! Arguments for host functions from what the table calls their parameters: ones that make sense, and ones that do not.

use super::data::Data;
use tollgate_abi::{BufferType, HostFunction, LogLevel, MapType, MetricType, Param, StreamType, ValType};

/// Where the host may write what a guest of one page does not look at again.
const SCRATCH: u32 = 0x300;
const SCRATCH_SIZE: u32 = 16;

/// First address for results, and the distance to the next.
const FIRST_SLOT: u32 = 0x10;
const SLOT_SIZE: u32 = 8;

/// Ids that the host gives out: the result that they are, the parameter that they are given back as, where they are kept
/// meanwhile, and a function that gives one.
const IDS: &[(&str, &str, u32, &str)] = &[
    ("return_metric_id", "metric_id", 0x100, "proxy_define_metric"),
    ("return_queue_id", "queue_id", 0x108, "proxy_register_shared_queue"),
    ("return_call_id", "call_id", 0x110, "proxy_grpc_call"),
    ("return_stream_id", "stream_id", 0x118, "proxy_grpc_stream"),
];

/// End of the memory of a guest of one page.
const END: i64 = 0x1_0000;

/// A parameter, or two neighbours that mean one thing.
enum Slot<'a> {
    /// An address and a length.
    Range(Range<'a>),
    /// Where a result goes.
    Output(&'a Param),
    /// A number.
    Number(&'a Param),
}

enum Range<'a> {
    /// Bytes or a map for the host, with the label of both parameters.
    Input(&'a str),
    /// WASI's list of buffers.
    Buffers,
    /// A place that the host writes to.
    Place,
}

/// Operands of one call.
type Operands = Vec<String>;

/// Calls with arguments that make sense: one, or one for each map, buffer or stream where the function takes one of these.
/// `given` overrides a parameter by its name.
pub(super) fn sensible(
    function: &HostFunction,
    given: &[(String, String)],
    data: &mut Data,
) -> Result<Vec<Operands>, String> {
    let mut calls: Vec<Operands> = vec![Vec::new()];
    let mut outputs = 0;
    for slot in slots(function) {
        let choices = choices(function, &slot, given, &mut outputs, data)?;
        calls =
            calls.iter().flat_map(|call| choices.iter().map(move |choice| [&call[..], &choice[..]].concat())).collect();
    }
    Ok(calls)
}

/// Calls that are wrong: one for each way in which each parameter can be, all else as it should be; and one in which all
/// are wrong at once, which shows what is looked at first.
pub(super) fn wrong(
    function: &HostFunction,
    given: &[(String, String)],
    data: &mut Data,
) -> Result<Vec<Operands>, String> {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    let mut outputs = 0;
    for slot in slots(function) {
        let first = choices(function, &slot, given, &mut outputs, data)?.into_iter().next().unwrap_or_default();
        wrong.push(mistakes(&slot, &first));
        right.push(first);
    }
    let mut calls = Vec::new();
    for (index, mistakes) in wrong.iter().enumerate() {
        for mistake in mistakes {
            let with = |at: usize, slot: &Operands| if at == index { mistake.clone() } else { slot.clone() };
            calls.push(right.iter().enumerate().flat_map(|(at, slot)| with(at, slot)).collect());
        }
    }
    if wrong.iter().filter(|mistakes| !mistakes.is_empty()).count() > 1 {
        let all = right.iter().zip(&wrong).flat_map(|(right, wrong)| wrong.first().unwrap_or(right).clone());
        calls.push(all.collect());
    }
    Ok(calls)
}

/// The function that has to be called first, so that there is an id for this one.
pub(super) fn maker(function: &HostFunction) -> Option<&'static str> {
    let takes = |id: &str| function.params.iter().any(|param| param.name == id);
    IDS.iter().find(|(_, id, ..)| takes(id)).map(|(.., maker)| *maker)
}

fn slots(function: &HostFunction) -> Vec<Slot<'_>> {
    let mut slots = Vec::new();
    let mut params = function.params.iter().peekable();
    while let Some(param) = params.next() {
        let range = params.peek().and_then(|next| range(function, param.name, next.name));
        if let Some(range) = range {
            params.next();
            slots.push(Slot::Range(range));
        } else if param.name.starts_with("return_") {
            slots.push(Slot::Output(param));
        } else {
            slots.push(Slot::Number(param));
        }
    }
    slots
}

fn range<'a>(function: &HostFunction, first: &'a str, second: &str) -> Option<Range<'a>> {
    let label = first.strip_suffix("_data").filter(|label| second.strip_suffix("_size") == Some(label));
    match label {
        _ if first.starts_with("return_") => None,
        Some(_) if function.name == "random_get" => Some(Range::Place),
        Some(label) => Some(Range::Input(label)),
        None if (first, second) == ("iovs", "iovs_len") => Some(Range::Buffers),
        None if (first, second) == ("buffer", "buffer_len") => Some(Range::Place),
        None => (second.strip_suffix("_len") == Some(first)).then_some(Range::Input(first)),
    }
}

/// What may stand in a place; the first is what a plugin would most likely write.
fn choices(
    function: &HostFunction,
    slot: &Slot<'_>,
    given: &[(String, String)],
    outputs: &mut u32,
    data: &mut Data,
) -> Result<Vec<Operands>, String> {
    let range = |(place, len): (u32, usize)| vec![vec![constant(place.into()), constant(len as i64)]];
    Ok(match slot {
        Slot::Range(Range::Place) => range((SCRATCH, SCRATCH_SIZE as usize)),
        Slot::Range(Range::Buffers) => range(data.buffers(&[b"message".to_vec()])?),
        Slot::Range(Range::Input(label)) if label.ends_with("map") => range(data.map(&map(function, label))?),
        Slot::Range(Range::Input(label)) => {
            let bytes = text(function, label).as_bytes();
            range((data.place(bytes)?, bytes.len()))
        }
        Slot::Output(param) => {
            let kept = IDS.iter().find(|(output, ..)| *output == param.name).map(|(_, _, place, _)| *place);
            let place = kept.unwrap_or(FIRST_SLOT + SLOT_SIZE * *outputs);
            *outputs += 1;
            vec![vec![constant(place.into())]]
        }
        Slot::Number(param) => match given.iter().find(|(name, _)| name == param.name) {
            Some((_, operand)) => vec![vec![operand.clone()]],
            None => numbers(function, param).into_iter().map(|operand| vec![operand]).collect(),
        },
    })
}

/// Strings of a map by turns.
fn map(function: &HostFunction, label: &str) -> Vec<Vec<u8>> {
    let strings: &[&str] = match (function.name, label) {
        ("proxy_http_call", "headers_map") => &[":method", "GET", ":path", "/", ":authority", "example.com"],
        _ => &["x-name", "value"],
    };
    strings.iter().map(|string| string.as_bytes().to_vec()).collect()
}

/// What is said where the parameter is called `label`: mostly that.
fn text<'a>(function: &HostFunction, label: &'a str) -> &'a str {
    match (function.name, label) {
        (_, "key") => "x-name",
        ("proxy_get_property", "path") => "plugin_name",
        ("proxy_set_property", "path") => "name",
        _ => label,
    }
}

fn numbers(function: &HostFunction, param: &Param) -> Vec<String> {
    let all = |values: &mut dyn Iterator<Item = i32>| values.map(|value| constant(value.into())).collect::<Vec<_>>();
    if let Some((_, _, place, _)) = IDS.iter().find(|(_, id, ..)| *id == param.name) {
        return vec![format!("(i32.load (i32.const {place:#x}))")];
    }
    let value: i64 = match param.name {
        "buffer_type" => return all(&mut BufferType::ALL.iter().map(|ty| ty.as_i32())),
        "map_type" => return all(&mut MapType::ALL.iter().map(|ty| ty.as_i32())),
        "stream_type" => return all(&mut StreamType::ALL.iter().map(|ty| ty.as_i32())),
        "log_level" => LogLevel::Info.as_i32().into(),
        "metric_type" => MetricType::Counter.as_i32().into(),
        "status_code" => 200,
        "grpc_status" => -1,
        "timeout_milliseconds" | "tick_period" => 1000,
        "max_size" => 100,
        "fd" | "old_fd" | "new_fd" => 1,
        "subscriptions" | "events" => SCRATCH.into(),
        "num_subscriptions" | "value" | "end_stream" => 1,
        "offset" if function.name == "proxy_increment_metric" => 1,
        _ => 0,
    };
    vec![format!("({}.const {value})", param.ty)]
}

/// What is wrong in a place.
fn mistakes(slot: &Slot<'_>, right: &Operands) -> Vec<Operands> {
    match slot {
        Slot::Range(range) => {
            // The last byte lies one past the end; the end wraps around; the length passes any end; no bytes nowhere.
            let mut wrong = vec![(END - 3, 4), (-16, 32)];
            if let Range::Buffers = range {
                // Eight bytes each: the list's own length wraps around.
                wrong.push((0, 0x2000_0000));
            }
            let mut wrong: Vec<_> = wrong.into_iter().map(|(at, len)| vec![constant(at), constant(len)]).collect();
            wrong.push(vec![right[0].clone(), constant(-1)]);
            wrong.push(vec![constant(-1), constant(0)]);
            wrong
        }
        // The last byte of memory holds no result; the end of the other wraps around.
        Slot::Output(_) => vec![vec![constant(END - 1)], vec![constant(-4)]],
        Slot::Number(param) if param.ty == ValType::I32 => {
            let past = |len: usize| vec![len as i64, -1];
            let wrong = match param.name {
                "buffer_type" => past(BufferType::ALL.len()),
                "map_type" => past(MapType::ALL.len()),
                "stream_type" => past(StreamType::ALL.len()),
                "log_level" => past(LogLevel::ALL.len()),
                "metric_type" => past(MetricType::ALL.len()),
                "context_id" => vec![999, -1],
                // Ids of every kind that none has been given.
                "metric_id" | "queue_id" | "call_id" | "stream_id" => vec![0, 4000, 4001, 4002, 4003, -1],
                "clock_id" => vec![2, -1],
                "fd" | "old_fd" | "new_fd" => vec![3, -1],
                "timeout_milliseconds" => vec![-1],
                "status_code" => vec![0, -1],
                "grpc_status" => vec![17],
                "subscriptions" | "events" => vec![END, -1],
                _ => Vec::new(),
            };
            wrong.into_iter().map(|value| vec![constant(value)]).collect()
        }
        Slot::Number(_) => Vec::new(),
    }
}

fn constant(value: i64) -> String {
    // WAT takes what fits 32 bits, signed or not.
    format!("(i32.const {value})")
}

#[cfg(test)]
mod tests {
    use super::{sensible, wrong};
    use crate::guest::data::Data;
    use tollgate_abi::functions::rows;
    use tollgate_abi::{MapType, host_functions};

    #[test]
    fn every_call_has_a_value_for_each_parameter() {
        for function in host_functions() {
            let mut data = Data::default();
            let mut calls = sensible(function, &[], &mut data).unwrap();
            assert!(!calls.is_empty(), "{}", function.name);
            calls.extend(wrong(function, &[], &mut data).unwrap());
            for call in calls {
                assert_eq!(call.len(), function.params.len(), "{}: {call:?}", function.name);
            }
        }
    }

    #[test]
    fn a_function_that_takes_a_map_is_called_for_each() {
        let calls = sensible(&rows::proxy_get_header_map_size, &[], &mut Data::default()).unwrap();
        assert_eq!(calls.len(), MapType::ALL.len());
        let given = [("map_type".to_owned(), "(local.get $x)".to_owned())];
        let calls = sensible(&rows::proxy_get_header_map_size, &given, &mut Data::default()).unwrap();
        assert_eq!(calls, [["(local.get $x)", "(i32.const 16)"]]);
    }

    #[test]
    fn each_mistake_is_made_alone_and_then_all_together() {
        // Two levels, four ranges, all together.
        let calls = wrong(&rows::proxy_log, &[], &mut Data::default()).unwrap();
        assert_eq!(calls.len(), 7);
        assert_eq!(calls[0][0], "(i32.const 6)");
        assert_eq!(calls[6], ["(i32.const 6)", "(i32.const 65533)", "(i32.const 4)"]);
    }
}
