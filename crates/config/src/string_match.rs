//! `envoy.type.matcher.v3.StringMatcher`.

use crate::fields::matcher::STRING_MATCHER;
use crate::pattern::{self, Pattern};
use crate::reader::{Cursor, Object};

/// What a text must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringMatch {
    /// The comparison.
    pub condition: StringCondition,
    /// Envoy's `ignore_case`: whether upper and lower case are the same. Regular expressions say so themselves.
    pub ignore_case: bool,
}

/// How a text is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringCondition {
    /// Envoy's `contains`.
    Contains(String),
    /// Envoy's `exact`: the whole text.
    Exact(String),
    /// Envoy's `prefix`.
    Prefix(String),
    /// Envoy's `safe_regex`, which matches the whole text.
    Regex(Pattern),
    /// Envoy's `suffix`.
    Suffix(String),
}

/// Decodes a `StringMatcher`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<StringMatch> {
    let object = Object::open(at, &STRING_MATCHER)?;
    let ignore_case = object.get("ignore_case").and_then(|at| at.boolean()).unwrap_or(false);
    match object.one_of(&["exact", "prefix", "suffix", "contains", "safe_regex", "custom"]) {
        Some(("custom", _)) => None,
        Some((kind, at)) => {
            if kind == "safe_regex" && ignore_case {
                at.key_error("ignore_case has no effect on safe_regex; begin the expression with (?i)");
            }
            of_kind(kind, &at, ignore_case)
        }
        None => {
            object.missing(
                &["exact", "prefix", "suffix", "contains", "safe_regex"],
                "StringMatcher needs one of the fields \"exact\", \"prefix\", \"suffix\", \"contains\" and \"safe_regex\"",
            );
            None
        }
    }
}

/// Decodes one kind of comparison.
pub(crate) fn of_kind(kind: &str, at: &Cursor<'_>, ignore_case: bool) -> Option<StringMatch> {
    // Envoy wants a character at least, except where the empty text means something.
    let value = || if kind == "exact" { at.text() } else { at.nonempty_text() }.map(str::to_owned);
    let condition = match kind {
        "contains" => StringCondition::Contains(value()?),
        "prefix" => StringCondition::Prefix(value()?),
        "safe_regex" => StringCondition::Regex(pattern::decode(at)?),
        "suffix" => StringCondition::Suffix(value()?),
        _ => StringCondition::Exact(value()?),
    };
    Some(StringMatch { condition, ignore_case })
}

// === impl StringMatch ===

impl StringMatch {
    /// Whether a text is as it must be.
    pub fn matches(&self, text: &[u8]) -> bool {
        let equal = |part: &[u8], wanted: &str| {
            if self.ignore_case { part.eq_ignore_ascii_case(wanted.as_bytes()) } else { part == wanted.as_bytes() }
        };
        match &self.condition {
            StringCondition::Contains(part) => {
                part.is_empty() || text.windows(part.len()).any(|window| equal(window, part))
            }
            StringCondition::Exact(whole) => equal(text, whole),
            StringCondition::Prefix(head) => text.get(..head.len()).is_some_and(|part| equal(part, head)),
            StringCondition::Regex(pattern) => pattern.is_match(text),
            StringCondition::Suffix(tail) => {
                text.len().checked_sub(tail.len()).is_some_and(|start| equal(&text[start..], tail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{StringCondition, StringMatch};

    #[test]
    fn every_comparison_in_both_cases() {
        let text = |text: &str| text.to_owned();
        for (condition, with_case, without) in [
            (StringCondition::Exact(text("Value")), false, true),
            (StringCondition::Exact(text("value")), true, true),
            (StringCondition::Prefix(text("VAL")), false, true),
            (StringCondition::Suffix(text("lue")), true, true),
            (StringCondition::Suffix(text("longer than the text")), false, false),
            (StringCondition::Contains(text("ALU")), false, true),
            (StringCondition::Contains(text("lu")), true, true),
        ] {
            for (ignore_case, expected) in [(false, with_case), (true, without)] {
                let matcher = StringMatch { condition: condition.clone(), ignore_case };
                assert_eq!(matcher.matches(b"value"), expected, "{matcher:?}");
            }
        }
    }
}
