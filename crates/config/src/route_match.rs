//! `envoy.config.route.v3.RouteMatch`: which requests a route takes.

use crate::fields::matcher::{FRACTIONAL_PERCENT, INT64_RANGE, RUNTIME_FRACTIONAL_PERCENT};
use crate::fields::route_match::{GRPC_ROUTE_MATCH_OPTIONS, HEADER_MATCHER, QUERY_PARAMETER_MATCHER, ROUTE_MATCH};
use crate::pattern::{self, Pattern};
use crate::reader::{Cursor, Object};
use crate::string_match::{self, StringMatch};

/// All parts must hold for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch {
    /// Envoy's `prefix`, `path`, `path_separated_prefix` or `safe_regex`.
    pub path: PathMatch,
    /// Envoy's `case_sensitive`, for the path; on by default. Regular expressions say so themselves.
    pub case_sensitive: bool,
    /// Envoy's `headers`, all of which must match.
    pub headers: Vec<HeaderMatch>,
    /// Envoy's `query_parameters`, all of which must match.
    pub query_parameters: Vec<QueryParameterMatch>,
    /// Envoy's `grpc`: the request must be one of gRPC, by its `content-type`.
    pub grpc: bool,
    /// Envoy's `runtime_fraction.default_value`: how many of the requests that match otherwise are taken.
    pub fraction: Option<Fraction>,
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
    /// Envoy's `safe_regex`: the whole path.
    Regex(Pattern),
}

/// A part of all requests, chosen at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Envoy's `numerator`.
    pub numerator: u32,
    /// Envoy's `denominator`: 100, 10,000 or 1,000,000.
    pub denominator: u32,
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
    /// Envoy's `present_match`: whether the header is there at all. What a matcher without a condition asks.
    Present(bool),
    /// Envoy's `range_match`: a decimal number with `start <= n < end`.
    Range {
        /// The least number that matches.
        start: i64,
        /// The least number above that does not.
        end: i64,
    },
    /// Envoy's `string_match`.
    Text(StringMatch),
}

/// A condition on one parameter of the query; of several with its name, on the first. Nothing is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryParameterMatch {
    /// Envoy's `name`.
    pub name: String,
    /// What the parameter must be.
    pub value: QueryValueMatch,
}

/// What a parameter of the query must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryValueMatch {
    /// Envoy's `present_match`: whether it is there at all. What a matcher without a condition asks.
    Present(bool),
    /// Envoy's `string_match`.
    Text(StringMatch),
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
        Some(("safe_regex", at)) => pattern::decode(&at).map(PathMatch::Regex),
        // Refused by the table.
        Some(_) => None,
        None => {
            object.missing(
                &["prefix", "path", "path_separated_prefix", "safe_regex"],
                "a match needs one of the fields \"prefix\", \"path\", \"path_separated_prefix\" and \"safe_regex\"",
            );
            None
        }
    };
    let case_sensitive = object.get("case_sensitive").and_then(|at| at.boolean());
    let headers = all(&object, "headers", decode_header);
    let query_parameters = all(&object, "query_parameters", decode_query_parameter);
    let grpc = object.get("grpc").inspect(|at| drop(Object::open(at, &GRPC_ROUTE_MATCH_OPTIONS))).is_some();
    let fraction = object.get("runtime_fraction").map(|at| decode_runtime_fraction(&at));
    Some(RouteMatch {
        path: path?,
        case_sensitive: case_sensitive.unwrap_or(true),
        headers: headers?,
        query_parameters: query_parameters?,
        grpc,
        fraction: match fraction {
            Some(fraction) => Some(fraction?),
            None => None,
        },
    })
}

/// Every item of a list, decoded; `None` if one is wrong, which would be the lack of a condition.
fn all<T>(object: &Object<'_>, name: &str, decode: impl Fn(&Cursor<'_>) -> Option<T>) -> Option<Vec<T>> {
    let items = object.get(name).map(|at| at.items()).unwrap_or_default();
    let decoded: Vec<_> = items.iter().map(decode).collect();
    decoded.into_iter().collect()
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

/// Decodes a `HeaderMatcher`.
pub(crate) fn decode_header(at: &Cursor<'_>) -> Option<HeaderMatch> {
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
        Some(("string_match", at)) => string_match::decode(&at).map(ValueMatch::Text),
        // Refused by the table.
        Some(("regex_match", _)) => None,
        Some((kind, at)) => string_match::of_kind(kind.trim_end_matches("_match"), &at, false).map(ValueMatch::Text),
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

fn decode_query_parameter(at: &Cursor<'_>) -> Option<QueryParameterMatch> {
    let object = Object::open(at, &QUERY_PARAMETER_MATCHER)?;
    let name = object.required("name", "the name of a parameter").and_then(|at| at.nonempty_text());
    let value = match object.one_of(&["string_match", "present_match"]) {
        Some(("string_match", at)) => string_match::decode(&at).map(QueryValueMatch::Text),
        Some((_, at)) => at.boolean().map(QueryValueMatch::Present),
        None => Some(QueryValueMatch::Present(true)),
    };
    Some(QueryParameterMatch { name: name?.to_owned(), value: value? })
}

fn decode_range(at: &Cursor<'_>) -> Option<ValueMatch> {
    let (start, end) = decode_int64_range(at)?;
    Some(ValueMatch::Range { start, end })
}

/// Decodes an `Int64Range`: the least number in it, and the least above that is not.
pub(crate) fn decode_int64_range(at: &Cursor<'_>) -> Option<(i64, i64)> {
    let object = Object::open(at, &INT64_RANGE)?;
    let bound = |name| object.get(name).map_or(Some(0), |at| at.integer(i64::MIN, i64::MAX));
    let (start, end) = (bound("start"), bound("end"));
    Some((start?, end?))
}

/// Decodes a `RuntimeFractionalPercent`.
pub(crate) fn decode_runtime_fraction(at: &Cursor<'_>) -> Option<Fraction> {
    let object = Object::open(at, &RUNTIME_FRACTIONAL_PERCENT)?;
    let value = object.required("default_value", "such as {numerator: 50, denominator: HUNDRED}")?;
    decode_fraction(&value)
}

/// Decodes a `FractionalPercent`.
pub(crate) fn decode_fraction(at: &Cursor<'_>) -> Option<Fraction> {
    let value = Object::open(at, &FRACTIONAL_PERCENT)?;
    let numerator = value.get("numerator").map_or(Some(0), |at| at.unsigned(0));
    let denominator = value.get("denominator").map_or(Some(100), |at| {
        at.choice(&[("HUNDRED", 0, 100), ("TEN_THOUSAND", 1, 10_000), ("MILLION", 2, 1_000_000)])
    });
    Some(Fraction { numerator: numerator?, denominator: denominator? })
}
