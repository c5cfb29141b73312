//! `envoy.config.metrics.v3.StatsConfig`: which parts of the names of statistics are labels.

use crate::fields::stats_config::{LIST_STRING_MATCHER, STATS_CONFIG, STATS_MATCHER, TAG_SPECIFIER};
use crate::pattern;
use crate::reader::{Cursor, Object};
use crate::string_match::{self, StringMatch};
use regex::bytes::Regex;
use std::ops::Range;

/// Envoy's `stats_config`.
#[derive(Clone, Debug)]
pub struct StatsConfig {
    /// Envoy's `stats_tags`, in their order.
    pub tags: Vec<StatTag>,
    /// Envoy's `use_all_default_tags`: names of clusters and the like are labels, too. On by default.
    pub use_all_default_tags: bool,
    /// Envoy's `stats_matcher`: which statistics there are; all by default.
    pub matcher: StatsMatcher,
}

/// `envoy.config.metrics.v3.StatsMatcher`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StatsMatcher {
    /// Envoy's `reject_all: false`, the default.
    #[default]
    All,
    /// Envoy's `reject_all: true`.
    None,
    /// Envoy's `exclusion_list`: those whose name matches none of these.
    AllBut(Vec<StringMatch>),
    /// Envoy's `inclusion_list`: those whose name matches one of these.
    Only(Vec<StringMatch>),
}

impl StatsMatcher {
    /// Whether there is a statistic of this name.
    pub fn wants(&self, name: &str) -> bool {
        let is_among = |list: &[StringMatch]| list.iter().any(|pattern| pattern.matches(name.as_bytes()));
        match self {
            Self::All => true,
            Self::None => false,
            Self::AllBut(list) => !is_among(list),
            Self::Only(list) => is_among(list),
        }
    }
}

/// `envoy.config.metrics.v3.TagSpecifier`.
#[derive(Clone, Debug)]
pub struct StatTag {
    /// Envoy's `tag_name`.
    pub name: String,
    /// What its value is.
    pub value: TagValue,
}

/// The value of a tag.
#[derive(Clone, Debug)]
pub enum TagValue {
    /// Envoy's `fixed_value`, of every statistic.
    Fixed(String),
    /// Envoy's `regex`.
    Extracted(TagPattern),
}

/// An expression that finds a tag in the name of a statistic.
#[derive(Clone, Debug)]
pub struct TagPattern(Regex);

impl TagPattern {
    /// Which bytes of a name are taken out of it, the first group, and which are the value, the second or else the first.
    /// `None` if the name has no such tag.
    pub fn find(&self, name: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
        let found = self.0.captures(name)?;
        let removed = found.get(1)?.range();
        let value = found.get(2).map_or_else(|| removed.clone(), |value| value.range());
        Some((removed, value))
    }
}

impl Default for StatsConfig {
    fn default() -> Self {
        Self { tags: Vec::new(), use_all_default_tags: true, matcher: StatsMatcher::All }
    }
}

/// Decodes a `StatsConfig`.
pub(crate) fn decode(at: &Cursor<'_>) -> StatsConfig {
    let Some(object) = Object::open(at, &STATS_CONFIG) else { return StatsConfig::default() };
    let tags = object.get("stats_tags").map(|at| at.items()).unwrap_or_default();
    StatsConfig {
        tags: tags.iter().filter_map(decode_tag).collect(),
        use_all_default_tags: object.get("use_all_default_tags").and_then(|at| at.boolean()).unwrap_or(true),
        matcher: object.get("stats_matcher").and_then(|at| decode_matcher(&at)).unwrap_or_default(),
    }
}

fn decode_matcher(at: &Cursor<'_>) -> Option<StatsMatcher> {
    const KINDS: &[&str] = &["reject_all", "exclusion_list", "inclusion_list"];
    let object = Object::open(at, &STATS_MATCHER)?;
    match object.one_of(KINDS) {
        Some(("reject_all", at)) => Some(if at.boolean()? { StatsMatcher::None } else { StatsMatcher::All }),
        Some((kind, at)) => {
            let list = Object::open(&at, &LIST_STRING_MATCHER)?;
            let patterns = list.required("patterns", "a list such as [{prefix: wasm}]")?.items();
            let patterns = patterns.iter().filter_map(string_match::decode).collect();
            Some(if kind == "exclusion_list" { StatsMatcher::AllBut(patterns) } else { StatsMatcher::Only(patterns) })
        }
        None => {
            let message =
                "StatsMatcher needs one of the fields \"reject_all\", \"exclusion_list\" and \"inclusion_list\"";
            object.missing(KINDS, message);
            None
        }
    }
}

fn decode_tag(at: &Cursor<'_>) -> Option<StatTag> {
    let object = Object::open(at, &TAG_SPECIFIER)?;
    let name = object.required("tag_name", "the name of the label")?.nonempty_text()?.to_owned();
    let value = match object.one_of(&["regex", "fixed_value"]) {
        Some(("fixed_value", at)) => TagValue::Fixed(at.text()?.to_owned()),
        Some((_, at)) => match pattern::compile(at.nonempty_text()?, false) {
            Ok(regex) if regex.captures_len() > 1 => TagValue::Extracted(TagPattern(regex)),
            Ok(_) => {
                at.error("the expression needs a group: what the first one matches is taken out of the name");
                return None;
            }
            Err(error) => {
                at.error(format!("this regular expression cannot be used: {}", pattern::in_one_line(&error)));
                return None;
            }
        },
        // One of Envoy's own, which are there anyway.
        None if name.starts_with("envoy.") => return None,
        None => {
            object.missing(
                &["regex", "fixed_value"],
                "TagSpecifier needs one of the fields \"regex\" and \"fixed_value\"",
            );
            return None;
        }
    };
    Some(StatTag { name, value })
}
