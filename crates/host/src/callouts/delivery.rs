//! What comes of calls, on its way to plugins.

use super::{CallId, CallKind};
use crate::fields::HeaderMap;
use crate::plugin::{GrpcEvent, Vm, VmFailed, Worker};
use bytes::Bytes;
use tollgate_abi::callbacks::rows;
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
        self.http(id, events, headers, body, trailers);
    }

    /// An HTTP call has failed without a response: it was reset, or its response is more than may be buffered. The reason
    /// is what `proxy_get_status` tells.
    pub fn handle_http_call_failure(&self, id: CallId, reason: &str) {
        let message = Bytes::copy_from_slice(reason.as_bytes());
        let failed = CallEvents { answer: Answer::HttpFailure, status: BROKEN_CONNECTION, message };
        self.http(id, |events| *events = failed, 0, 0, 0);
    }

    /// A message of this length, in bytes and without its frame, has left on a stream ([`Upstreams::grpc_send`]).
    ///
    /// [`Upstreams::grpc_send`]: super::Upstreams::grpc_send
    pub fn handle_grpc_sent(&self, id: CallId, message: usize) {
        if let Some(vm) = self.vm_by_id(id.vm) {
            vm.with_state(|state| state.calls.sent(id.token, message));
        }
    }

    fn http(&self, id: CallId, see: impl FnOnce(&mut CallEvents), headers: i32, body: i32, trailers: i32) {
        let token = id.token as i32;
        self.deliver_call(id, &[CallKind::Http], true, see, |vm, plugin| {
            vm.notify(plugin, rows::on_http_call_response.name, |instance| {
                instance.on_http_call_response(plugin as i32, token, headers, body, trailers)
            })
        });
    }

    /// Initial metadata of a gRPC stream have come. Those of a unary call are of no interest to plugins.
    pub fn handle_grpc_initial_metadata(&self, id: CallId, metadata: HeaderMap) {
        let event = GrpcEvent::InitialMetadata { call_id: id.token as i32, count: count(metadata.len()) };
        let see = |events: &mut CallEvents| events.answer = Answer::InitialMetadata(metadata);
        self.grpc(id, &[CallKind::GrpcStream], false, see, event);
    }

    /// A message of a gRPC stream has come, or that of a unary call whose status is OK, which it ends.
    pub fn handle_grpc_message(&self, id: CallId, message: Bytes) {
        let event = GrpcEvent::Message { call_id: id.token as i32, size: count(message.len()) };
        let ends = CallKind::of(id.token) == Some(CallKind::Grpc);
        let see = |events: &mut CallEvents| events.answer = Answer::Message(message);
        self.grpc(id, &[CallKind::Grpc, CallKind::GrpcStream], ends, see, event);
    }

    /// Trailing metadata of a gRPC stream have come. Those of a unary call are of no interest to plugins.
    pub fn handle_grpc_trailing_metadata(&self, id: CallId, metadata: HeaderMap) {
        let event = GrpcEvent::TrailingMetadata { call_id: id.token as i32, count: count(metadata.len()) };
        let see = |events: &mut CallEvents| events.answer = Answer::TrailingMetadata(metadata);
        self.grpc(id, &[CallKind::GrpcStream], false, see, event);
    }

    /// A gRPC stream has ended, or a unary call has failed, with a status of gRPC and a message.
    pub fn handle_grpc_close(&self, id: CallId, status: u32, message: &[u8]) {
        let event = GrpcEvent::Closed { call_id: id.token as i32, status_code: status as i32 };
        let closed = CallEvents { answer: Answer::None, status, message: Bytes::copy_from_slice(message) };
        self.grpc(id, &[CallKind::Grpc, CallKind::GrpcStream], true, |events| *events = closed, event);
    }

    fn grpc(&self, id: CallId, kinds: &[CallKind], ends: bool, see: impl FnOnce(&mut CallEvents), event: GrpcEvent) {
        self.deliver_call(id, kinds, ends, see, |vm, plugin| vm.deliver(plugin, event));
    }

    /// Tells the plugin whose call it is, with the answer in view for as long as the callback runs.
    fn deliver_call(
        &self,
        id: CallId,
        kinds: &[CallKind],
        ends: bool,
        see: impl FnOnce(&mut CallEvents),
        tell: impl FnOnce(&Vm, u32) -> Result<Option<()>, VmFailed>,
    ) {
        if !CallKind::of(id.token).is_some_and(|kind| kinds.contains(&kind)) {
            return;
        }
        let Some(vm) = self.vm_by_id(id.vm) else { return };
        let waiting = vm.with_state(|state| {
            let plugin = state.calls.arrives(id.token, ends)?;
            Some((plugin, state.contexts.get(plugin)?.plugin.clone()))
        });
        let Some((plugin, context)) = waiting else { return };
        see(&mut context.calls.borrow_mut());
        // A trap is logged and told to the streams; there is nothing to add.
        let _ = tell(&vm, plugin);
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
