//! What comes of calls, on its way to plugins.

use super::{CallId, CallKind};
use crate::fields::HeaderMap;
use crate::plugin::Worker;
use crate::vm::{Instance, VmError};
use bytes::Bytes;
use tollgate_abi::{BufferType, MapType};

/// `proxy_get_status` after a failed HTTP call: `BROKEN_CONNECTION` of Envoy's statuses.
const BROKEN_CONNECTION: u32 = 11;

/// The response to an HTTP call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpCallResponse {
    /// Fields with `:status`.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Trailers; empty if there are none.
    pub trailers: HeaderMap,
}

/// What the running callback is about.
#[derive(Debug, Default)]
pub(crate) enum Answer {
    #[default]
    None,
    Http(HttpCallResponse),
    /// No response has come of an HTTP call: its maps are empty, and there is no body.
    HttpFailure,
    InitialMetadata(HeaderMap),
    Message(Bytes),
    TrailingMetadata(HeaderMap),
}

impl Answer {
    /// The bytes of this type, while the callback runs that they came with.
    pub(crate) fn buffer(&self, buffer: BufferType) -> Option<&Bytes> {
        match (self, buffer) {
            (Self::Http(response), BufferType::HttpCallResponseBody) => Some(&response.body),
            (Self::Message(message), BufferType::GrpcCallMessage) => Some(message),
            _ => None,
        }
    }

    /// The map of this type, while the callback runs that it came with.
    pub(crate) fn map(&self, map: MapType) -> Option<&HeaderMap> {
        static EMPTY: HeaderMap = HeaderMap::new();
        match (self, map) {
            (Self::Http(response), MapType::HttpCallResponseHeaders) => Some(&response.headers),
            (Self::Http(response), MapType::HttpCallResponseTrailers) => Some(&response.trailers),
            (Self::HttpFailure, MapType::HttpCallResponseHeaders | MapType::HttpCallResponseTrailers) => Some(&EMPTY),
            (Self::InitialMetadata(map), MapType::GrpcCallInitialMetadata)
            | (Self::TrailingMetadata(map), MapType::GrpcCallTrailingMetadata) => Some(map),
            _ => None,
        }
    }
}

/// What host functions see of the calls of a plugin context.
#[derive(Debug, Default)]
pub(crate) struct CallEvents {
    pub(crate) answer: Answer,
    /// Code of the last call that failed or ended.
    pub(crate) status: u32,
    /// What the code means; empty outside the callback that tells.
    pub(crate) message: Bytes,
}

/// The outcomes of calls. Those of calls that nobody waits for any more are dropped: cancelled ones, and those of plugins
/// and VMs that are gone.
///
/// To be called between callbacks, never from inside [`Upstreams`](super::Upstreams).
impl Worker {
    /// The response to an HTTP call has come, from the upstream or made in its place.
    pub fn handle_http_call_response(&self, id: CallId, response: HttpCallResponse) {
        let (headers, body) = (count(response.headers.len()), count(response.body.len()));
        let trailers = count(response.trailers.len());
        let events = |events: &mut CallEvents| events.answer = Answer::Http(response);
        self.deliver(id, &[CallKind::Http], true, events, "proxy_on_http_call_response", |i, plugin, token| {
            i.on_http_call_response(plugin, token, headers, body, trailers)
        });
    }

    /// An HTTP call has failed without a response: it was reset, or its response is more than may be buffered. The reason
    /// is what `proxy_get_status` tells.
    pub fn handle_http_call_failure(&self, id: CallId, reason: &str) {
        let reason = Bytes::copy_from_slice(reason.as_bytes());
        let events = |events: &mut CallEvents| {
            *events = CallEvents { answer: Answer::HttpFailure, status: BROKEN_CONNECTION, message: reason };
        };
        self.deliver(id, &[CallKind::Http], true, events, "proxy_on_http_call_response", |i, plugin, token| {
            i.on_http_call_response(plugin, token, 0, 0, 0)
        });
    }

    /// Initial metadata of a gRPC stream have come. Those of a unary call are of no interest to plugins.
    pub fn handle_grpc_initial_metadata(&self, id: CallId, metadata: HeaderMap) {
        let size = count(metadata.len());
        let events = |events: &mut CallEvents| events.answer = Answer::InitialMetadata(metadata);
        let name = "proxy_on_grpc_receive_initial_metadata";
        self.deliver(id, &[CallKind::GrpcStream], false, events, name, |i, plugin, token| {
            i.on_grpc_receive_initial_metadata(plugin, token, size)
        });
    }

    /// A message of a gRPC stream has come, or that of a unary call whose status is OK, which it ends.
    pub fn handle_grpc_message(&self, id: CallId, message: Bytes) {
        let size = count(message.len());
        let ends = CallKind::of(id.token) == Some(CallKind::Grpc);
        let events = |events: &mut CallEvents| events.answer = Answer::Message(message);
        let kinds = &[CallKind::Grpc, CallKind::GrpcStream];
        self.deliver(id, kinds, ends, events, "proxy_on_grpc_receive", |i, plugin, token| {
            i.on_grpc_receive(plugin, token, size)
        });
    }

    /// Trailing metadata of a gRPC stream have come. Those of a unary call are of no interest to plugins.
    pub fn handle_grpc_trailing_metadata(&self, id: CallId, metadata: HeaderMap) {
        let size = count(metadata.len());
        let events = |events: &mut CallEvents| events.answer = Answer::TrailingMetadata(metadata);
        let name = "proxy_on_grpc_receive_trailing_metadata";
        self.deliver(id, &[CallKind::GrpcStream], false, events, name, |i, plugin, token| {
            i.on_grpc_receive_trailing_metadata(plugin, token, size)
        });
    }

    /// A gRPC stream has ended, or a unary call has failed, with a status of gRPC and a message.
    pub fn handle_grpc_close(&self, id: CallId, status: u32, message: &[u8]) {
        let message = Bytes::copy_from_slice(message);
        let events =
            |events: &mut CallEvents| *events = CallEvents { answer: Answer::None, status, message };
        let kinds = &[CallKind::Grpc, CallKind::GrpcStream];
        self.deliver(id, kinds, true, events, "proxy_on_grpc_close", |i, plugin, token| {
            i.on_grpc_close(plugin, token, status as i32)
        });
    }

    /// Calls a callback of the plugin whose call it is, with the answer in view for as long as it runs.
    fn deliver(
        &self,
        id: CallId,
        kinds: &[CallKind],
        ends: bool,
        see: impl FnOnce(&mut CallEvents),
        callback: &'static str,
        call: impl FnOnce(&mut dyn Instance, i32, i32) -> Result<Option<()>, VmError>,
    ) {
        if !CallKind::of(id.token).is_some_and(|kind| kinds.contains(&kind)) {
            return;
        }
        let Some(vm) = self.vm_by_id(id.vm) else { return };
        let waiting = vm.with_state(|state| {
            let plugin = state.calls.arrives(id.token, ends)?;
            Some((plugin, state.contexts.get(&plugin)?.plugin.clone()))
        });
        let Some((plugin, context)) = waiting else { return };
        see(&mut context.calls.borrow_mut());
        // A trap is logged and told to the streams; there is nothing to add.
        let _ = vm.notify(plugin, callback, |instance| call(instance, plugin as i32, id.token as i32));
        let mut events = context.calls.borrow_mut();
        events.answer = Answer::None;
        events.message = Bytes::new();
        drop(events);
        if ends {
            vm.with_state(|state| state.calls.told(id.token));
        }
    }
}

/// A number as plugins are told it.
fn count(n: usize) -> i32 {
    u32::try_from(n).unwrap_or(u32::MAX) as i32
}
