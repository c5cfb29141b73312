//! `envoy.config.core.v3.Metadata`: what is said about a thing for others to read, such as plugins.

use crate::fields::metadata::{LOCALITY, METADATA};
use crate::reader::{Cursor, Object};
use crate::yaml::{Resolved, Value};

/// Structured data by namespace: Envoy's `filter_metadata`, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// What is kept under each namespace, such as `envoy.lb`.
    pub filter_metadata: Vec<(String, Struct)>,
}

/// `google.protobuf.Struct`, in the order of the file.
pub type Struct = Vec<(String, StructValue)>;

/// `google.protobuf.Value`.
#[derive(Clone, Debug, PartialEq)]
pub enum StructValue {
    /// `true` or `false`.
    Bool(bool),
    /// Several values.
    List(Vec<Self>),
    /// Nothing.
    Null,
    /// A number; protobuf knows no others than floats here.
    Number(f64),
    /// Text.
    String(String),
    /// Values with names.
    Struct(Struct),
}

/// `envoy.config.core.v3.Locality`: where something runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Locality {
    /// Envoy's `region`; empty by default.
    pub region: String,
    /// Envoy's `zone`; empty by default.
    pub zone: String,
    /// Envoy's `sub_zone`; empty by default.
    pub sub_zone: String,
}

/// Decodes the field `metadata` of a message, if it is there.
pub(crate) fn of(object: &Object<'_>) -> Metadata {
    let metadata = object.get("metadata").and_then(|at| Object::open(&at, &METADATA));
    let Some(namespaces) = metadata.and_then(|object| object.get("filter_metadata")) else {
        return Metadata::default();
    };
    let namespaces = namespaces.entries().into_iter();
    Metadata { filter_metadata: namespaces.map(|(name, at)| (name.to_owned(), decode_struct(&at))).collect() }
}

/// Decodes a `google.protobuf.Struct`.
pub(crate) fn decode_struct(at: &Cursor<'_>) -> Struct {
    at.entries().into_iter().map(|(key, value)| (key.to_owned(), decode_value(&value))).collect()
}

/// Decodes a `google.protobuf.Value`.
pub(crate) fn decode_value(at: &Cursor<'_>) -> StructValue {
    match &at.node.value {
        Value::Mapping(_) => StructValue::Struct(decode_struct(at)),
        Value::Sequence(_) => StructValue::List(at.items().iter().map(decode_value).collect()),
        Value::Scalar(scalar) => match scalar.resolve() {
            Resolved::Bool(value) => StructValue::Bool(value),
            Resolved::Null => StructValue::Null,
            Resolved::Number(literal) => literal.parse().map_or(StructValue::Null, StructValue::Number),
            Resolved::Text(text) => StructValue::String(text.to_owned()),
            Resolved::Ambiguous | Resolved::NotFinite => {
                at.error(format!("{} is no number that JSON has; put it in quotes, or write another", scalar.text));
                StructValue::Null
            }
        },
    }
}

/// Decodes a locality.
pub(crate) fn decode_locality(at: &Cursor<'_>) -> Option<Locality> {
    let object = Object::open(at, &LOCALITY)?;
    let text = |name| object.get(name).and_then(|at| at.text()).unwrap_or_default().to_owned();
    Some(Locality { region: text("region"), zone: text("zone"), sub_zone: text("sub_zone") })
}
