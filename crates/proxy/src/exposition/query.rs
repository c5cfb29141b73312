//! What a request for statistics asks for.

use super::{Distribution, Kind, Number};
use regex::bytes::{Regex, RegexBuilder};

/// A form of statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    Prometheus,
}

/// What a request for statistics asks for.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) format: Format,
    /// Only names in which this is found.
    filter: Option<Regex>,
    used_only: bool,
    kind: Type,
}

/// Which statistics are wanted by their type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    All,
    Counters,
    Gauges,
    Histograms,
    /// Envoy has texts too; here there are none.
    Texts,
}

impl Query {
    /// Reads the part of a URI after `?`. Parameters that are not known are ignored, as in Envoy.
    ///
    /// # Errors
    ///
    /// What is wrong, for the one who asks.
    pub(crate) fn parse(query: &str, default: Format) -> Result<Self, String> {
        let mut parsed = Self { format: default, filter: None, used_only: false, kind: Type::All };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "usedonly" => parsed.used_only = true,
                "filter" => {
                    // As in Envoy's engine, classes are those of ASCII.
                    let regex = RegexBuilder::new(&value).unicode(false).build();
                    parsed.filter =
                        Some(regex.map_err(|error| format!("the filter is no regular expression: {error}"))?);
                }
                "format" => {
                    parsed.format = match &*value {
                        "text" => Format::Text,
                        "json" => Format::Json,
                        "prometheus" => Format::Prometheus,
                        _ => return Err("usage: /stats?format=(json|prometheus|text)".to_owned()),
                    };
                }
                "type" => {
                    parsed.kind = match &*value {
                        "All" => Type::All,
                        "Counters" => Type::Counters,
                        "Gauges" => Type::Gauges,
                        "Histograms" => Type::Histograms,
                        "TextReadouts" => Type::Texts,
                        _ => {
                            let usage = "usage: /stats?type=(All|Counters|Gauges|Histograms|TextReadouts)";
                            return Err(usage.to_owned());
                        }
                    };
                }
                "histogram_buckets" if !matches!(&*value, "summary" | "none" | "") => {
                    return Err("usage: /stats?histogram_buckets=summary; for buckets see /stats/prometheus".to_owned());
                }
                _ => {}
            }
        }
        Ok(parsed)
    }

    pub(super) fn wants_number(&self, number: &Number) -> bool {
        let kind = match number.kind {
            Kind::Counter => Type::Counters,
            Kind::Gauge => Type::Gauges,
        };
        self.wants(kind, &number.name, number.used)
    }

    pub(super) fn wants_distribution(&self, distribution: &Distribution) -> bool {
        self.wants(Type::Histograms, &distribution.name, distribution.all.count() > 0)
    }

    /// Whether a name is wanted of what is always shown, whatever its type.
    pub(super) fn wants_name(&self, name: &str) -> bool {
        self.kind == Type::All && self.filter.as_ref().is_none_or(|filter| filter.is_match(name.as_bytes()))
    }

    fn wants(&self, kind: Type, name: &str, used: bool) -> bool {
        (self.kind == Type::All || self.kind == kind)
            && (used || !self.used_only)
            && self.filter.as_ref().is_none_or(|filter| filter.is_match(name.as_bytes()))
    }
}
