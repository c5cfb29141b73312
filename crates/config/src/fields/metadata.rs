//! `envoy.config.core.v3`: metadata and localities.

use super::{Message, acted, harmless};

/// `envoy.config.core.v3.Metadata`.
pub(crate) const METADATA: Message = Message {
    name: "Metadata",
    fields: &[acted("filter_metadata"), harmless("typed_filter_metadata", "nothing reads metadata with types")],
};

/// `envoy.config.core.v3.Locality`.
pub(crate) const LOCALITY: Message =
    Message { name: "Locality", fields: &[acted("region"), acted("zone"), acted("sub_zone")] };
