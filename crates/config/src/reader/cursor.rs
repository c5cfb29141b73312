//! A value of the file together with the way to it.

use crate::diagnostics::{Diagnostic, Location};
use crate::reader::Context;
use crate::yaml::{Entry, Node, Position, Value};

/// A value, its path from the root, and where to note what is wrong with it.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    pub(crate) cx: &'a Context,
    pub(crate) node: &'a Node,
    pub(crate) path: String,
    /// Where the key stands that holds this value; the value itself for items of lists.
    key_at: Position,
}

// === impl Cursor ===

impl<'a> Cursor<'a> {
    pub(crate) fn root(cx: &'a Context, node: &'a Node) -> Self {
        Self { cx, node, path: String::new(), key_at: node.at }
    }

    /// The value of one key of this mapping.
    pub(crate) fn entry(&self, entry: &'a Entry) -> Self {
        let path = if self.path.is_empty() { entry.key.clone() } else { format!("{}.{}", self.path, entry.key) };
        Self { cx: self.cx, node: &entry.value, path, key_at: entry.at }
    }

    /// One item of this list.
    fn item(&self, index: usize, node: &'a Node) -> Self {
        Self { cx: self.cx, node, path: format!("{}[{index}]", self.path), key_at: node.at }
    }

    /// The items of this list. A value that is no list stands for a list of itself, as Envoy reads it: the examples
    /// of the Rust SDK are written so.
    pub(crate) fn items(&self) -> Vec<Self> {
        match &self.node.value {
            Value::Sequence(nodes) => nodes.iter().enumerate().map(|(index, node)| self.item(index, node)).collect(),
            _ => vec![self.clone()],
        }
    }

    /// Whether this is a mapping that says nothing.
    pub(crate) fn is_empty_mapping(&self) -> bool {
        matches!(&self.node.value, Value::Mapping(entries) if entries.is_empty())
    }

    /// The keys and values of this mapping, whatever the keys; noted as an error when it is none.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Self)> {
        match &self.node.value {
            Value::Mapping(entries) => entries.iter().map(|entry| (entry.key.as_str(), self.entry(entry))).collect(),
            _ => {
                self.error(format!("expected a mapping (lines of \"key: value\"), found {}", self.node.kind()));
                Vec::new()
            }
        }
    }

    /// The place of the value.
    pub(crate) fn location(&self) -> Location {
        self.located(self.node.at)
    }

    /// The place of the key that holds the value.
    pub(crate) fn key_location(&self) -> Location {
        self.located(self.key_at)
    }

    /// Notes an error about the value.
    pub(crate) fn error(&self, message: impl Into<String>) {
        self.cx.error(self.location().diagnostic(message));
    }

    /// Notes an error about the field as such.
    pub(crate) fn key_error(&self, message: impl Into<String>) {
        self.cx.error(self.key_location().diagnostic(message));
    }

    /// Notes a warning about the field, once per `subject`.
    pub(crate) fn warn_once(&self, subject: impl Into<String>, message: impl Into<String>) {
        let diagnostic: Diagnostic = self.key_location().diagnostic(message);
        self.cx.warn_once(subject.into(), diagnostic);
    }

    fn located(&self, at: Position) -> Location {
        Location { file: self.cx.file.clone(), line: at.line, column: at.column, path: self.path.clone() }
    }
}
