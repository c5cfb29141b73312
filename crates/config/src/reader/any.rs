//! `google.protobuf.Any`: plain, or wrapped in either TypedStruct.

use crate::fields::Message;
use crate::fields::any::TYPED_STRUCT;
use crate::reader::{Cursor, Object};
use crate::yaml::Value;

/// A value that says its own type. The TypedStruct around it, if any, is already taken off.
pub(crate) struct Any<'a> {
    /// Where the type's name stands.
    pub(crate) type_at: Cursor<'a>,
    /// Full name of the message, without the part before the last `/`.
    pub(crate) type_name: &'a str,
    body: Cursor<'a>,
    /// Whether `@type` is a key of the body.
    inline: bool,
}

/// A message known under several type names.
pub(crate) struct TypedMessage {
    /// The name in Envoy v3.
    pub(crate) v3: &'static str,
    /// The name in Envoy v2, read with a warning.
    pub(crate) v2: &'static str,
}

/// Whether a mapping says its own type.
pub(crate) fn is_typed(cursor: &Cursor<'_>) -> bool {
    matches!(&cursor.node.value, Value::Mapping(entries) if entries.iter().any(|entry| entry.key == "@type"))
}

/// The part of a type URL after the last `/`.
pub(crate) fn message_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// Whether a message is a TypedStruct of either age.
pub(crate) fn is_typed_struct(name: &str) -> bool {
    matches!(name, "udpa.type.v1.TypedStruct" | "xds.type.v3.TypedStruct")
}

// === impl Any ===

impl<'a> Any<'a> {
    /// Reads the type of a value; noted as an error, with `hint` for a right one, when there is none.
    pub(crate) fn open(at: &Cursor<'a>, hint: &TypedMessage) -> Option<Self> {
        let entries = at.entries();
        let Some((_, type_at)) = entries.into_iter().find(|(key, _)| *key == "@type") else {
            if matches!(at.node.value, Value::Mapping(_)) {
                at.error(format!(
                    "\"@type\" is missing; it says what this configures, such as \"@type\": \
                     type.googleapis.com/{}",
                    hint.v3
                ));
            }
            return None;
        };
        let type_name = message_name(type_at.nonempty_text()?);
        if !is_typed_struct(type_name) {
            return Some(Self { type_at, type_name, body: at.clone(), inline: true });
        }
        let wrapper = Object::open_skipping(at, &TYPED_STRUCT, "@type")?;
        let type_at = wrapper.required("type_url", "the type of what \"value\" holds")?;
        let type_name = message_name(type_at.nonempty_text()?);
        let body = wrapper.required("value", "a mapping with the fields of the type")?;
        Some(Self { type_at, type_name, body, inline: false })
    }

    /// Whether this is `message`, under its name of v3 or, with a warning, of v2.
    pub(crate) fn is(&self, message: &TypedMessage) -> bool {
        if self.type_name == message.v2 {
            self.type_at.warn_once(
                format!("v2 {}", message.v2),
                format!("this is the v2 name of the type, which Envoy no longer takes; write {}", message.v3),
            );
        }
        self.type_name == message.v3 || self.type_name == message.v2
    }

    /// Whether the type's name differs from `message` by a slip.
    pub(crate) fn is_near(&self, message: &TypedMessage) -> bool {
        strsim::damerau_levenshtein(self.type_name, message.v3) <= 3
    }

    /// The fields of the message.
    pub(crate) fn object(&self, message: &'static Message) -> Option<Object<'a>> {
        Object::open_skipping(&self.body, message, if self.inline { "@type" } else { "" })
    }
}
