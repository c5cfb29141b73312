//! `envoy.config.route.v3.RouteMatch`: which requests a route takes.

use crate::fields::route::{HEADER_MATCHER, INT64_RANGE, ROUTE_MATCH, STRING_MATCHER};
use crate::reader::{Cursor, Object};

/// All parts must hold for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch {
    /// Envoy's `prefix`, `path` or `path_separated_prefix`.
    pub path: PathMatch,
    /// Envoy's `case_sensitive`, for the path; on by default.
    pub case_sensitive: bool,
    /// Envoy's `headers`, all of which must match.
    pub headers: Vec<HeaderMatch>,
}

/// What the path of a request must be, without its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathMatch {
    /// Envoy's `path`: equal.
    Path(String),
    /// Envoy's `path_separated_prefix`: equal, or followed by `/`.
    PathSeparatedPrefix(String),
    /// Envoy's `prefix`: the beginning; the empty one matches everything.
    Prefix(String),
}

/// A condition on one header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// Envoy's `name`, in lower case.
    pub name: String,
    /// What the value must be.
    pub value: ValueMatch,
    /// Envoy's `invert_match`: the condition must not hold.
    pub invert_match: bool,
    /// Envoy's `treat_missing_header_as_empty`.
    pub treat_missing_header_as_empty: bool,
}

/// What the value of a header must be: Envoy's `string_match`, or the older fields it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueMatch {
    /// Envoy's `contains`.
    Contains {
        /// The text to find.
        value: String,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
    },
    /// Envoy's `exact`.
    Exact {
        /// The whole value.
        value: String,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
    },
    /// Envoy's `prefix`.
    Prefix {
        /// How the value begins.
        value: String,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
    },
    /// Envoy's `present_match`: whether the header is there at all. What a matcher without a condition asks.
    Present(bool),
    /// Envoy's `range_match`: a decimal number with `start <= n < end`.
    Range {
        /// The least number that matches.
        start: i64,
        /// The least number above that does not.
        end: i64,
    },
    /// Envoy's `suffix`.
    Suffix {
        /// How the value ends.
        value: String,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
    },
}

/// Decodes a `match`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<RouteMatch> {
    let object = Object::open(at, &ROUTE_MATCH)?;
    let kinds =
        ["prefix", "path", "path_separated_prefix", "safe_regex", "regex", "connect_matcher", "path_match_policy"];
    let path = match object.one_of(&kinds) {
        Some(("prefix", at)) => at.text().map(|text| PathMatch::Prefix(text.to_owned())),
        Some(("path", at)) => at.text().map(|text| PathMatch::Path(text.to_owned())),
        Some(("path_separated_prefix", at)) => decode_separated(&at),
        // Refused by the table.
        Some(_) => None,
        None => {
            object.missing(
                &["prefix", "path", "path_separated_prefix"],
                "a match needs one of the fields \"prefix\", \"path\" and \"path_separated_prefix\"",
            );
            None
        }
    };
    let case_sensitive = object.get("case_sensitive").and_then(|at| at.boolean());
    let headers = object.get("headers").map(|at| at.items()).unwrap_or_default();
    let headers: Vec<_> = headers.iter().map(decode_header).collect();
    Some(RouteMatch {
        path: path?,
        case_sensitive: case_sensitive.unwrap_or(true),
        headers: headers.into_iter().collect::<Option<_>>()?,
    })
}

fn decode_separated(at: &Cursor<'_>) -> Option<PathMatch> {
    let text = at.nonempty_text()?;
    if text.ends_with('/') || text.contains(['?', '#']) {
        at.error(
            "path_separated_prefix cannot end with \"/\" nor contain \"?\" or \"#\"; for everything use prefix: \"/\"",
        );
        return None;
    }
    Some(PathMatch::PathSeparatedPrefix(text.to_owned()))
}

fn decode_header(at: &Cursor<'_>) -> Option<HeaderMatch> {
    let object = Object::open(at, &HEADER_MATCHER)?;
    let name = object.required("name", "the name of a header").and_then(|at| at.nonempty_text());
    let kinds = [
        "exact_match",
        "prefix_match",
        "suffix_match",
        "contains_match",
        "present_match",
        "range_match",
        "string_match",
        "safe_regex_match",
        "regex_match",
    ];
    let value = match object.one_of(&kinds) {
        Some(("present_match", at)) => at.boolean().map(ValueMatch::Present),
        Some(("range_match", at)) => decode_range(&at),
        Some(("string_match", at)) => decode_string(&at),
        Some(("safe_regex_match" | "regex_match", _)) => None,
        Some((kind, at)) => text_match(kind.trim_end_matches("_match"), &at, false),
        None => Some(ValueMatch::Present(true)),
    };
    let flag = |name| object.get(name).and_then(|at| at.boolean()).unwrap_or(false);
    Some(HeaderMatch {
        invert_match: flag("invert_match"),
        treat_missing_header_as_empty: flag("treat_missing_header_as_empty"),
        name: name?.to_ascii_lowercase(),
        value: value?,
    })
}

/// Decodes a `StringMatcher`.
pub(crate) fn decode_string(at: &Cursor<'_>) -> Option<ValueMatch> {
    let object = Object::open(at, &STRING_MATCHER)?;
    let ignore_case = object.get("ignore_case").and_then(|at| at.boolean()).unwrap_or(false);
    match object.one_of(&["exact", "prefix", "suffix", "contains", "safe_regex", "custom"]) {
        Some((kind, at)) => text_match(kind, &at, ignore_case),
        None => {
            object.missing(
                &["exact", "prefix", "suffix", "contains"],
                "StringMatcher needs one of the fields \"exact\", \"prefix\", \"suffix\" and \"contains\"",
            );
            None
        }
    }
}

fn text_match(kind: &str, at: &Cursor<'_>, ignore_case: bool) -> Option<ValueMatch> {
    // Envoy wants a character at least, except where the empty text means something.
    let value = || if kind == "exact" { at.text() } else { at.nonempty_text() }.map(str::to_owned);
    match kind {
        "contains" => Some(ValueMatch::Contains { value: value()?, ignore_case }),
        "exact" => Some(ValueMatch::Exact { value: value()?, ignore_case }),
        "prefix" => Some(ValueMatch::Prefix { value: value()?, ignore_case }),
        "suffix" => Some(ValueMatch::Suffix { value: value()?, ignore_case }),
        // Refused by the table.
        _ => None,
    }
}

fn decode_range(at: &Cursor<'_>) -> Option<ValueMatch> {
    let object = Object::open(at, &INT64_RANGE)?;
    let bound = |name| object.get(name).map_or(Some(0), |at| at.integer(i64::MIN, i64::MAX));
    let (start, end) = (bound("start"), bound("end"));
    Some(ValueMatch::Range { start: start?, end: end? })
}
