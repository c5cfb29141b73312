//! The calls that plugins make, over the worker's own connections to clusters.
//!
//! ```text
//! host --Upstreams--> Callouts --mail--> run() --spawns--> a task per call
//! host <------Worker::handle_*---------- run() <--mail---- its outcome
//! ```
//!
//! What the host asks for while a guest runs is only noted; one task per worker does it, and delivers what comes of it.

mod frames;
mod grpc;
mod http;

pub(crate) use grpc::grpc_timeout;

use crate::cluster::Upstream;
use bytes::Bytes;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tollgate_host::callouts::{AnswerRoom, CallId, GrpcRequest, HttpCall, HttpCallResponse, Upstreams};
use tollgate_host::fields::HeaderMap;
use tollgate_host::plugin::Worker;

/// The clusters of a worker, by name.
type Clusters = Rc<HashMap<String, Rc<Upstream>>>;

/// What has come of a call. What is kept for it takes room until it has been delivered.
#[derive(Debug)]
enum Outcome {
    Response(HttpCallResponse, Option<AnswerRoom>),
    /// There is no response, and why.
    Failure(&'static str),
    InitialMetadata(HeaderMap),
    Message(Bytes, Option<AnswerRoom>),
    TrailingMetadata(HeaderMap),
    Close {
        status: u32,
        message: Bytes,
    },
}

impl Outcome {
    /// Whether it is the last that comes of a call. A message is the last of a unary call, whose task ends with it.
    fn is_last(&self) -> bool {
        matches!(self, Self::Response(..) | Self::Failure(_) | Self::Close { .. })
    }
}

/// What a plugin does with a stream.
enum Command {
    Message(Bytes),
    Close,
}

/// What is to be done.
enum Mail {
    Http(HttpCall),
    Grpc(GrpcRequest, Bytes, Option<Duration>),
    Stream(GrpcRequest),
    Command(Command),
    Cancel,
    Outcome(Outcome),
    /// A message of this length has left.
    Sent(usize),
    /// Everything before it has been delivered: whose task waits for that may go on.
    Mark(oneshot::Sender<()>),
}

/// Takes note of what plugins ask for.
#[derive(Clone)]
pub(crate) struct Callouts {
    clusters: Clusters,
    mail: UnboundedSender<(CallId, Mail)>,
}

/// Does it.
pub(crate) struct Caller {
    clusters: Clusters,
    mail: UnboundedSender<(CallId, Mail)>,
    inbox: UnboundedReceiver<(CallId, Mail)>,
    calls: HashMap<CallId, Call>,
}

/// A call under way.
struct Call {
    task: AbortHandle,
    /// Leads to the task of a stream.
    commands: Option<UnboundedSender<Command>>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The calls of a worker over these clusters, and who makes them.
pub(crate) fn new(clusters: Clusters) -> (Callouts, Caller) {
    let (mail, inbox) = mpsc::unbounded_channel();
    let caller = Caller { clusters: clusters.clone(), mail: mail.clone(), inbox, calls: HashMap::new() };
    (Callouts { clusters, mail }, caller)
}

impl Callouts {
    fn note(&self, id: CallId, mail: Mail) {
        // When the worker has ended, nobody makes calls any more, nor waits for them.
        let _ = self.mail.send((id, mail));
    }
}

impl Upstreams for Callouts {
    fn knows(&self, upstream: &str) -> bool {
        self.clusters.contains_key(upstream)
    }

    fn http_call(&self, id: CallId, call: HttpCall) {
        self.note(id, Mail::Http(call));
    }

    fn grpc_call(&self, id: CallId, request: GrpcRequest, message: Bytes, timeout: Option<Duration>) {
        self.note(id, Mail::Grpc(request, message, timeout));
    }

    fn grpc_stream(&self, id: CallId, request: GrpcRequest) {
        self.note(id, Mail::Stream(request));
    }

    fn grpc_send(&self, id: CallId, message: Bytes) {
        self.note(id, Mail::Command(Command::Message(message)));
    }

    fn grpc_close(&self, id: CallId) {
        self.note(id, Mail::Command(Command::Close));
    }

    fn cancel(&self, id: CallId) {
        self.note(id, Mail::Cancel);
    }
}

impl Caller {
    /// Makes the calls of a worker's plugins, for as long as the worker lives.
    pub(crate) async fn run(mut self, worker: Worker) {
        while let Some((id, mail)) = self.inbox.recv().await {
            match mail {
                Mail::Http(call) => {
                    let upstream = self.clusters.get(&call.upstream).cloned();
                    let room = worker.answer_room(id);
                    self.spawn(id, None, |events| async move { events.send(http::call(upstream, call, room).await) });
                }
                Mail::Grpc(request, message, timeout) => {
                    let upstream = self.clusters.get(&request.upstream).cloned();
                    let room = worker.answer_room(id);
                    self.spawn(id, None, |events| async move {
                        events.send(grpc::unary(upstream, request, message, timeout, room).await);
                    });
                }
                Mail::Stream(request) => {
                    let upstream = self.clusters.get(&request.upstream).cloned();
                    let (commands, inbox) = mpsc::unbounded_channel();
                    let room = worker.answer_room(id);
                    self.spawn(id, Some(commands), |events| grpc::stream(upstream, request, inbox, events, room));
                }
                Mail::Command(command) => {
                    if let Some(commands) = self.calls.get(&id).and_then(|call| call.commands.as_ref()) {
                        // A stream that has ended takes no more, and has said so.
                        let _ = commands.send(command);
                    }
                }
                Mail::Cancel => {
                    self.calls.remove(&id);
                }
                Mail::Outcome(outcome) => {
                    let is_unary = self.calls.get(&id).is_some_and(|call| call.commands.is_none());
                    if outcome.is_last() || is_unary {
                        self.calls.remove(&id);
                    }
                    deliver(&worker, id, outcome);
                }
                Mail::Sent(message) => worker.handle_grpc_sent(id, message),
                Mail::Mark(passed) => {
                    let _ = passed.send(());
                }
            }
        }
    }

    fn spawn<F: Future<Output = ()> + 'static>(
        &mut self,
        id: CallId,
        commands: Option<UnboundedSender<Command>>,
        task: impl FnOnce(Events) -> F,
    ) {
        let task = tokio::task::spawn_local(task(Events { id, mail: self.mail.clone() })).abort_handle();
        self.calls.insert(id, Call { task, commands });
    }
}

/// Where a call's task tells what has come.
struct Events {
    id: CallId,
    mail: UnboundedSender<(CallId, Mail)>,
}

impl Events {
    fn send(&self, outcome: Outcome) {
        let _ = self.mail.send((self.id, Mail::Outcome(outcome)));
    }

    /// A message of this length has left.
    fn sent(&self, message: usize) {
        let _ = self.mail.send((self.id, Mail::Sent(message)));
    }

    /// Waits until the plugin has been told what was sent: an upstream that has much to say waits for a slow plugin.
    async fn delivered(&self) {
        let (mark, passed) = oneshot::channel();
        let _ = self.mail.send((self.id, Mail::Mark(mark)));
        let _ = passed.await;
    }
}

fn deliver(worker: &Worker, id: CallId, outcome: Outcome) {
    match outcome {
        Outcome::Response(response, _room) => worker.handle_http_call_response(id, response),
        Outcome::Failure(reason) => worker.handle_http_call_failure(id, reason),
        Outcome::InitialMetadata(metadata) => worker.handle_grpc_initial_metadata(id, metadata),
        Outcome::Message(message, _room) => worker.handle_grpc_message(id, message),
        Outcome::TrailingMetadata(metadata) => worker.handle_grpc_trailing_metadata(id, metadata),
        Outcome::Close { status, message } => worker.handle_grpc_close(id, status, &message),
    }
}

impl fmt::Debug for Callouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callouts").finish_non_exhaustive()
    }
}
