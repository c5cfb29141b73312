//! Upstreams that plugins call: they note what comes, and answer what a test says.

use bytes::Bytes;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tollgate_host::callouts::{CallId, GrpcRequest, HttpCall, Upstreams};

/// What an upstream sees of a call. Calls are numbered from 1 in the order in which they begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// An HTTP call begins.
    Http(HttpCall),
    /// A unary gRPC call begins.
    Grpc {
        /// What it begins with.
        request: GrpcRequest,
        /// Its message.
        message: Bytes,
        /// How long it may take.
        timeout: Option<Duration>,
    },
    /// A gRPC stream is opened.
    Stream(GrpcRequest),
    /// A message comes on a stream.
    Message(Bytes),
    /// The plugin sends no more on a stream.
    Closed,
    /// The plugin is not interested any more.
    Cancelled,
}

/// Upstreams that note what comes. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct ScriptedUpstreams {
    inner: Rc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    names: Vec<String>,
    calls: RefCell<Vec<CallId>>,
    events: RefCell<Vec<(usize, CallEvent)>>,
}

impl ScriptedUpstreams {
    /// Upstreams of these names.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { inner: Rc::new(Inner { names, ..Inner::default() }) }
    }

    /// The id of a call by its number.
    pub fn id(&self, number: usize) -> Option<CallId> {
        self.inner.calls.borrow().get(number.checked_sub(1)?).copied()
    }

    /// What has been seen since the last time, with the numbers of the calls.
    pub fn events(&self) -> Vec<(usize, CallEvent)> {
        self.inner.events.take()
    }

    fn begin(&self, id: CallId, event: CallEvent) {
        self.inner.calls.borrow_mut().push(id);
        self.note(id, event);
    }

    fn note(&self, id: CallId, event: CallEvent) {
        // A token may come back once its call is over; the last one is meant.
        let number = self.inner.calls.borrow().iter().rposition(|call| *call == id).map_or(0, |index| index + 1);
        self.inner.events.borrow_mut().push((number, event));
    }
}

impl Upstreams for ScriptedUpstreams {
    fn knows(&self, upstream: &str) -> bool {
        self.inner.names.iter().any(|name| name == upstream)
    }

    fn http_call(&self, id: CallId, call: HttpCall) {
        self.begin(id, CallEvent::Http(call));
    }

    fn grpc_call(&self, id: CallId, request: GrpcRequest, message: Bytes, timeout: Option<Duration>) {
        self.begin(id, CallEvent::Grpc { request, message, timeout });
    }

    fn grpc_stream(&self, id: CallId, request: GrpcRequest) {
        self.begin(id, CallEvent::Stream(request));
    }

    fn grpc_send(&self, id: CallId, message: Bytes) {
        self.note(id, CallEvent::Message(message));
    }

    fn grpc_close(&self, id: CallId) {
        self.note(id, CallEvent::Closed);
    }

    fn cancel(&self, id: CallId) {
        self.note(id, CallEvent::Cancelled);
    }
}
