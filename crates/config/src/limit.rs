//! How much plugins may take, by name: what `limits` in the file and `--limit` on the command line have in common.

use std::time::Duration;

use crate::fields::policy::LIMITS as FIELDS;
use crate::reader::{Cursor, Object};
use crate::yaml::{Resolved, Scalar, Value};

/// One limit with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name, one of [`Limit::names`].
    pub name: &'static str,
    /// How much.
    pub value: LimitValue,
}

/// How much of something a plugin may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitValue {
    /// Bytes.
    Bytes(u64),
    /// A number of things.
    Count(u32),
    /// Work, in the units that engines count, never none at all; `None` for as much as it wants.
    Fuel(Option<u64>),
    /// A time, never zero; `None` for as long as it wants.
    Time(Option<Duration>),
}

/// What kind of value a limit has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bytes,
    Count,
    Fuel,
    Time,
}

const LIMITS: &[(&str, Kind)] = &[
    ("callback_deadline", Kind::Time),
    ("start_deadline", Kind::Time),
    ("fuel", Kind::Fuel),
    ("memory_bytes", Kind::Bytes),
    ("table_elements", Kind::Count),
    ("strikes", Kind::Count),
    ("shared_data_bytes", Kind::Bytes),
    ("queues", Kind::Count),
    ("queue_bytes", Kind::Bytes),
    ("metrics", Kind::Count),
    ("metric_name_bytes", Kind::Bytes),
    ("header_bytes", Kind::Bytes),
    ("body_bytes", Kind::Bytes),
    ("call_bytes", Kind::Bytes),
    ("calls", Kind::Count),
    ("response_bytes", Kind::Bytes),
    ("answer_bytes", Kind::Bytes),
    ("property_bytes", Kind::Bytes),
    ("contexts", Kind::Count),
    ("instances", Kind::Count),
    ("log_messages", Kind::Count),
    ("log_messages_per_second", Kind::Count),
    ("timer_period", Kind::Time),
];

// === impl Limit ===

impl Limit {
    /// The names of all limits.
    pub fn names() -> impl Iterator<Item = &'static str> {
        LIMITS.iter().map(|(name, _)| *name)
    }

    /// A limit from its name and the text of its value: a time (`250ms`, `5s`, `none`), a size (`64MiB`, `67108864`), or
    /// a number.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with either.
    pub fn parse(name: &str, value: &str) -> Result<Self, String> {
        let (name, kind) = LIMITS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
            let names: Vec<_> = Self::names().collect();
            let (last, others) = names.split_last().unwrap_or((&"", &[]));
            format!("there is no limit {name:?}; there are {} and {last}", others.join(", "))
        })?;
        Ok(Self { name, value: kind.parse(value)? })
    }
}

impl Kind {
    fn parse(self, text: &str) -> Result<LimitValue, String> {
        match self {
            Self::Bytes => bytes(text).map(LimitValue::Bytes),
            Self::Count => text
                .parse()
                .map(LimitValue::Count)
                .map_err(|_| format!("{text:?} is not a number from 0 to {}", u32::MAX)),
            Self::Fuel => fuel(text).map(LimitValue::Fuel),
            Self::Time => time(text).map(LimitValue::Time),
        }
    }
}

/// Decodes limits, in the order of the table.
pub(crate) fn decode(at: &Cursor<'_>) -> Vec<Limit> {
    let Some(object) = Object::open(at, &FIELDS) else { return Vec::new() };
    let limit = |(name, kind): &(&'static str, Kind)| {
        let at = object.get(name)?;
        Some(Limit { name, value: decode_value(&at, *kind)? })
    };
    LIMITS.iter().filter_map(limit).collect()
}

fn decode_value(at: &Cursor<'_>, kind: Kind) -> Option<LimitValue> {
    let Value::Scalar(scalar) = &at.node.value else {
        at.error(format!("expected a value such as 64MiB, found {}", at.node.kind()));
        return None;
    };
    match kind {
        // Numbers as such, in every form that they have in YAML.
        Kind::Bytes if is_number(scalar) => at.unsigned_64().map(LimitValue::Bytes),
        Kind::Fuel if is_number(scalar) => {
            let fuel = at.unsigned_64()?;
            Kind::Fuel.parse(&fuel.to_string()).map_err(|message| at.error(message)).ok()
        }
        Kind::Count if is_number(scalar) => at.unsigned(0).map(LimitValue::Count),
        _ => kind.parse(&scalar.text).map_err(|message| at.error(message)).ok(),
    }
}

/// Decodes a size, as limits have them.
pub(crate) fn decode_bytes(at: &Cursor<'_>) -> Option<u64> {
    match decode_value(at, Kind::Bytes)? {
        LimitValue::Bytes(bytes) => Some(bytes),
        LimitValue::Count(_) | LimitValue::Fuel(_) | LimitValue::Time(_) => None,
    }
}

fn is_number(scalar: &Scalar) -> bool {
    matches!(scalar.resolve(), Resolved::Number(_) | Resolved::Ambiguous)
}

/// A time with its unit, or "none".
fn time(text: &str) -> Result<Option<Duration>, String> {
    if text == "none" {
        return Ok(None);
    }
    let wrong = || format!("{text:?} is not a time such as 250ms or 5s, nor \"none\"");
    let (digits, unit): (_, fn(u64) -> Duration) = match text.strip_suffix("ms") {
        Some(digits) => (digits, Duration::from_millis),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, Duration::from_secs),
    };
    match digits.parse() {
        Ok(0) => Err("a plugin cannot do anything in no time; \"none\" is for no limit".to_owned()),
        Ok(n) => Ok(Some(unit(n))),
        Err(_) => Err(wrong()),
    }
}

/// A number, or "none".
fn fuel(text: &str) -> Result<Option<u64>, String> {
    match text.parse() {
        Ok(0) => Err("a plugin cannot do anything without fuel; \"none\" is for no limit".to_owned()),
        Ok(fuel) => Ok(Some(fuel)),
        Err(_) if text == "none" => Ok(None),
        Err(_) => Err(format!("{text:?} is not a number such as 1000000, nor \"none\"")),
    }
}

/// Bytes, or a number of binary units.
fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
        .into_iter()
        .find_map(|(suffix, shift)| Some((text.strip_suffix(suffix)?, shift)))
        .unwrap_or((text, 0));
    let bytes = digits.parse().ok().and_then(|n: u64| n.checked_mul(1 << unit));
    bytes.ok_or_else(|| format!("{text:?} is not a size such as 64MiB or 67108864"))
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, Limit, LimitValue};
    use std::time::Duration;

    #[test]
    fn every_limit_is_a_field_and_every_field_a_limit() {
        let fields: Vec<_> = FIELDS.fields.iter().map(|field| field.name).collect();
        assert_eq!(Limit::names().collect::<Vec<_>>(), fields);
    }

    #[test]
    fn values_have_the_form_of_their_kind() {
        for (name, text, value) in [
            ("callback_deadline", "250ms", LimitValue::Time(Some(Duration::from_millis(250)))),
            ("start_deadline", "none", LimitValue::Time(None)),
            ("memory_bytes", "64MiB", LimitValue::Bytes(64 << 20)),
            ("queue_bytes", "12", LimitValue::Bytes(12)),
            ("queues", "0", LimitValue::Count(0)),
            ("fuel", "1000000", LimitValue::Fuel(Some(1_000_000))),
            ("fuel", "none", LimitValue::Fuel(None)),
        ] {
            assert_eq!(Limit::parse(name, text), Ok(Limit { name, value }));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (name, value, why) in [
            ("deadline", "1s", "there is no limit \"deadline\""),
            ("", "1", "there is no limit \"\""),
            ("callback_deadline", "100", "not a time"),
            ("callback_deadline", "-1ms", "not a time"),
            ("callback_deadline", "0ms", "no time"),
            ("memory_bytes", "64MB", "not a size"),
            ("memory_bytes", "99999999999GiB", "not a size"),
            ("fuel", "0", "without fuel"),
            ("fuel", "1MiB", "not a number"),
            ("strikes", "x", "not a number"),
            ("strikes", "4294967296", "not a number"),
        ] {
            let error = Limit::parse(name, value).unwrap_err();
            assert!(error.contains(why), "{name}={value}: {error}");
        }
    }
}
