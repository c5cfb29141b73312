//! Well-known types other than text and structures: read by protobuf's JSON mapping, written in its wire format, which
//! is what Envoy hands to a plugin.

use crate::fields::any::{EMPTY, WRAPPER};
use crate::reader::any::{is_typed, message_name};
use crate::reader::configuration::value_of;
use crate::reader::values::parse_duration;
use crate::reader::wire::{push_bytes, push_double, push_element, push_float, push_varint};
use crate::reader::{Cursor, Object};
use crate::yaml::{Resolved, Value};

/// The wire bytes of the message `name` in its JSON form `at`; `None` in the outer option for a type that is not known
/// here, in the inner one for a mistake, which has been noted.
pub(super) fn encode(name: &str, at: &Cursor<'_>) -> Option<Option<Vec<u8>>> {
    let short = name.strip_prefix("google.protobuf.")?;
    let known = [
        "Any",
        "BoolValue",
        "BytesValue",
        "DoubleValue",
        "Duration",
        "Empty",
        "FieldMask",
        "FloatValue",
        "Int32Value",
        "Int64Value",
        "StringValue",
        "Timestamp",
        "UInt32Value",
        "UInt64Value",
    ];
    known.contains(&short).then(|| encode_known(short, at))
}

fn encode_known(short: &str, at: &Cursor<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    if short == "Empty" {
        return Object::open_skipping(at, &EMPTY, "@type").map(|_| out);
    }
    let value = value_of(at, &WRAPPER, "what it holds")?;
    match short {
        "Any" => push_any(&mut out, &value)?,
        "BoolValue" => push_varint(&mut out, 1, u64::from(value.boolean()?)),
        "BytesValue" => push_bytes(&mut out, 1, &value.base64()?),
        "DoubleValue" => push_double(&mut out, 1, real(&value)?),
        "Duration" => {
            let (seconds, nanos) = signed_duration(&value)?;
            push_time(&mut out, seconds, nanos);
        }
        "FieldMask" => {
            for path in value.text()?.split(',').filter(|path| !path.is_empty()) {
                push_element(&mut out, 1, lower_camel_to_snake(path).as_bytes());
            }
        }
        "FloatValue" => push_float(&mut out, 1, real(&value)? as f32),
        "Int32Value" => push_varint(&mut out, 1, value.integer(i32::MIN.into(), i32::MAX.into())? as u64),
        "Int64Value" => push_varint(&mut out, 1, value.integer(i64::MIN, i64::MAX)? as u64),
        "StringValue" => push_bytes(&mut out, 1, value.text()?.as_bytes()),
        "Timestamp" => {
            let text = value.text()?;
            let Some((seconds, nanos)) = timestamp(text) else {
                value.error(format!("{text:?} is not a timestamp; write it as 2006-01-02T15:04:05.999Z"));
                return None;
            };
            push_time(&mut out, seconds, nanos);
        }
        "UInt32Value" => push_varint(&mut out, 1, value.unsigned(0)?.into()),
        _ => push_varint(&mut out, 1, value.unsigned_64()?),
    }
    Some(out)
}

/// `Any` in `Any`: the type's URL and the bytes of the message.
fn push_any(out: &mut Vec<u8>, at: &Cursor<'_>) -> Option<()> {
    if !is_typed(at) {
        at.error("an Any says its type: write \"@type\" and, for most types, \"value\"");
        return None;
    }
    let (_, type_at) = at.entries().into_iter().find(|(key, _)| *key == "@type")?;
    let url = type_at.nonempty_text()?;
    let Some(bytes) = encode(message_name(url), at) else {
        type_at
            .error(format!("an Any with a message of type {url} is not supported by Tollgate; pass it as BytesValue"));
        return None;
    };
    push_bytes(out, 1, url.as_bytes());
    push_bytes(out, 2, &bytes?);
    Some(())
}

/// Seconds and nanoseconds, as `Duration` and `Timestamp` have them.
fn push_time(out: &mut Vec<u8>, seconds: i64, nanos: i32) {
    push_varint(out, 1, seconds as u64);
    push_varint(out, 2, i64::from(nanos) as u64);
}

/// A number with a fraction, or one of protobuf's three names for what is no number.
fn real(at: &Cursor<'_>) -> Option<f64> {
    let found = match &at.node.value {
        Value::Scalar(scalar) => match scalar.resolve() {
            Resolved::Number(literal) => literal.parse().ok(),
            Resolved::NotFinite => match scalar.text.to_ascii_lowercase().as_str() {
                ".nan" => Some(f64::NAN),
                text if text.starts_with('-') => Some(f64::NEG_INFINITY),
                _ => Some(f64::INFINITY),
            },
            Resolved::Text("NaN") => Some(f64::NAN),
            Resolved::Text("Infinity") => Some(f64::INFINITY),
            Resolved::Text("-Infinity") => Some(f64::NEG_INFINITY),
            // In quotes, as protobuf takes numbers, too. The names above are the only ones for what is not finite.
            Resolved::Text(text) if !scalar.plain => text.parse().ok().filter(|value: &f64| value.is_finite()),
            _ => None,
        },
        _ => None,
    };
    if found.is_none() {
        at.error("expected a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
    }
    found
}

/// A duration that may be negative: then seconds and nanoseconds both are.
fn signed_duration(at: &Cursor<'_>) -> Option<(i64, i32)> {
    let text = at.text()?;
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    match parse_duration(rest) {
        Ok(duration) => {
            let seconds = i64::try_from(duration.as_secs()).ok()?;
            Some((i64::from(sign) * seconds, sign * i32::try_from(duration.subsec_nanos()).ok()?))
        }
        Err(message) => {
            at.error(message);
            None
        }
    }
}

/// Seconds since the Unix epoch and nanoseconds of a time as RFC 3339 writes it, within protobuf's years 1 to 9999.
fn timestamp(text: &str) -> Option<(i64, i32)> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (time, offset) = match time.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let [hours, minutes] = numbers(time.get(at + 1..)?, ':', [2, 2])?;
            let sign = if time.as_bytes().get(at) == Some(&b'-') { -1 } else { 1 };
            (time.get(..at)?, sign * (hours * 3600 + minutes * 60))
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || day < 1 || day > days_of_month || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    (MIN_SECONDS..=MAX_SECONDS).contains(&seconds).then_some((seconds, format!("{fraction:0<9}").parse().ok()?))
}

/// Days since the Unix epoch of a date of the Gregorian calendar. Years begin in March here, so that the leap day is
/// the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

/// The parts of a text, each of so many digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The field's name that a path of a mask stands for.
fn lower_camel_to_snake(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 4);
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// 0001-01-01T00:00:00Z.
const MIN_SECONDS: i64 = -62_135_596_800;

/// 9999-12-31T23:59:59Z.
const MAX_SECONDS: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::{encode, timestamp};
    use crate::reader::{Context, Cursor};
    use crate::yaml;

    fn hex(yaml: &str) -> Result<String, String> {
        let cx = Context::new("t.yaml");
        let text = format!("{{'@type': x/google.protobuf.{yaml}}}");
        let node = yaml::load(&text).expect("YAML");
        let name = format!("google.protobuf.{}", yaml.split(',').next().expect("a name"));
        let found = encode(&name, &Cursor::root(&cx, &node)).expect("a known type");
        match cx.finish() {
            Ok(_) => Ok(found.expect("bytes or an error").iter().map(|byte| format!("{byte:02x}")).collect()),
            Err(errors) => Err(errors.to_string()),
        }
    }

    /// What Envoy 1.40 passes, too.
    #[test]
    fn wire_bytes() {
        for (yaml, expected) in [
            ("Int32Value, value: 150", "089601"),
            ("Int32Value, value: -1", "08ffffffffffffffffff01"),
            ("Int32Value, value: 0", ""),
            ("Int64Value, value: '-9223372036854775808'", "0880808080808080808001"),
            ("UInt32Value, value: 4294967295", "08ffffffff0f"),
            ("UInt64Value, value: '18446744073709551615'", "08ffffffffffffffffff01"),
            ("BoolValue, value: true", "0801"),
            ("BoolValue, value: false", ""),
            ("DoubleValue, value: 1.5", "09000000000000f83f"),
            ("DoubleValue, value: '-Infinity'", "09000000000000f0ff"),
            ("DoubleValue, value: -0.0", "090000000000000080"),
            ("FloatValue, value: 1.5", "0d0000c03f"),
            ("FloatValue, value: 0", ""),
            ("Duration, value: 1.5s", "08011080cab5ee01"),
            ("Duration, value: -1.5s", "08ffffffffffffffffff011080b6ca91feffffffff01"),
            ("Timestamp, value: '1970-01-01T00:00:01.000000002Z'", "08011002"),
            ("Empty", ""),
            ("FieldMask, value: 'user.displayName,photo'", "0a11757365722e646973706c61795f6e616d650a0570686f746f"),
            (
                "Any, value: {'@type': t/google.protobuf.Int32Value, value: 1}",
                "0a1c742f676f6f676c652e70726f746f6275662e496e74333256616c756512020801",
            ),
        ] {
            assert_eq!(hex(yaml).as_deref(), Ok(expected), "{yaml}");
        }
    }

    #[test]
    fn mistakes() {
        for (yaml, expected) in [
            ("Int32Value, value: 2147483648", "out of range"),
            ("UInt32Value, value: -1", "out of range"),
            ("UInt64Value, value: 18446744073709551616", "out of range"),
            ("Int32Value, value: 1.5", "whole number"),
            ("Int32Value", "needs the field \"value\""),
            ("DoubleValue, value: soon", "expected a number"),
            ("DoubleValue, value: 'inf'", "expected a number"),
            ("Duration, value: --1s", "negative"),
            ("Timestamp, value: 2006-01-02", "not a timestamp"),
            ("Empty, value: {}", "it has no fields"),
            ("Any, value: {value: 1}", "says its type"),
            ("Any, value: {'@type': x/y.Z}", "not supported"),
        ] {
            let error = hex(yaml).expect_err(yaml);
            assert!(error.contains(expected), "{yaml}: {error}");
        }
    }

    #[test]
    fn timestamps() {
        assert_eq!(timestamp("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(timestamp("2000-03-01T00:00:00Z"), Some((951_868_800, 0)));
        assert_eq!(timestamp("2006-01-02T15:04:05.999+07:00"), Some((1_136_189_045, 999_000_000)));
        assert_eq!(timestamp("0001-01-01T00:00:00Z"), Some((-62_135_596_800, 0)));
        assert_eq!(timestamp("9999-12-31T23:59:59.999999999Z"), Some((253_402_300_799, 999_999_999)));
        for text in [
            "",
            "T",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-1-1T00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00.Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "1970-01-01T00:00:00+é",
        ] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }
}
