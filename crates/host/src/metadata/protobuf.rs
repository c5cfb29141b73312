//! The messages as protobuf, field by field.

use super::{Locality, Metadata, MetadataStruct, MetadataValue};
use crate::plugin::NodeInfo;

/// Wire types.
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;

/// `envoy.config.core.v3.Metadata`.
pub(super) fn metadata(metadata: &Metadata) -> Vec<u8> {
    let mut out = Vec::new();
    for (namespace, values) in metadata.iter() {
        bytes(&mut out, 1, &entry(namespace, structure(values)));
    }
    out
}

/// `envoy.config.core.v3.Locality`.
pub(super) fn locality(locality: &Locality) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, &locality.region);
    text(&mut out, 2, &locality.zone);
    text(&mut out, 3, &locality.sub_zone);
    out
}

/// `envoy.config.core.v3.Node`.
pub(crate) fn node(node: &NodeInfo) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, &node.id);
    text(&mut out, 2, &node.cluster);
    if !node.metadata.is_empty() {
        bytes(&mut out, 3, &structure(&node.metadata));
    }
    if node.locality != Locality::default() {
        bytes(&mut out, 4, &locality(&node.locality));
    }
    text(&mut out, 6, &node.user_agent_name);
    text(&mut out, 7, &node.user_agent_version);
    out
}

/// `google.protobuf.Struct`.
fn structure(values: &MetadataStruct) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, inner) in values.iter() {
        bytes(&mut out, 1, &entry(name, value(inner)));
    }
    out
}

/// `google.protobuf.Value`.
fn value(value: &MetadataValue) -> Vec<u8> {
    let mut out = Vec::new();
    match value {
        MetadataValue::Null => out.extend([1 << 3 | VARINT, 0]),
        MetadataValue::Number(number) => {
            out.push(2 << 3 | FIXED64);
            out.extend(number.to_le_bytes());
        }
        // A field of a `oneof` is written also if it is empty: it says which one it is.
        MetadataValue::String(text) => bytes(&mut out, 3, text.as_bytes()),
        MetadataValue::Bool(value) => out.extend([4 << 3 | VARINT, u8::from(*value)]),
        MetadataValue::Struct(values) => bytes(&mut out, 5, &structure(values)),
        MetadataValue::List(items) => {
            let mut list = Vec::new();
            for item in items {
                bytes(&mut list, 1, &self::value(item));
            }
            bytes(&mut out, 6, &list);
        }
    }
    out
}

/// An entry of a map with messages as values.
fn entry(key: &str, message: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 1, key);
    bytes(&mut out, 2, &message);
    out
}

/// A string; an empty one is not written.
fn text(out: &mut Vec<u8>, field: u8, text: &str) {
    if !text.is_empty() {
        bytes(out, field, text.as_bytes());
    }
}

fn bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | BYTES);
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
}
