//! The value of an expression as a property's.

use cel::Value;
use cel::objects::Key;
use tollgate_abi::encoding::property;

/// `None` for what has no encoding, such as a type.
pub(super) fn to_property(value: Value) -> Option<property::Value> {
    Some(match value {
        Value::String(text) => property::Value::from(&**text),
        Value::Bytes(bytes) => property::Value::from(&bytes[..]),
        Value::Int(number) => property::Value::Int(number),
        Value::UInt(number) => property::Value::Uint(number),
        Value::Bool(value) => property::Value::Bool(value),
        Value::Float(number) => property::Value::Double(number),
        Value::Duration(duration) => property::Value::Duration(duration.num_nanoseconds()?),
        Value::Timestamp(moment) => property::Value::Timestamp(moment.timestamp_nanos_opt()?),
        Value::List(items) => property::Value::List(items.iter().cloned().map(to_property).collect::<Option<_>>()?),
        Value::Map(map) => {
            let mut entries = map
                .map
                .iter()
                .map(|(key, value)| Some((key_bytes(key), to_property(value.clone())?)))
                .collect::<Option<Vec<_>>>()?;
            // In an order that does not change from one evaluation to the next.
            entries.sort_by(|(one, _), (two, _)| one.cmp(two));
            property::Value::Map(entries)
        }
        _ => return None,
    })
}

fn key_bytes(key: &Key) -> Vec<u8> {
    match key {
        Key::String(text) => text.as_bytes().to_vec(),
        Key::Int(number) => number.to_le_bytes().to_vec(),
        Key::Uint(number) => number.to_le_bytes().to_vec(),
        Key::Bool(value) => vec![u8::from(*value)],
    }
}
