//! What an expression asks about the request: only the attributes that stand in it are looked up.

use cel::{Context, Value};
use chrono::{DateTime, Duration, FixedOffset, TimeZone as _};
use std::collections::HashMap;
use std::sync::Arc;
use tollgate_abi::encoding::property;
use tollgate_host::foreign::{Caller, Property};

/// Segments of a path.
pub(super) type Path = Vec<String>;

/// The attributes that an expression asks for, as a tree.
#[derive(Default)]
pub(super) struct Attributes {
    roots: HashMap<String, Node>,
    size: Size,
}

/// How much there is of something, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Elements of the list or map.
    pub(super) count: u64,
    /// Bytes and elements altogether.
    pub(super) weight: u64,
}

enum Node {
    Group(HashMap<String, Self>),
    Value(Value),
}

impl Attributes {
    /// Looks up the paths, and those that lead to them.
    pub(super) fn read(caller: &Caller<'_>, paths: &[Path]) -> Self {
        Self::find(paths, |path| caller.property(path))
    }

    pub(super) fn find(paths: &[Path], look_up: impl Fn(&[u8]) -> Option<Property>) -> Self {
        let mut all = Self::default();
        // A whole map comes before what is asked for inside it.
        let mut paths: Vec<&Path> = paths.iter().collect();
        paths.sort_by_key(|path| path.len());
        for path in paths {
            match look_up(path.join("\0").as_bytes()) {
                Some(Property::Value(value)) => {
                    measure(&value, &mut all.size);
                    insert(&mut all.roots, path, || Node::Value(to_cel(value)));
                }
                Some(Property::Group) => insert(&mut all.roots, path, || Node::Group(HashMap::new())),
                None => {}
            }
        }
        all
    }

    /// The most that any of them can be.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Makes them known under their names.
    pub(super) fn bind(self, context: &mut Context<'_, '_>) {
        for (name, node) in self.roots {
            context.add_variable_from_value(name, node.into_value());
        }
    }
}

/// Puts a node at a path, unless something there or on the way is a map already, which then has it inside. A message on the
/// way, whose value is its encoding, becomes the fields that are asked for.
fn insert(nodes: &mut HashMap<String, Node>, path: &[String], node: impl FnOnce() -> Node) {
    match path {
        [] => {}
        [last] => {
            nodes.entry(last.clone()).or_insert_with(node);
        }
        [first, rest @ ..] => {
            let outer = nodes.entry(first.clone()).or_insert_with(|| Node::Group(HashMap::new()));
            if let Node::Value(Value::Bytes(_) | Value::String(_)) = outer {
                *outer = Node::Group(HashMap::new());
            }
            if let Node::Group(inner) = outer {
                insert(inner, rest, node);
            }
        }
    }
}

impl Node {
    fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::Group(nodes) => {
                let map: HashMap<_, _> =
                    nodes.into_iter().map(|(name, node)| (name.into(), node.into_value())).collect();
                Value::Map(cel::objects::Map { map: Arc::new(map) })
            }
        }
    }
}

fn measure(value: &property::Value, size: &mut Size) {
    let elements = match value {
        property::Value::Bytes(bytes) => bytes.len(),
        property::Value::Map(entries) => {
            for (name, value) in entries {
                size.weight += name.len() as u64;
                measure(value, size);
            }
            entries.len()
        }
        property::Value::List(items) => {
            items.iter().for_each(|item| measure(item, size));
            items.len()
        }
        _ => 0,
    };
    if !matches!(value, property::Value::Bytes(_)) {
        size.count = size.count.max(elements as u64);
    }
    size.weight += elements as u64 + 1;
}

fn to_cel(value: property::Value) -> Value {
    match value {
        property::Value::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Value::String(Arc::new(text)),
            Err(error) => Value::Bytes(Arc::new(error.into_bytes())),
        },
        property::Value::Int(number) => Value::Int(number),
        property::Value::Uint(number) => Value::UInt(number),
        property::Value::Bool(value) => Value::Bool(value),
        property::Value::Double(number) => Value::Float(number),
        property::Value::Duration(nanos) => Value::Duration(Duration::nanoseconds(nanos)),
        property::Value::Timestamp(nanos) => Value::Timestamp(moment(nanos)),
        property::Value::Map(entries) => {
            let map: HashMap<_, _> = entries
                .into_iter()
                .map(|(name, value)| (String::from_utf8_lossy(&name).into_owned().into(), to_cel(value)))
                .collect();
            Value::Map(cel::objects::Map { map: Arc::new(map) })
        }
        property::Value::List(items) => Value::List(Arc::new(items.into_iter().map(to_cel).collect())),
        property::Value::Null => Value::Null,
    }
}

fn moment(nanos: i64) -> DateTime<FixedOffset> {
    chrono::Utc.timestamp_nanos(nanos).fixed_offset()
}
