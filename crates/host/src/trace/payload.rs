//! Data behind addresses, as text: quoted, maps decoded, bounded.

use super::Value;
use crate::memory::{read_u32, slice};
use std::fmt::Write as _;
use tollgate_abi::encoding::pairs;
use tollgate_abi::{HostFunction, LogLevel};

/// Most bytes shown of one piece of data.
const MAX_BYTES: usize = 256;

/// Most entries shown of a map or of a list of buffers.
const MAX_ENTRIES: usize = 64;

/// How an address and a length that the guest passes are to be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Data<'a> {
    Bytes(&'a str),
    /// An encoded map.
    Map(&'a str),
    /// WASI's list of addresses and lengths.
    Buffers(&'a str),
}

impl<'a> Data<'a> {
    /// What two neighbouring parameters mean together, if they are data for the host.
    pub(super) fn named(first: &'a str, second: &str) -> Option<Self> {
        if first.starts_with("return_") {
            return None;
        }
        if first == "iovs" && second == "iovs_len" {
            return Some(Self::Buffers(first));
        }
        if first.ends_with("path") && second.strip_suffix("_len") == Some(first) {
            return Some(Self::Bytes(first));
        }
        let label = first.strip_suffix("_data")?;
        if second.strip_suffix("_size") != Some(label) {
            return None;
        }
        Some(if label.ends_with("map") { Self::Map(label) } else { Self::Bytes(label) })
    }
}

/// Whether a parameter of this name, standing alone, is an address.
pub(super) fn is_address(name: &str) -> bool {
    name.starts_with("return_") || matches!(name, "message" | "file_name" | "subscriptions" | "events" | "buffer")
}

/// Writes what the guest passes: `label=...`.
pub(super) fn input(data: Data<'_>, ptr: i32, len: i32, memory: &[u8], line: &mut String) {
    let (Data::Bytes(label) | Data::Map(label) | Data::Buffers(label)) = data;
    let _ = write!(line, "{label}=");
    let bytes = match data {
        Data::Buffers(_) => len.checked_mul(8).and_then(|len| slice(memory, ptr, len).ok()),
        Data::Bytes(_) | Data::Map(_) => slice(memory, ptr, len).ok(),
    };
    let Some(bytes) = bytes else {
        let _ = write!(line, "[{:#x}; {}] outside memory", ptr as u32, len as u32);
        return;
    };
    match data {
        Data::Bytes(_) => quote(bytes, line),
        Data::Map(_) => map(bytes, line),
        Data::Buffers(_) => {
            list(bytes.chunks_exact(8), line, |entry, line| {
                let part = |at| read_u32(entry, at).map_or(0, |word| word as i32);
                match slice(memory, part(0), part(4)) {
                    Ok(bytes) => quote(bytes, line),
                    Err(_) => line.push_str("outside memory"),
                }
            });
        }
    }
}

/// Appends what the host has written: `, name=...` for each output of the function.
pub(super) fn outputs(function: &HostFunction, args: &[Value], memory: &[u8], line: &mut String) {
    if function.name == "random_get"
        && let [Value::I32(ptr), Value::I32(len)] = *args
        && let Ok(bytes) = slice(memory, ptr, len)
    {
        line.push_str(", buffer=");
        return quote(bytes, line);
    }
    let mut params = function.params.iter().zip(args);
    while let Some((param, value)) = params.next() {
        let (Some(name), Value::I32(slot)) = (param.name.strip_prefix("return_"), *value) else { continue };
        // Where these lead is not said by their size.
        if matches!(name, "array" | "buffer" | "argv" | "argv_buffer" | "unused" | "fdstat" | "filestat" | "prestat") {
            continue;
        }
        if let Some(label) = name.strip_suffix("_data") {
            let Some((_, Value::I32(size_slot))) = params.next() else { continue };
            let _ = write!(line, ", {label}=");
            block(label, slot, *size_slot, memory, line);
            continue;
        }
        let _ = write!(line, ", {name}=");
        fixed(function.name, name, slot, memory, line);
    }
}

/// A block that the guest allocated and the host filled.
fn block(label: &str, slot: i32, size_slot: i32, memory: &[u8], line: &mut String) {
    match (read_u32(memory, slot), read_u32(memory, size_slot)) {
        (Ok(0), Ok(0)) => line.push_str("nothing"),
        (Ok(ptr), Ok(len)) => match slice(memory, ptr as i32, len as i32) {
            Ok(bytes) if label.ends_with("map") => map(bytes, line),
            Ok(bytes) => quote(bytes, line),
            Err(_) => {
                let _ = write!(line, "[{ptr:#x}; {len}] outside memory");
            }
        },
        // A foreign function's results are not written where the guest does not want them.
        _ => line.push('?'),
    }
}

/// An integer at an address.
fn fixed(function: &str, name: &str, slot: i32, memory: &[u8], line: &mut String) {
    let is_long = matches!(name, "time" | "resolution" | "offset") || function == "proxy_get_metric";
    // A seek succeeds without having happened.
    if function == "fd_seek" {
        return line.push_str("(not written)");
    }
    let _ = match (is_long, slice(memory, slot, 8).ok().and_then(|b| b.first_chunk()), read_u32(memory, slot)) {
        (true, Some(bytes), _) => write!(line, "{}", u64::from_le_bytes(*bytes)),
        (false, _, Ok(word)) if name == "log_level" => match LogLevel::from_i32(word as i32) {
            Some(level) => write!(line, "{level}"),
            None => write!(line, "{word}"),
        },
        (false, _, Ok(word)) => write!(line, "{word}"),
        _ => write!(line, "?"),
    };
}

fn map(bytes: &[u8], line: &mut String) {
    match pairs::decode(bytes) {
        Ok(pairs) => list(pairs.into_iter(), line, |(name, value), line| {
            quote(name, line);
            line.push_str(": ");
            quote(value, line);
        }),
        Err(_) => {
            line.push_str("not a map ");
            quote(bytes, line);
        }
    }
}

fn list<T>(items: impl ExactSizeIterator<Item = T>, line: &mut String, mut show: impl FnMut(T, &mut String)) {
    let count = items.len();
    line.push('{');
    for (index, item) in items.take(MAX_ENTRIES).enumerate() {
        if index > 0 {
            line.push_str(", ");
        }
        show(item, line);
    }
    if count > MAX_ENTRIES {
        let _ = write!(line, ", and {} more", count - MAX_ENTRIES);
    }
    line.push('}');
}

/// Bytes in quotation marks; what is not printable ASCII is escaped.
fn quote(bytes: &[u8], line: &mut String) {
    let shown = &bytes[..bytes.len().min(MAX_BYTES)];
    let _ = write!(line, "\"{}\"", shown.escape_ascii());
    if shown.len() < bytes.len() {
        let _ = write!(line, " and {} bytes more", bytes.len() - shown.len());
    }
}

#[cfg(test)]
mod tests {
    use super::{Data, input};

    fn shown(data: Data<'_>, ptr: i32, len: i32, memory: &[u8]) -> String {
        let mut line = String::new();
        input(data, ptr, len, memory, &mut line);
        line
    }

    #[test]
    fn data_is_quoted_bounded_and_never_outside_memory() {
        let memory = [b'a'; 300];
        assert_eq!(shown(Data::Bytes("key"), 0, 2, &memory), "key=\"aa\"");
        assert_eq!(shown(Data::Bytes("key"), 299, 2, &memory), "key=[0x12b; 2] outside memory");
        assert!(shown(Data::Bytes("key"), 0, 300, &memory).ends_with("a\" and 44 bytes more"));
        assert_eq!(shown(Data::Map("map"), 0, 0, &memory), "map={}");
        assert_eq!(shown(Data::Map("map"), 0, 4, &memory), "map=not a map \"aaaa\"");
        assert_eq!(shown(Data::Buffers("iovs"), 0, -1, &memory), "iovs=[0x0; 4294967295] outside memory");
    }
}
