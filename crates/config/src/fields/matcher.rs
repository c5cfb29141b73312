//! `envoy.type.matcher.v3` and `envoy.type.v3`.

use super::{Message, acted, harmless, refused};

/// `envoy.type.matcher.v3.StringMatcher`.
pub(crate) const STRING_MATCHER: Message = Message {
    name: "StringMatcher",
    fields: &[
        acted("exact"),
        acted("prefix"),
        acted("suffix"),
        acted("contains"),
        acted("ignore_case"),
        acted("safe_regex"),
        refused("custom", "use exact, prefix, suffix, contains or safe_regex"),
    ],
};

/// `envoy.type.matcher.v3.RegexMatcher`.
pub(crate) const REGEX_MATCHER: Message = Message {
    name: "RegexMatcher",
    fields: &[acted("regex"), harmless("google_re2", "there is one engine for regular expressions")],
};

/// `envoy.type.matcher.v3.RegexMatchAndSubstitute`.
pub(crate) const REGEX_MATCH_AND_SUBSTITUTE: Message =
    Message { name: "RegexMatchAndSubstitute", fields: &[acted("pattern"), acted("substitution")] };

/// `envoy.type.v3.Int64Range`.
pub(crate) const INT64_RANGE: Message = Message { name: "Int64Range", fields: &[acted("start"), acted("end")] };

/// `envoy.config.core.v3.RuntimeFractionalPercent`.
pub(crate) const RUNTIME_FRACTIONAL_PERCENT: Message = Message {
    name: "RuntimeFractionalPercent",
    fields: &[acted("default_value"), harmless("runtime_key", "there is no runtime; default_value counts")],
};

/// `envoy.type.v3.FractionalPercent`.
pub(crate) const FRACTIONAL_PERCENT: Message =
    Message { name: "FractionalPercent", fields: &[acted("numerator"), acted("denominator")] };
