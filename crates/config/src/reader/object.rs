//! A mapping read as a message: every key is looked up in the message's table first.

use crate::fields::{self, Message, Support};
use crate::reader::Cursor;
use crate::yaml::{Node, Value};

/// A message whose fields have been checked against its table.
pub(crate) struct Object<'a> {
    /// The mapping itself.
    pub(crate) at: Cursor<'a>,
    message: &'static Message,
    /// The table's name of each field given, refused ones included, with its value.
    given: Vec<(&'static str, Cursor<'a>)>,
    /// Fields that were probably meant by unknown names; their absence is not reported again.
    misspelt: Vec<&'static str>,
}

// === impl Object ===

impl<'a> Object<'a> {
    /// Checks the fields of a mapping against `message`, noting what is wrong. `None` when it is no mapping.
    pub(crate) fn open(at: &Cursor<'a>, message: &'static Message) -> Option<Self> {
        Self::open_skipping(at, message, "")
    }

    /// As [`open`](Self::open), for a mapping in which the key `skip` has another meaning.
    pub(crate) fn open_skipping(at: &Cursor<'a>, message: &'static Message, skip: &str) -> Option<Self> {
        let Value::Mapping(entries) = &at.node.value else {
            at.error(format!("expected a mapping with the fields of {}, found {}", message.name, at.node.kind()));
            return None;
        };
        let mut object = Self { at: at.clone(), message, given: Vec::new(), misspelt: Vec::new() };
        for entry in entries.iter().filter(|entry| skip.is_empty() || entry.key != skip) {
            object.check(&entry.key, at.entry(entry));
        }
        Some(object)
    }

    /// The value of a field, if given. Of a field that is refused, it tells only that it was reported.
    pub(crate) fn get(&self, name: &str) -> Option<Cursor<'a>> {
        debug_assert!(
            self.message.fields.iter().any(|field| field.name == name),
            "{name} is in the table of {}",
            self.message.name
        );
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.clone())
    }

    /// The field `typed_config`, if it says anything: `{}` stands for none in the examples of SDKs.
    pub(crate) fn typed_config(&self) -> Option<Cursor<'a>> {
        self.get("typed_config").filter(|at| !at.is_empty_mapping())
    }

    /// As [`get`](Self::get); its absence is noted with what to write.
    pub(crate) fn required(&self, name: &str, hint: &str) -> Option<Cursor<'a>> {
        let found = self.get(name);
        if found.is_none() {
            let hint = if hint.is_empty() { String::new() } else { format!(": {hint}") };
            self.missing(&[name], format!("{} needs the field \"{name}\"{hint}", self.message.name));
        }
        found
    }

    /// A number of 64 bits that the message must have, and that must not be 0; that it is, is noted.
    pub(crate) fn required_positive(&self, name: &str, hint: &str) -> Option<u64> {
        let at = self.required(name, hint)?;
        let value = at.unsigned_64()?;
        if value == 0 {
            at.error(format!("{name} must be at least 1"));
        }
        Some(value)
    }

    /// Notes that none of `names` was given, unless an unknown name seems to stand for one of them.
    pub(crate) fn missing(&self, names: &[&str], message: impl Into<String>) {
        if !self.misspelt.iter().any(|meant| names.contains(meant)) {
            self.at.error(message);
        }
    }

    /// The first field given of those that exclude each other. More than one is noted as an error.
    pub(crate) fn one_of(&self, names: &[&'static str]) -> Option<(&'static str, Cursor<'a>)> {
        let mut present = names.iter().filter_map(|name| self.get(name).map(|value| (*name, value)));
        let first = present.next()?;
        let line = first.1.key_location().line;
        // A field that is refused has been reported already.
        for (name, value) in present.filter(|(name, _)| self.is_acted(name)) {
            value.key_error(format!(
                "\"{name}\" excludes \"{}\", which is given on line {line}; keep one of them",
                first.0
            ));
        }
        Some(first)
    }

    fn is_acted(&self, name: &str) -> bool {
        self.message.find(name).is_some_and(|field| matches!(field.support, Support::Acted))
    }

    /// Whether a field was given, refused or not.
    pub(crate) fn was_given(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| *given == name)
    }

    /// Whether no field was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Whether the configuration of a filter was given by a field that is refused, and so already reported.
    pub(crate) fn has_config_elsewhere(&self) -> bool {
        self.was_given("config") || self.was_given("config_discovery")
    }

    fn check(&mut self, key: &str, value: Cursor<'a>) {
        let Some(field) = self.message.find(key) else {
            if value.cx.is_full() {
                // Guessing takes time, and nobody would read the guess.
                return;
            }
            let (message, meant) = fields::unknown(self.message, key);
            self.misspelt.extend(meant);
            value.key_error(message);
            return;
        };
        if let Some((_, earlier)) = self.given.iter().find(|(name, _)| *name == field.name) {
            let line = earlier.key_location().line;
            value.key_error(format!(
                "field \"{}\" is given twice, here and on line {line}, in its two spellings",
                field.name
            ));
            return;
        }
        if value.node.is_absent() {
            return;
        }
        match field.support {
            Support::Acted => {}
            Support::Harmless { why } => value.warn_once(
                format!("{}.{}", self.message.name, field.name),
                format!("field \"{key}\" has no effect in Tollgate: {why}"),
            ),
            Support::Misplaced { to } => {
                value.key_error(format!("field \"{key}\" does not belong here; {to}"));
            }
            Support::Only { accepted, instead } => {
                if !accepts(accepted, value.node) {
                    value.key_error(format!("{}; {instead}", refusal(key, value.node)));
                }
            }
            Support::Refused { instead } => {
                value.key_error(format!("field \"{key}\" of Envoy is not supported by Tollgate; {instead}"));
            }
            Support::Renamed { to } => {
                value.key_error(format!("field \"{key}\" is an older name that Envoy no longer reads; {to}"));
            }
        }
        self.given.push((field.name, value));
    }
}

/// For a field of which other values are taken.
fn refusal(key: &str, node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => format!("value {:?} of field \"{key}\" is not supported by Tollgate", scalar.text),
        _ => format!("field \"{key}\" of Envoy is not supported by Tollgate"),
    }
}

/// Whether a value is one of those that ask for nothing: `{}` stands for an empty mapping, the rest for scalars.
fn accepts(accepted: &[&str], node: &Node) -> bool {
    match &node.value {
        Value::Mapping(entries) => entries.is_empty() && accepted.contains(&"{}"),
        Value::Scalar(scalar) => accepted.iter().any(|text| text.eq_ignore_ascii_case(&scalar.text)),
        Value::Sequence(_) => false,
    }
}
