//! `envoy.config.metrics.v3`.

use super::{Message, acted, harmless};

/// `envoy.config.metrics.v3.StatsConfig`.
pub(crate) const STATS_CONFIG: Message = Message {
    name: "StatsConfig",
    fields: &[
        acted("stats_tags"),
        acted("use_all_default_tags"),
        harmless("stats_matcher", "all statistics are kept; /stats?filter= chooses"),
        harmless("histogram_bucket_settings", "histograms have Envoy's default buckets"),
    ],
};

/// `envoy.config.metrics.v3.TagSpecifier`.
pub(crate) const TAG_SPECIFIER: Message =
    Message { name: "TagSpecifier", fields: &[acted("tag_name"), acted("regex"), acted("fixed_value")] };
