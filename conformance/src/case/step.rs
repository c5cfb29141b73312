//! What the peers of a stream do, step by step.

use super::call::{CloseStep, HttpCallFailureStep, HttpCallResponseStep, MessageStep, MetadataStep, ResolutionStep};
use anyhow::ensure;
use serde::Deserialize;

/// One step of a dialogue: exactly one of the actions.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// The stream it is about; a dialogue may have several, which begin when they are first named.
    pub stream: Option<String>,
    /// The client sends a whole request.
    pub request: Option<Message>,
    /// The upstream sends a whole response.
    pub response: Option<Message>,
    /// The client sends headers.
    pub request_headers: Option<HeadersStep>,
    /// The client sends a piece of body.
    pub request_body: Option<BodyStep>,
    /// The client sends trailers.
    pub request_trailers: Option<TrailersStep>,
    /// The upstream sends headers.
    pub response_headers: Option<HeadersStep>,
    /// The upstream sends a piece of body.
    pub response_body: Option<BodyStep>,
    /// The upstream sends trailers.
    pub response_trailers: Option<TrailersStep>,
    /// The proxy itself answers.
    pub local_response: Option<LocalResponseStep>,
    /// A client connects: the stream is a TCP connection. False: and its upstream does not take it.
    pub connect: Option<bool>,
    /// The client of a TCP connection sends bytes.
    pub downstream_data: Option<BodyStep>,
    /// The upstream of a TCP connection sends bytes.
    pub upstream_data: Option<BodyStep>,
    /// The client breaks the TCP connection off.
    pub downstream_reset: Option<bool>,
    /// The upstream breaks the TCP connection off.
    pub upstream_reset: Option<bool>,
    /// The stream does what other streams have asked of it.
    pub wake: Option<bool>,
    /// The client goes away.
    pub hang_up: Option<bool>,
    /// The stream is over.
    pub finish: Option<bool>,
    /// Statistics are handed to a stats sink.
    pub stats_update: Option<StatsStep>,
    /// Time passes, in milliseconds.
    pub advance: Option<u64>,
    /// The plugin of this name is no longer used.
    pub stop: Option<String>,
    /// Workers deliver the events of queues that have come.
    pub mail: Option<bool>,
    /// The metrics of the process are shown.
    pub metrics: Option<bool>,
    /// An upstream responds to an HTTP call.
    pub http_call_response: Option<HttpCallResponseStep>,
    /// An HTTP call gets no response.
    pub http_call_failure: Option<HttpCallFailureStep>,
    /// An upstream sends initial metadata.
    pub grpc_initial_metadata: Option<MetadataStep>,
    /// An upstream sends a message.
    pub grpc_message: Option<MessageStep>,
    /// An upstream sends trailing metadata.
    pub grpc_trailing_metadata: Option<MetadataStep>,
    /// A gRPC call ends.
    pub grpc_close: Option<CloseStep>,
    /// A name has been resolved.
    pub resolved: Option<ResolutionStep>,
    /// The proxy calls a plugin back.
    pub foreign_function: Option<ForeignFunctionStep>,
}

/// A whole message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Message {
    /// Method of a request.
    pub method: Option<String>,
    /// Path of a request.
    pub path: Option<String>,
    /// Status of a response.
    pub status: Option<u32>,
    /// Fields after the pseudo-headers.
    pub headers: Vec<(String, String)>,
    /// Pieces of the body; none: the message has no body.
    pub body: Vec<Body>,
    /// The body's end comes alone, after the last piece, as in HTTP/1.
    pub end_alone: bool,
    /// Trailers; none: the message has no trailers.
    pub trailers: Vec<(String, String)>,
}

/// A piece of a body.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Body {
    /// These bytes.
    Text(String),
    /// A text many times.
    Repeated {
        /// The text.
        text: String,
        /// How often.
        times: usize,
    },
}

/// Headers, with pseudo-headers in front as in [`Message`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadersStep {
    /// Method of a request.
    pub method: Option<String>,
    /// Path of a request.
    pub path: Option<String>,
    /// Status of a response.
    pub status: Option<u32>,
    /// Fields after the pseudo-headers.
    pub headers: Vec<(String, String)>,
    /// Nothing follows.
    pub end: bool,
}

/// A piece of body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyStep {
    /// The piece.
    pub data: Body,
    /// Nothing follows.
    #[serde(default)]
    pub end: bool,
}

/// Trailers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailersStep {
    /// The fields.
    pub fields: Vec<(String, String)>,
}

/// A call of `proxy_on_foreign_function`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForeignFunctionStep {
    /// Name of the plugin.
    pub plugin: String,
    /// Which function calls.
    pub id: u32,
    /// Its arguments.
    pub arguments: String,
}

/// An answer of the proxy's own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalResponseStep {
    /// Status code.
    pub status: u32,
    /// Reason for logs.
    pub details: String,
    /// Body.
    pub body: String,
}

/// Statistics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatsStep {
    /// Name of the plugin that is told.
    pub plugin: String,
    /// Names, values, and growth since the last time.
    #[serde(default)]
    pub counters: Vec<(String, u64, u64)>,
    /// Names and values.
    #[serde(default)]
    pub gauges: Vec<(String, u64)>,
}

impl Body {
    /// The bytes.
    pub fn bytes(&self) -> bytes::Bytes {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Repeated { text, times } => text.repeat(*times).into(),
        }
    }
}

impl Step {
    /// Whether a stream begins with it.
    pub fn begins_stream(&self) -> bool {
        self.request.is_some() || self.request_headers.is_some()
    }

    /// Refuses a step that does nothing, or two things.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let actions = [
            self.request.is_some(),
            self.response.is_some(),
            self.request_headers.is_some(),
            self.request_body.is_some(),
            self.request_trailers.is_some(),
            self.response_headers.is_some(),
            self.response_body.is_some(),
            self.response_trailers.is_some(),
            self.local_response.is_some(),
            self.connect.is_some(),
            self.downstream_data.is_some(),
            self.upstream_data.is_some(),
            self.downstream_reset.is_some(),
            self.upstream_reset.is_some(),
            self.wake.is_some(),
            self.hang_up.is_some(),
            self.finish.is_some(),
            self.stats_update.is_some(),
            self.advance.is_some(),
            self.resolved.is_some(),
            self.foreign_function.is_some(),
            self.stop.is_some(),
            self.mail.is_some(),
            self.metrics.is_some(),
            self.http_call_response.is_some(),
            self.http_call_failure.is_some(),
            self.grpc_initial_metadata.is_some(),
            self.grpc_message.is_some(),
            self.grpc_trailing_metadata.is_some(),
            self.grpc_close.is_some(),
        ];
        let count = actions.into_iter().filter(|action| *action).count();
        ensure!(count == 1, "a step of the dialogue does exactly one thing, not {count}: {self:?}");
        Ok(())
    }
}
