//! Calls of plugins in a dialogue: what upstreams see of them, and what they answer.

use super::surroundings::Surroundings;
use super::transcript::{Transcript, data, fields};
use crate::case::{Body, Step};
use std::time::Duration;
use tollgate_host::callouts::{CallId, GrpcRequest, HttpCallResponse};
use tollgate_host::fields::HeaderMap;
use tollgate_host::plugin::Worker;
use tollgate_host::resolver::ResolvedAddress;
use tollgate_testkit::rig::{CallEvent, ScriptedResolver, ScriptedUpstreams};

/// The upstreams of a case, and whom they answer.
pub(super) struct Calls {
    upstreams: ScriptedUpstreams,
    resolver: ScriptedResolver,
    workers: Vec<Worker>,
    transcript: Transcript,
    surroundings: Surroundings,
}

impl Calls {
    pub(super) fn new(
        upstreams: ScriptedUpstreams,
        resolver: ScriptedResolver,
        workers: Vec<Worker>,
        transcript: Transcript,
        surroundings: Surroundings,
    ) -> Self {
        Self { upstreams, resolver, workers, transcript, surroundings }
    }

    /// Writes down what the upstreams have seen.
    pub(super) fn show(&self) {
        for (number, event) in self.upstreams.events() {
            self.transcript.line(&format!("call {number} {}", seen(&event)));
            if let Some(watch) = &self.surroundings.watch {
                watch.called(number, &event);
            }
            if let (CallEvent::Message(message), Some(id)) = (&event, self.upstreams.id(number)) {
                self.each(|worker| worker.handle_grpc_sent(id, message.len()));
            }
        }
        for (number, name) in self.resolver.names() {
            self.transcript.line(&format!("resolution {number} of {name:?} begins"));
        }
    }

    /// Does what a step says about a call; a call that was not made has no answer. False if the step is about something
    /// else.
    pub(super) fn step(&self, step: &Step) -> bool {
        if let Some(response) = &step.http_call_response {
            let number = response.call;
            let status = response.status.to_string();
            // Envoy's client says how long it took.
            let took = self.surroundings.like_a_proxy.then_some(("x-envoy-upstream-service-time", "0"));
            let headers = [(":status", &*status)].into_iter().chain(pairs(&response.headers)).chain(took).collect();
            let body = response.body.as_ref().map(Body::bytes).unwrap_or_default();
            let trailers: HeaderMap = pairs(&response.trailers).collect();
            let response = HttpCallResponse { headers, body, trailers };
            let (headers, trailers) = (fields(&response.headers), fields(&response.trailers));
            let body = data(&response.body);
            let what = format!("is answered: headers {headers}, body {body}, trailers {trailers}");
            self.answer(number, &what, |worker, id| worker.handle_http_call_response(id, response.clone()));
        } else if let Some(failure) = &step.http_call_failure {
            self.answer(failure.call, &format!("fails: {}", failure.reason), |worker, id| {
                worker.handle_http_call_failure(id, &failure.reason);
            });
        } else if let Some(metadata) = &step.grpc_initial_metadata {
            let map: HeaderMap = pairs(&metadata.fields).collect();
            self.answer(metadata.call, &format!("is sent initial metadata {}", fields(&map)), |worker, id| {
                worker.handle_grpc_initial_metadata(id, map.clone());
            });
        } else if let Some(message) = &step.grpc_message {
            let bytes = message.data.bytes();
            self.answer(message.call, &format!("is sent message {}", data(&bytes)), |worker, id| {
                worker.handle_grpc_message(id, bytes.clone());
            });
        } else if let Some(metadata) = &step.grpc_trailing_metadata {
            let map: HeaderMap = pairs(&metadata.fields).collect();
            self.answer(metadata.call, &format!("is sent trailing metadata {}", fields(&map)), |worker, id| {
                worker.handle_grpc_trailing_metadata(id, map.clone());
            });
        } else if let Some(close) = &step.grpc_close {
            let what = format!("ends: status {}, {:?}", close.status, close.message);
            self.answer(close.call, &what, |worker, id| {
                worker.handle_grpc_close(id, close.status, close.message.as_bytes());
            });
        } else if let Some(step) = &step.resolved {
            let addresses = step.addresses.as_ref().map(|addresses| {
                let resolved = |(address, seconds): &(_, u64)| ResolvedAddress {
                    address: *address,
                    ttl: Duration::from_secs(*seconds),
                };
                addresses.iter().map(resolved).collect::<Vec<_>>()
            });
            let number = step.resolution;
            let what = match &step.addresses {
                Some(addresses) => format!("comes to {addresses:?}"),
                None => "fails".to_owned(),
            };
            let Some(id) = self.resolver.id(number) else {
                self.transcript.line(&format!("resolution {number} was not begun"));
                return true;
            };
            self.transcript.line(&format!("resolution {number} {what}"));
            self.each(|worker| worker.handle_resolution(id, addresses.as_deref()));
        } else {
            return false;
        }
        true
    }

    /// Tells every worker; the one whose call it is knows.
    fn each(&self, tell: impl Fn(&Worker)) {
        self.workers.iter().for_each(tell);
    }

    fn answer(&self, number: usize, what: &str, tell: impl Fn(&Worker, CallId)) {
        let Some(id) = self.upstreams.id(number) else {
            return self.transcript.line(&format!("call {number} was not made"));
        };
        self.transcript.line(&format!("call {number} {what}"));
        self.each(|worker| tell(worker, id));
    }
}

fn pairs(fields: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().map(|(name, value)| (&**name, &**value))
}

fn seen(event: &CallEvent) -> String {
    match event {
        CallEvent::Http(call) => format!(
            "goes to {:?}: headers {}, body {}, trailers {}, {}",
            call.upstream,
            fields(&call.headers),
            data(&call.body),
            fields(&call.trailers),
            patience(call.timeout)
        ),
        CallEvent::Grpc { request, message, timeout } => {
            format!("goes to {}, message {}, {}", asked(request), data(message), patience(*timeout))
        }
        CallEvent::Stream(request) => format!("opens a stream to {}", asked(request)),
        CallEvent::Message(message) => format!("sends message {}", data(message)),
        CallEvent::Closed => "sends no more".to_owned(),
        CallEvent::Cancelled => "is cancelled".to_owned(),
    }
}

fn asked(request: &GrpcRequest) -> String {
    let authority = request.authority.as_ref().map_or_else(String::new, |authority| format!(" as {authority:?}"));
    let (path, metadata) = (request.path.escape_ascii(), fields(&request.metadata));
    format!("{:?}{authority}: gRPC {path}, metadata {metadata}", request.upstream)
}

fn patience(timeout: Option<Duration>) -> String {
    timeout.map_or_else(|| "no timeout".to_owned(), |timeout| format!("timeout {} ms", timeout.as_millis()))
}
