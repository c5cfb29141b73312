//! `request_headers_to_add` and its kin: what a route changes about headers.

use crate::fields::header::{HEADER_VALUE, HEADER_VALUE_OPTION};
use crate::format::Format;
use crate::reader::{Cursor, Object};

/// What is changed about the headers of requests and of responses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderMutations {
    /// Envoy's `request_headers_to_add` and `request_headers_to_remove`.
    pub request: MessageMutations,
    /// Envoy's `response_headers_to_add` and `response_headers_to_remove`.
    pub response: MessageMutations,
}

/// What is changed about the headers of one message: first some are removed, then some added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageMutations {
    /// Names in lower case.
    pub remove: Vec<String>,
    /// In the order of the file.
    pub add: Vec<HeaderAddition>,
}

/// A header to add: Envoy's `HeaderValueOption`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderAddition {
    /// Envoy's `header.key`, in lower case: the name of a header as HTTP allows it.
    pub name: String,
    /// Envoy's `header.value` or `raw_value`.
    pub value: Format,
    /// Envoy's `append_action`, or `append`.
    pub action: AppendAction,
    /// Envoy's `keep_empty_value`: add it even if its value is empty. Off by default.
    pub keep_empty_value: bool,
}

/// What becomes of a header that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendAction {
    /// Add it only where it is missing.
    AddIfAbsent,
    /// Add another value, the default.
    AppendIfExistsOrAdd,
    /// Replace it; where it is missing, leave it so.
    OverwriteIfExists,
    /// Replace it, or add it.
    OverwriteIfExistsOrAdd,
}

/// Decodes the four fields of a message that has them.
pub(crate) fn decode(object: &Object<'_>) -> HeaderMutations {
    let message = |add: &str, remove: &str| MessageMutations {
        remove: object.get(remove).map(|at| decode_names(&at)).unwrap_or_default(),
        add: decode_additions(object, add).into_iter().map(|(addition, _)| addition).collect(),
    };
    HeaderMutations {
        request: message("request_headers_to_add", "request_headers_to_remove"),
        response: message("response_headers_to_add", "response_headers_to_remove"),
    }
}

/// Decodes a list of `HeaderValueOption`s, each with its place.
pub(crate) fn decode_additions<'a>(object: &Object<'a>, name: &str) -> Vec<(HeaderAddition, Cursor<'a>)> {
    let items = object.get(name).map(|at| at.items()).unwrap_or_default();
    items.into_iter().filter_map(|at| Some((decode_addition(&at)?, at))).collect()
}

fn decode_names(at: &Cursor<'_>) -> Vec<String> {
    at.items().iter().filter_map(|at| changeable(at.nonempty_text()?, at)).collect()
}

/// Decodes a `HeaderValueOption`.
fn decode_addition(at: &Cursor<'_>) -> Option<HeaderAddition> {
    let object = Object::open(at, &HEADER_VALUE_OPTION)?;
    let header =
        object.required("header", "{key: x-name, value: text}").and_then(|at| Object::open(&at, &HEADER_VALUE));
    let action = match object.one_of(&["append_action", "append"]) {
        Some(("append_action", at)) => at.choice(&[
            ("APPEND_IF_EXISTS_OR_ADD", 0, AppendAction::AppendIfExistsOrAdd),
            ("ADD_IF_ABSENT", 1, AppendAction::AddIfAbsent),
            ("OVERWRITE_IF_EXISTS_OR_ADD", 2, AppendAction::OverwriteIfExistsOrAdd),
            ("OVERWRITE_IF_EXISTS", 3, AppendAction::OverwriteIfExists),
        ]),
        Some((_, at)) => at.boolean().map(|append| {
            if append { AppendAction::AppendIfExistsOrAdd } else { AppendAction::OverwriteIfExistsOrAdd }
        }),
        None => Some(AppendAction::AppendIfExistsOrAdd),
    };
    let keep_empty_value = object.get("keep_empty_value").and_then(|at| at.boolean()).unwrap_or(false);
    let header = header?;
    let name = header.required("key", "the name of a header").and_then(|at| {
        let name = changeable(at.nonempty_text()?, &at)?;
        if matches!(&*name, "connection" | "content-length" | "transfer-encoding") {
            at.error(format!(
                "{name} says how a message is framed, which is not the configuration's to say; remove it"
            ));
            return None;
        }
        Some(name)
    });
    let value = match header.one_of(&["value", "raw_value"]) {
        Some(("value", at)) => at.text().and_then(|text| decode_format(text, &at)),
        Some((_, at)) => at.base64().and_then(|bytes| match String::from_utf8(bytes) {
            Ok(text) => decode_format(&text, &at),
            Err(_) => {
                at.error("raw_value is no text in UTF-8");
                None
            }
        }),
        None => Format::parse("").ok(),
    };
    Some(HeaderAddition { name: name?, value: value?, action: action?, keep_empty_value })
}

/// The format of a header's value.
pub(crate) fn decode_format(text: &str, at: &Cursor<'_>) -> Option<Format> {
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\t' || byte == 0x7f) {
        at.error("a header's value has no control characters, such as line feeds");
        return None;
    }
    Format::parse(text).map_err(|message| at.error(message)).ok()
}

/// The name of a header that may be changed, in lower case.
fn changeable(name: &str, at: &Cursor<'_>) -> Option<String> {
    let name = name.to_ascii_lowercase();
    if name.starts_with(':') || name == "host" {
        at.error(
            "headers that begin with \":\" and host may not be changed so; use the route's host_rewrite_literal, \
             prefix_rewrite and the like",
        );
        return None;
    }
    if !is_token(&name) {
        at.error("this is no name of a header");
        return None;
    }
    Some(name)
}

/// Whether a text can be the name of a header (RFC 9110, 5.6.2).
pub(crate) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

// === impl HeaderMutations ===

impl HeaderMutations {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.request.is_empty() && self.response.is_empty()
    }
}

impl MessageMutations {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.add.is_empty()
    }
}
