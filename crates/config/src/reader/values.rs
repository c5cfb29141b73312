//! Scalars by the rules of protobuf's JSON mapping.

use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::reader::Cursor;
use crate::yaml::{Resolved, Scalar, Value};

impl<'a> Cursor<'a> {
    /// Text. Booleans and whole numbers of 32 bits must be quoted to count as text, as in Envoy, whose reader knows no others.
    pub(crate) fn text(&self) -> Option<&'a str> {
        let scalar = self.scalar("text")?;
        match scalar.resolve() {
            Resolved::Text(text) if scalar.yaml_1_1_bool().is_some() => {
                self.error(format!(
                    "expected text, found a boolean, which {text} is to Envoy; put it in quotes: \"{text}\""
                ));
                None
            }
            Resolved::Text(text) => Some(text),
            Resolved::Number(_) if scalar.is_text_to_envoy() => Some(&scalar.text),
            Resolved::Null => {
                self.error("expected text, found nothing; write \"\" for the empty text");
                None
            }
            _ => {
                self.error(format!("expected text, found {}; put it in quotes: \"{}\"", self.node.kind(), scalar.text));
                None
            }
        }
    }

    /// Text of at least one character.
    pub(crate) fn nonempty_text(&self) -> Option<&'a str> {
        let text = self.text()?;
        if text.is_empty() {
            self.error("must not be empty");
            return None;
        }
        Some(text)
    }

    /// `true` or `false`, in quotes or not, or what YAML 1.1 takes for them.
    pub(crate) fn boolean(&self) -> Option<bool> {
        let scalar = self.scalar("true or false")?;
        match scalar.resolve() {
            Resolved::Bool(value) => Some(value),
            // In quotes, which Envoy's parser reads over.
            Resolved::Text("true") => Some(true),
            Resolved::Text("false") => Some(false),
            _ => scalar.yaml_1_1_bool().or_else(|| {
                self.error(format!("expected true or false, found {:?}", scalar.text));
                None
            }),
        }
    }

    /// A whole number, given as such or as text.
    pub(crate) fn integer(&self, min: i64, max: i64) -> Option<i64> {
        self.whole_number(min.into(), max.into()).and_then(|value| i64::try_from(value).ok())
    }

    /// A number of 64 bits without sign.
    pub(crate) fn unsigned_64(&self) -> Option<u64> {
        self.whole_number(0, u64::MAX.into()).and_then(|value| u64::try_from(value).ok())
    }

    fn whole_number(&self, min: i128, max: i128) -> Option<i128> {
        let scalar = self.scalar("a number")?;
        let literal = match scalar.resolve() {
            Resolved::Number(literal) => literal,
            Resolved::Text(text) if !text.is_empty() && !scalar.plain => text.into(),
            Resolved::Ambiguous => {
                self.error(leading_zero(&scalar.text));
                return None;
            }
            _ => {
                self.error(format!("expected a whole number, found {:?}", scalar.text));
                return None;
            }
        };
        let Some(value) = whole(&literal) else {
            self.error(format!("expected a whole number, found {:?}", scalar.text));
            return None;
        };
        if value < min || value > max {
            self.error(format!("{} is out of range; expected a number from {min} to {max}", scalar.text));
            return None;
        }
        Some(value)
    }

    /// A number, whole or not.
    pub(crate) fn number(&self, min: f64, max: f64) -> Option<f64> {
        let scalar = self.scalar("a number")?;
        let found = match scalar.resolve() {
            Resolved::Number(literal) => literal.parse::<f64>().ok(),
            _ => None,
        };
        let number = found.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.error(format!("expected a number from {min} to {max}, found {:?}", scalar.text));
        }
        number
    }

    /// A number of 32 bits that is at least `min`.
    pub(crate) fn unsigned(&self, min: u32) -> Option<u32> {
        self.integer(i64::from(min), i64::from(u32::MAX)).and_then(|value| u32::try_from(value).ok())
    }

    /// A duration such as `1.5s`.
    pub(crate) fn duration(&self) -> Option<Duration> {
        let scalar = self.scalar("a duration such as 1.5s")?;
        match parse_duration(&scalar.text) {
            Ok(duration) => Some(duration),
            Err(message) => {
                self.error(message);
                None
            }
        }
    }

    /// A duration of which zero means "none".
    pub(crate) fn duration_or_off(&self) -> Option<Option<Duration>> {
        self.duration().map(|duration| Some(duration).filter(|d| !d.is_zero()))
    }

    /// Bytes in base64, in either alphabet, padded or not.
    pub(crate) fn base64(&self) -> Option<Vec<u8>> {
        let text = self.text()?;
        let mut compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        if compact.contains(['-', '_']) {
            compact = compact.replace('-', "+").replace('_', "/");
        }
        match LENIENT.decode(compact.as_bytes()) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.error(format!("not base64: {error}; for plain text use inline_string or a StringValue"));
                None
            }
        }
    }

    /// One value of an enum, by name in any case, as Envoy reads them, or by number.
    pub(crate) fn choice<T: Copy>(&self, values: &[(&str, i64, T)]) -> Option<T> {
        let scalar = self.scalar("the name of a value")?;
        let number = match scalar.resolve() {
            Resolved::Number(literal) => whole(&literal),
            _ => None,
        };
        let found = values.iter().find(|(name, value, _)| {
            number.map_or_else(|| name.eq_ignore_ascii_case(&scalar.text), |number| number == i128::from(*value))
        });
        if found.is_none() {
            let names: Vec<_> = values.iter().map(|(name, ..)| *name).collect();
            self.error(format!("unknown value {:?}; expected one of {}", scalar.text, names.join(", ")));
        }
        found.map(|(.., value)| *value)
    }

    fn scalar(&self, expected: &str) -> Option<&'a Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => {
                self.error(format!("expected {expected}, found {}", self.node.kind()));
                None
            }
        }
    }
}

/// What to say about `010`.
pub(crate) fn leading_zero(text: &str) -> String {
    format!("the leading zero of {text} is octal to some readers and nothing to others; drop it, or put quotes around")
}

/// A number without fraction, also when written as `1.0` or `1e3`.
fn whole(literal: &str) -> Option<i128> {
    if let Ok(value) = literal.parse() {
        return Some(value);
    }
    let value: f64 = literal.parse().ok()?;
    // Beyond 2^53 a float says nothing exact about a whole number.
    (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0).then_some(value as i128)
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let Some(number) =
        text.strip_suffix('s').filter(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-'))
    else {
        return Err(duration_advice(text));
    };
    if number.starts_with('-') {
        return Err(format!("{text:?} is negative; a duration here is zero or more"));
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(duration_advice(text));
    }
    if fraction.len() > 9 {
        return Err(format!("{text:?} has more than nine digits after the point"));
    }
    let seconds = whole.parse::<u64>().ok().filter(|s| *s <= MAX_SECONDS);
    let nanoseconds = format!("{fraction:0<9}").parse::<u32>().ok();
    match (seconds, nanoseconds) {
        (Some(seconds), Some(nanoseconds)) => Ok(Duration::new(seconds, nanoseconds)),
        _ => Err(format!("{text:?} is longer than protobuf's longest duration, {MAX_SECONDS}s")),
    }
}

/// Names the right spelling when the unit tells what was meant.
fn duration_advice(text: &str) -> String {
    let units = [("ms", 1_000_000), ("us", 1_000), ("ns", 1), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale =
        if unit.is_empty() { Some(1_000_000_000) } else { units.iter().find(|u| u.0 == unit.trim()).map(|u| u.1) };
    let meant = number.parse::<u64>().ok().zip(scale).and_then(|(n, scale): (u64, u64)| n.checked_mul(scale));
    match meant {
        Some(nanoseconds) => format!(
            "{text:?} is not a duration as Envoy takes them; write {}",
            in_seconds(Duration::from_nanos(nanoseconds))
        ),
        None => format!("{text:?} is not a duration; write seconds with an \"s\", such as 1.5s"),
    }
}

fn in_seconds(duration: Duration) -> String {
    let text = format!("{}.{:09}", duration.as_secs(), duration.subsec_nanos());
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Ten thousand years, protobuf's bound.
const MAX_SECONDS: u64 = 315_576_000_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{parse_duration, whole};

    #[test]
    fn durations_of_protobuf() {
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
        assert_eq!(parse_duration("0.000000001s"), Ok(Duration::from_nanos(1)));
        for (text, advice) in [
            ("1500ms", "write 1.5s"),
            ("5m", "write 300s"),
            ("15", "write 15s"),
            ("-1s", "negative"),
            ("1.s", "such as 1.5s"),
            ("s", "such as 1.5s"),
            ("", "such as 1.5s"),
            ("1.0000000001s", "nine digits"),
            ("999999999999s", "longest"),
            ("soon", "such as 1.5s"),
            ("99999999999999999999h", "such as 1.5s"),
        ] {
            let error = parse_duration(text).expect_err(text);
            assert!(error.contains(advice), "{text}: {error}");
        }
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(whole("8080"), Some(8080));
        assert_eq!(whole("1e3"), Some(1000));
        assert_eq!(whole("8080.0"), Some(8080));
        assert_eq!(whole("0.5"), None);
        assert_eq!(whole("nan"), None);
        assert_eq!(whole("inf"), None);
    }
}
