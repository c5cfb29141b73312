//! `envoy.config.metrics.v3`.

use super::{Message, acted, harmless};

/// `envoy.config.metrics.v3.StatsConfig`.
pub(crate) const STATS_CONFIG: Message = Message {
    name: "StatsConfig",
    fields: &[
        acted("stats_tags"),
        acted("use_all_default_tags"),
        acted("stats_matcher"),
        harmless("histogram_bucket_settings", "histograms have Envoy's default buckets"),
    ],
};

/// `envoy.config.metrics.v3.TagSpecifier`.
pub(crate) const TAG_SPECIFIER: Message =
    Message { name: "TagSpecifier", fields: &[acted("tag_name"), acted("regex"), acted("fixed_value")] };

/// `envoy.config.metrics.v3.StatsMatcher`.
pub(crate) const STATS_MATCHER: Message =
    Message { name: "StatsMatcher", fields: &[acted("reject_all"), acted("exclusion_list"), acted("inclusion_list")] };

/// `envoy.type.matcher.v3.ListStringMatcher`.
pub(crate) const LIST_STRING_MATCHER: Message = Message { name: "ListStringMatcher", fields: &[acted("patterns")] };
