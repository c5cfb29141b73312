//! What a route changes about headers, at all levels, in the order in which it is done.

use crate::format::{self, Facts, Purpose};
use bytes::Bytes;
use hyper::header::HeaderValue;
use tollgate_config::{AppendAction, Format, MessageMutations};
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::{RouteInfo, StreamInfo};

/// Changes of one message, level by level.
#[derive(Debug, Default)]
pub(crate) struct Changes(Box<[Level]>);

/// What one level changes.
#[derive(Debug)]
struct Level {
    remove: Box<[Box<str>]>,
    add: Box<[Addition]>,
}

#[derive(Debug)]
struct Addition {
    name: FieldName,
    value: Value,
    action: AppendAction,
    keep_empty_value: bool,
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
        let levels = levels.into_iter().filter(|level| !level.remove.is_empty() || !level.add.is_empty());
        Self(levels.map(Level::new).collect())
    }

    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether values depend on the request.
    pub(crate) fn asks_for_facts(&self) -> bool {
        self.0.iter().flat_map(|level| &level.add).any(|addition| matches!(addition.value, Value::Formatted(_)))
    }

    /// Makes the changes, so that a value can tell of what a level before has added.
    pub(crate) fn apply(&self, headers: &mut HeaderMap, around: &Around<'_>) {
        for level in &self.0 {
            level.apply(headers, around);
        }
    }
}

impl Level {
    fn new(mutations: &MessageMutations) -> Self {
        let add = mutations.add.iter().map(|addition| Addition {
            name: FieldName::from_bytes(addition.name.as_bytes()),
            value: match addition.value.as_text() {
                Some(text) => Value::Fixed(Bytes::copy_from_slice(text.as_bytes())),
                None => Value::Formatted(addition.value.clone()),
            },
            action: addition.action,
            keep_empty_value: addition.keep_empty_value,
        });
        Self { remove: mutations.remove.iter().map(|name| name.as_str().into()).collect(), add: add.collect() }
    }

    /// As in Envoy: fields are removed, then all that is added looks at what is left, and what overwrites is written first. So
    /// of one level, no addition sees another.
    fn apply(&self, headers: &mut HeaderMap, around: &Around<'_>) {
        for name in &self.remove {
            headers.remove(name.as_bytes());
        }
        let mut overwriting = Vec::new();
        let mut adding = Vec::new();
        for addition in &self.add {
            let value = match &addition.value {
                Value::Fixed(value) => Some(value.clone()),
                Value::Formatted(format) => filled(format, headers, around),
            };
            let Some(value) = value.filter(|value| addition.keep_empty_value || !value.is_empty()) else { continue };
            let is_there = headers.value(addition.name.as_bytes()).is_some();
            match addition.action {
                AppendAction::AddIfAbsent if is_there => {}
                AppendAction::OverwriteIfExists if !is_there => {}
                AppendAction::AddIfAbsent | AppendAction::AppendIfExistsOrAdd => adding.push((&addition.name, value)),
                AppendAction::OverwriteIfExists | AppendAction::OverwriteIfExistsOrAdd => {
                    overwriting.push((&addition.name, value));
                }
            }
        }
        for (name, value) in overwriting {
            headers.replace(name.clone(), value);
        }
        for (name, value) in adding {
            headers.add(name.clone(), value);
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
