//! What a route changes about headers, at all levels, in the order in which it is done.

use crate::format::{self, Facts, Purpose};
use bytes::Bytes;
use hyper::header::HeaderValue;
use tollgate_config::{AppendAction, Format, MessageMutations};
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::{RouteInfo, StreamInfo};

/// Changes of one message.
#[derive(Debug, Default)]
pub(crate) struct Changes(Box<[Change]>);

#[derive(Debug)]
enum Change {
    Remove(Box<str>),
    Add { name: FieldName, value: Value, action: AppendAction, keep_empty_value: bool },
}

#[derive(Debug)]
enum Value {
    Fixed(Bytes),
    Formatted(Format),
}

/// What values of headers can tell of, beside the headers that are changed.
pub(crate) struct Around<'a> {
    /// The request, where a response is changed.
    pub(crate) request: Option<&'a HeaderMap>,
    pub(crate) info: &'a StreamInfo,
    pub(crate) route: Option<&'a RouteInfo>,
}

impl Changes {
    /// The changes of several levels, those that are made first at the front.
    pub(crate) fn new<'a>(levels: impl IntoIterator<Item = &'a MessageMutations>) -> Self {
        let mut changes = Vec::new();
        for level in levels {
            changes.extend(level.remove.iter().map(|name| Change::Remove(name.as_str().into())));
            changes.extend(level.add.iter().map(|addition| Change::Add {
                name: FieldName::from_bytes(addition.name.as_bytes()),
                value: match addition.value.as_text() {
                    Some(text) => Value::Fixed(Bytes::copy_from_slice(text.as_bytes())),
                    None => Value::Formatted(addition.value.clone()),
                },
                action: addition.action,
                keep_empty_value: addition.keep_empty_value,
            }));
        }
        Self(changes.into())
    }

    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether values depend on the request.
    pub(crate) fn asks_for_facts(&self) -> bool {
        self.0.iter().any(|change| matches!(change, Change::Add { value: Value::Formatted(_), .. }))
    }

    /// Makes the changes, one after the other, so that a value can tell of headers that came before.
    pub(crate) fn apply(&self, headers: &mut HeaderMap, around: &Around<'_>) {
        for change in &self.0 {
            match change {
                Change::Remove(name) => {
                    headers.remove(name.as_bytes());
                }
                Change::Add { name, value, action, keep_empty_value } => {
                    let value = match value {
                        Value::Fixed(value) => value.clone(),
                        Value::Formatted(format) => {
                            let Some(value) = filled(format, headers, around) else { continue };
                            value
                        }
                    };
                    if *keep_empty_value || !value.is_empty() {
                        add(headers, name.clone(), value, *action);
                    }
                }
            }
        }
    }
}

/// The value of a format. `None` if it cannot stand in a header, which no part of a request should bring about.
fn filled(format: &Format, headers: &HeaderMap, around: &Around<'_>) -> Option<Bytes> {
    let (request, response) = match around.request {
        Some(request) => (request, Some(headers)),
        None => (headers, None),
    };
    let facts = Facts { response, route: around.route, ..Facts::new(request, around.info) };
    let value = format::fill_in(format, &facts, Purpose::Value);
    HeaderValue::from_bytes(&value).is_ok().then(|| value.into())
}

fn add(headers: &mut HeaderMap, name: FieldName, value: Bytes, action: AppendAction) {
    let is_there = headers.value(name.as_bytes()).is_some();
    match action {
        AppendAction::AddIfAbsent if is_there => {}
        AppendAction::OverwriteIfExists if !is_there => {}
        AppendAction::AddIfAbsent | AppendAction::AppendIfExistsOrAdd => headers.add(name, value),
        AppendAction::OverwriteIfExists | AppendAction::OverwriteIfExistsOrAdd => headers.replace(name, value),
    }
}
