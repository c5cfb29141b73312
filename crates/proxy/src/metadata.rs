//! Metadata of the configuration as plugins see it.

use tollgate_config as config;
use tollgate_host::metadata::{Locality, Metadata, MetadataStruct, MetadataValue};

pub(crate) fn metadata(from: &config::Metadata) -> Metadata {
    from.filter_metadata.iter().map(|(namespace, values)| (&**namespace, structure(values))).collect()
}

pub(crate) fn structure(from: &config::Struct) -> MetadataStruct {
    from.iter().map(|(name, inner)| (&**name, value(inner))).collect()
}

pub(crate) fn locality(from: Option<&config::Locality>) -> Locality {
    from.map_or_else(Locality::default, |from| Locality {
        region: from.region.clone(),
        zone: from.zone.clone(),
        sub_zone: from.sub_zone.clone(),
    })
}

fn value(from: &config::StructValue) -> MetadataValue {
    match from {
        config::StructValue::Null => MetadataValue::Null,
        config::StructValue::Bool(value) => MetadataValue::Bool(*value),
        config::StructValue::Number(number) => MetadataValue::Number(*number),
        config::StructValue::String(text) => MetadataValue::String(text.clone()),
        config::StructValue::List(items) => MetadataValue::List(items.iter().map(value).collect()),
        config::StructValue::Struct(values) => MetadataValue::Struct(structure(values)),
    }
}
