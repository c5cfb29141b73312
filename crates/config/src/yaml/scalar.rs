//! Scalars as YAML 1.2 reads them (the core schema), resolved only when asked so that numbers keep their form.

use std::borrow::Cow;

/// A scalar as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// The text, with quotes and escapes already undone.
    pub(crate) text: String,
    /// Written without quotes or block indicator: may be a null, a boolean or a number.
    pub(crate) plain: bool,
}

/// What a scalar means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolved<'a> {
    /// A number with a leading zero: 8 or 10 is `010`, depending on the reader.
    Ambiguous,
    Bool(bool),
    /// Infinity, or not a number at all.
    NotFinite,
    Null,
    /// A number, in the form JSON gives it.
    Number(Cow<'a, str>),
    Text(&'a str),
}

// === impl Scalar ===

impl Scalar {
    /// What the scalar means.
    pub(crate) fn resolve(&self) -> Resolved<'_> {
        let text = self.text.as_str();
        if !self.plain {
            return Resolved::Text(text);
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
            "true" | "True" | "TRUE" => Resolved::Bool(true),
            "false" | "False" | "FALSE" => Resolved::Bool(false),
            _ => number(text).unwrap_or(Resolved::Text(text)),
        }
    }

    /// The boolean that YAML 1.1, and so Envoy, sees in `yes`, `on` and their like.
    pub(crate) fn yaml_1_1_bool(&self) -> Option<bool> {
        if !self.plain {
            return None;
        }
        match self.text.to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" => Some(true),
            "n" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// Whether this number reads as text where Envoy asks for any: it takes whole numbers of 32 bits for numbers, no others.
    pub(crate) fn is_text_to_envoy(&self) -> bool {
        let is_decimal = self.text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
        self.plain && is_decimal && self.text.parse::<i32>().is_err()
    }
}

fn number(text: &str) -> Option<Resolved<'_>> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Resolved::NotFinite);
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            let valid = digits.chars().all(|c| c.is_digit(radix));
            let value = if valid {
                u128::from_str_radix(digits, radix).ok()?
            } else {
                return None;
            };
            return Some(Resolved::Number(format!("{sign}{value}").into()));
        }
    }
    decimal(text, sign, unsigned)
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, then `([eE][-+]?[0-9]+)?`.
fn decimal<'a>(text: &'a str, sign: &str, unsigned: &str) -> Option<Resolved<'a>> {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent
        && !all_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
    {
        return None;
    }
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let valid = match fraction {
        None => all_digits(whole),
        Some("") => all_digits(whole),
        Some(fraction) => all_digits(fraction) && (whole.is_empty() || all_digits(whole)),
    };
    if !valid {
        return None;
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Some(Resolved::Ambiguous);
    }
    // JSON has no plus sign and wants digits on both sides of the point.
    if text.starts_with('+') || whole.is_empty() || fraction == Some("") {
        let whole = if whole.is_empty() { "0" } else { whole };
        let fraction = match fraction {
            Some("") => ".0".to_owned(),
            Some(digits) => format!(".{digits}"),
            None => String::new(),
        };
        let exponent = exponent.map(|e| format!("e{e}")).unwrap_or_default();
        return Some(Resolved::Number(format!("{sign}{whole}{fraction}{exponent}").into()));
    }
    Some(Resolved::Number(text.into()))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Resolved, Scalar};

    fn plain(text: &str) -> Scalar {
        Scalar { text: text.to_owned(), plain: true }
    }

    #[test]
    fn numbers_keep_the_form_json_can_carry() {
        for (text, json) in [
            ("1", "1"),
            ("-0", "-0"),
            ("1.0", "1.0"),
            ("+3", "3"),
            (".5", "0.5"),
            ("1.", "1.0"),
            ("1e6", "1e6"),
            ("-1.5E-3", "-1.5E-3"),
            ("0x10", "16"),
            ("0o17", "15"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(plain(text).resolve(), Resolved::Number(json.into()), "{text}");
            assert!(serde_json::from_str::<f64>(json).is_ok(), "{json} is JSON");
        }
    }

    #[test]
    fn what_looks_like_a_number_but_is_none() {
        for text in ["1.2.3", "1s", "0x", "0xg", "1e", "1e+", ".", "-", "+", "1_000", "127.0.0.1", "inf", "--1", "0x+1"]
        {
            assert_eq!(plain(text).resolve(), Resolved::Text(text), "{text}");
        }
        assert_eq!(plain("010").resolve(), Resolved::Ambiguous);
        assert_eq!(plain("-.inf").resolve(), Resolved::NotFinite);
    }

    #[test]
    fn quotes_make_text() {
        let quoted = Scalar { text: "true".to_owned(), plain: false };
        assert_eq!(quoted.resolve(), Resolved::Text("true"));
        assert_eq!(quoted.yaml_1_1_bool(), None);
        assert_eq!(plain("yes").resolve(), Resolved::Text("yes"));
        assert_eq!(plain("Yes").yaml_1_1_bool(), Some(true));
    }
}
