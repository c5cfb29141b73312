//! Answers that do not come from an upstream, in the form that `local_reply_config` gives them.

use crate::access_log::{lets_through, written};
use crate::format::{Facts, Purpose};
use crate::route::{Around, Changes};
use bytes::Bytes;
use tollgate_config::{BodyFormat, LogFormat, ResponseMapper};
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::{LocalResponse, StreamInfo, status_value};

/// What answers are made into.
#[derive(Debug)]
pub(crate) struct LocalReplies {
    mappers: Vec<(ResponseMapper, Changes)>,
    format: Option<BodyFormat>,
}

impl LocalReplies {
    /// As the configuration says; `None` if it says nothing.
    pub(crate) fn new(config: &tollgate_config::LocalReplies) -> Option<Self> {
        let changes = |mapper: &ResponseMapper| (mapper.clone(), Changes::new([&mapper.headers]));
        let this = Self { mappers: config.mappers.iter().map(changes).collect(), format: config.body_format.clone() };
        (!this.mappers.is_empty() || this.format.is_some()).then_some(this)
    }

    /// Makes an answer into what it is to be.
    pub(crate) fn rewrite(&self, request: Option<&HeaderMap>, info: &StreamInfo, response: &mut LocalResponse) {
        let none = HeaderMap::new();
        let request = request.unwrap_or(&none);
        let mut format = self.format.as_ref();
        let headers = headers(response);
        let facts = Facts { response: Some(&headers), ..Facts::new(request, info) };
        if let Some((mapper, changes)) = self.mappers.iter().find(|(mapper, _)| lets_through(&mapper.filter, &facts)) {
            if let Some(status) = mapper.status_code {
                response.status = u32::from(status);
            }
            if let Some(body) = &mapper.body {
                response.body = Bytes::copy_from_slice(body);
            }
            changes.apply(&mut response.headers, &Around { request: Some(request), info, route: None });
            format = mapper.body_format.as_ref().or(format);
        }
        if let Some(format) = format {
            let headers = self::headers(response);
            let body = response.body.clone();
            let facts = Facts { response: Some(&headers), local_reply_body: Some(&body), ..Facts::new(request, info) };
            response.body = written(&format.format, &facts, Purpose::Text).into();
            let default = match format.format {
                LogFormat::Json(_) => "application/json",
                LogFormat::Text(_) => "text/plain",
            };
            let kind = format.content_type.as_deref().unwrap_or(default);
            response
                .headers
                .replace(const { FieldName::from_static("content-type") }, Bytes::copy_from_slice(kind.as_bytes()));
        }
    }
}

/// The headers of an answer as far as they are known.
fn headers(response: &LocalResponse) -> HeaderMap {
    let mut headers = response.headers.clone();
    headers.append(const { FieldName::from_static(":status") }, status_value(response.status));
    headers
}
