//! Metadata: trees of values that a configuration attaches to things, and plugins read as properties.
//!
//! The types are those of Envoy's messages `google.protobuf.Value`, `Metadata` and `Locality`. A property that ends at a
//! message is its protobuf encoding; one that ends inside it is encoded by type.

mod protobuf;

use tollgate_abi::encoding::property::Value;

/// A value of any type (`google.protobuf.Value`).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum MetadataValue {
    /// No value.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(String),
    /// Values in order.
    List(Vec<Self>),
    /// Names and values, in the order they were written.
    Struct(MetadataStruct),
}

/// Names and values, in the order they were written (`google.protobuf.Struct`). Each name is there once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataStruct(Vec<(String, MetadataValue)>);

/// Metadata by namespace, usually the name of a filter (`envoy.config.core.v3.Metadata`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(Vec<(String, MetadataStruct)>);

/// Where something runs (`envoy.config.core.v3.Locality`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locality {
    /// `region`.
    pub region: String,
    /// `zone`.
    pub zone: String,
    /// `sub_zone`.
    pub sub_zone: String,
}

impl MetadataStruct {
    /// Sets a value; one that was there under this name is gone.
    pub fn insert(&mut self, name: impl Into<String>, value: MetadataValue) {
        insert(&mut self.0, name.into(), value);
    }

    /// The value under a name.
    pub fn value(&self, name: &str) -> Option<&MetadataValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MetadataValue)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>> FromIterator<(N, MetadataValue)> for MetadataStruct {
    fn from_iter<I: IntoIterator<Item = (N, MetadataValue)>>(entries: I) -> Self {
        let mut all = Self::default();
        for (name, value) in entries {
            all.insert(name, value);
        }
        all
    }
}

impl Metadata {
    /// Sets what is known under a namespace; what was there is gone.
    pub fn insert(&mut self, namespace: impl Into<String>, values: MetadataStruct) {
        insert(&mut self.0, namespace.into(), values);
    }

    /// What is known under a namespace.
    pub fn namespace(&self, namespace: &str) -> Option<&MetadataStruct> {
        self.0.iter().find(|(name, _)| name == namespace).map(|(_, values)| values)
    }

    /// Namespaces, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MetadataStruct)> {
        self.0.iter().map(|(name, values)| (&**name, values))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The message's protobuf encoding.
    pub fn to_protobuf(&self) -> Vec<u8> {
        protobuf::metadata(self)
    }
}

impl<N: Into<String>> FromIterator<(N, MetadataStruct)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (N, MetadataStruct)>>(entries: I) -> Self {
        let mut all = Self::default();
        for (namespace, values) in entries {
            all.insert(namespace, values);
        }
        all
    }
}

fn insert<T>(entries: &mut Vec<(String, T)>, name: String, value: T) {
    match entries.iter_mut().find(|(key, _)| *key == name) {
        Some((_, old)) => *old = value,
        None => entries.push((name, value)),
    }
}

impl Locality {
    /// The message's protobuf encoding.
    pub fn to_protobuf(&self) -> Vec<u8> {
        protobuf::locality(self)
    }
}

pub(crate) use protobuf::node as node_to_protobuf;

// As properties. The paths are what is left behind the message's own name.

/// `filter_metadata` and `typed_filter_metadata`, and what is in the former.
pub(crate) fn in_metadata(metadata: &Metadata, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [] => Some(Value::Bytes(metadata.to_protobuf())),
        [b"filter_metadata"] => Some(Value::Map(
            metadata.iter().map(|(name, values)| (name.as_bytes().to_vec(), values.to_value())).collect(),
        )),
        [b"filter_metadata", namespace, rest @ ..] => {
            in_struct(metadata.namespace(std::str::from_utf8(namespace).ok()?)?, rest)
        }
        // Typed metadata has no messages here.
        [b"typed_filter_metadata"] => Some(Value::Map(Vec::new())),
        _ => None,
    }
}

/// What a path leads to inside a structure.
pub(crate) fn in_struct(values: &MetadataStruct, rest: &[&[u8]]) -> Option<Value> {
    let [name, rest @ ..] = rest else { return Some(values.to_value()) };
    let mut value = values.value(std::str::from_utf8(name).ok()?)?;
    for name in rest {
        let name = std::str::from_utf8(name).ok()?;
        value = match value {
            MetadataValue::Struct(values) => values.value(name)?,
            MetadataValue::List(items) => items.get(name.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value.to_value())
}

/// A locality's fields.
pub(crate) fn in_locality(locality: &Locality, rest: &[&[u8]]) -> Option<Value> {
    match rest {
        [] => Some(Value::Bytes(locality.to_protobuf())),
        [b"region"] => Some(Value::from(&*locality.region)),
        [b"zone"] => Some(Value::from(&*locality.zone)),
        [b"sub_zone"] => Some(Value::from(&*locality.sub_zone)),
        _ => None,
    }
}

impl MetadataStruct {
    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_value())).collect())
    }
}

impl MetadataValue {
    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Double(*value),
            Self::String(text) => Value::from(&**text),
            Self::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Self::Struct(values) => values.to_value(),
        }
    }
}

#[cfg(test)]
mod tests;
