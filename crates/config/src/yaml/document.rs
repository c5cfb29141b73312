//! The tree as a JSON document, to be shown.

use super::{Node, Resolved, Value};
use serde_json::Value as Json;

impl Node {
    /// The tree as JSON. A scalar that JSON has no form for is shown as the text it was written as.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Mapping(entries) => {
                Json::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect())
            }
            Value::Sequence(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Scalar(scalar) => match scalar.resolve() {
                Resolved::Null => Json::Null,
                Resolved::Bool(value) => Json::Bool(value),
                Resolved::Number(literal) => {
                    literal.parse().map_or_else(|_| Json::String(scalar.text.clone()), Json::Number)
                }
                Resolved::Ambiguous | Resolved::NotFinite | Resolved::Text(_) => Json::String(scalar.text.clone()),
            },
        }
    }
}
