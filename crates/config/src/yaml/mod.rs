//! YAML and JSON text as a tree in which every key and value knows its place.
//!
//! Nothing here knows about Envoy, except for the `!ignore` tag, with which Envoy's users mark keys that only hold
//! anchors. Depth, size and the expansion of aliases are bounded: a hostile file is refused, not obeyed.

mod document;
mod json;
mod load;
mod scalar;
mod tag;

pub(crate) use load::load;
pub(crate) use scalar::{Resolved, Scalar};

/// A place in the text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) at: Position,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Mapping(Vec<Entry>),
    Scalar(Scalar),
    Sequence(Vec<Node>),
}

/// One key of a mapping with its value. Keys of a mapping are unique and in the order of the text.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: Position,
    pub(crate) value: Node,
}

/// Text that is not a tree we take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: Position,
    pub(crate) message: String,
}

// === impl Position ===

impl Position {
    /// The first character of the text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

// === impl Node ===

impl Node {
    /// Whether this is YAML's null: `null`, `~`, or nothing at all.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.resolve() == Resolved::Null)
    }

    /// Whether protobuf takes this for an absent field: null, or a list of nothing.
    pub(crate) fn is_absent(&self) -> bool {
        self.is_null() || matches!(&self.value, Value::Sequence(items) if items.is_empty())
    }

    /// What this is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Mapping(_) => "a mapping",
            Value::Sequence(_) => "a list",
            Value::Scalar(scalar) => match scalar.resolve() {
                Resolved::Null => "nothing",
                Resolved::Bool(_) => "a boolean",
                Resolved::Number(_) | Resolved::Ambiguous | Resolved::NotFinite => "a number",
                Resolved::Text(_) => "text",
            },
        }
    }
}
