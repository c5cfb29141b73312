//! `LocalReplyConfig` of the HTTP connection manager: what answers look like that do not come from an upstream.

use crate::data_source::{self, DataSource};
use crate::diagnostics::Location;
use crate::fields::local_reply::{BODY_FORMAT, LOCAL_REPLY_CONFIG, RESPONSE_MAPPER};
use crate::header_mutations::{self, MessageMutations};
use crate::log_filter::{self, LogFilter};
use crate::reader::{Cursor, Object};
use crate::written_log::{self, LogFormat};

/// Envoy's `local_reply_config`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocalReplies {
    /// Envoy's `mappers`: the first whose filter holds is used.
    pub mappers: Vec<ResponseMapper>,
    /// Envoy's `body_format`, where the mapper has none of its own. Without one, bodies stay as they are.
    pub body_format: Option<BodyFormat>,
}

/// Envoy's `ResponseMapper`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseMapper {
    /// Envoy's `filter`: which answers it is for.
    pub filter: LogFilter,
    /// Envoy's `status_code`, from 200 to 599, in place of the answer's own.
    pub status_code: Option<u16>,
    /// Envoy's `body`, in place of the answer's own.
    pub body: Option<Vec<u8>>,
    /// Envoy's `body_format_override`.
    pub body_format: Option<BodyFormat>,
    /// Envoy's `headers_to_add`.
    pub headers: MessageMutations,
    /// Where the mapper stands in the file.
    pub location: Location,
}

/// What bodies are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyFormat {
    /// `text_format_source` or `json_format`, in which `%LOCAL_REPLY_BODY%` stands for the body as it was.
    pub format: LogFormat,
    /// Envoy's `content_type`; `text/plain` or `application/json` by default.
    pub content_type: Option<String>,
}

/// Decodes a `LocalReplyConfig`.
pub(crate) fn decode(at: &Cursor<'_>) -> LocalReplies {
    let Some(object) = Object::open(at, &LOCAL_REPLY_CONFIG) else { return LocalReplies::default() };
    let mappers = object.get("mappers").map(|at| at.items()).unwrap_or_default();
    LocalReplies {
        mappers: mappers.iter().filter_map(decode_mapper).collect(),
        body_format: object.get("body_format").and_then(|at| decode_format(&at)),
    }
}

fn decode_mapper(at: &Cursor<'_>) -> Option<ResponseMapper> {
    let object = Object::open(at, &RESPONSE_MAPPER)?;
    let filter = object.required("filter", "which answers it is for").and_then(|at| log_filter::decode(&at));
    let status = object.get("status_code").and_then(|at| at.integer(200, 599));
    let body = object.get("body").and_then(|at| match data_source::decode(&at)? {
        DataSource::Inline(bytes) => Some(bytes),
        DataSource::File { .. } => {
            at.error("a body in a file of its own is not supported by Tollgate; write it as inline_string");
            None
        }
    });
    let add = header_mutations::decode_additions(&object, "headers_to_add");
    Some(ResponseMapper {
        filter: filter?,
        status_code: status.and_then(|status| u16::try_from(status).ok()),
        body,
        body_format: object.get("body_format_override").and_then(|at| decode_format(&at)),
        headers: MessageMutations { remove: Vec::new(), add: add.into_iter().map(|(addition, _)| addition).collect() },
        location: at.location(),
    })
}

fn decode_format(at: &Cursor<'_>) -> Option<BodyFormat> {
    let object = Object::open(at, &BODY_FORMAT)?;
    let content_type = object.get("content_type").and_then(|at| {
        let text = at.text()?;
        if text.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
            at.error("a header's value has no control characters, such as line feeds");
        }
        Some(text.to_owned())
    });
    let format = written_log::decode_format(&object)?;
    Some(BodyFormat { format, content_type: content_type.filter(|text| !text.is_empty()) })
}
