//! The dialogue of a case: what the peers send, and what they see.

use super::calls::Calls;
use super::connections::Connections;
use super::surroundings::Surroundings;
use super::transcript::{Transcript, data, fields};
use super::{facts, metrics};
use crate::case::{Case, ForeignFunctionStep, HeadersStep, Message, StatsStep, Step};
use anyhow::{Context as _, bail};
use std::rc::Rc;
use std::time::Duration;
use tollgate_abi::encoding::stats::{self, Counter, Gauge};
use tollgate_host::fields::HeaderMap;
use tollgate_host::plugin::{PluginHandle, Worker};
use tollgate_host::services::Clock as _;
use tollgate_host::stream::{FilterChain, LocalResponse};
use tollgate_testkit::clock::VirtualClock;
use tollgate_testkit::rig::{Conversation, Event, Side};

/// A dialogue that runs.
pub(super) struct Dialogue<'a> {
    case: &'a Case,
    chain: FilterChain,
    loggers: Vec<PluginHandle>,
    workers: Vec<Worker>,
    clock: VirtualClock,
    transcript: Transcript,
    calls: Calls,
    streams: Vec<Stream>,
    connections: Connections,
    surroundings: Surroundings,
}

struct Stream {
    name: Option<String>,
    conversation: Conversation,
    started: u64,
    finished: bool,
    answered: bool,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(
        case: &'a Case,
        handles: Vec<PluginHandle>,
        workers: Vec<Worker>,
        clock: VirtualClock,
        transcript: Transcript,
        calls: Calls,
        surroundings: Surroundings,
    ) -> Self {
        let (loggers, filters): (Vec<_>, Vec<_>) =
            handles.into_iter().zip(&case.header.plugin).partition(|(_, header)| header.access_log);
        let handles = |placed: Vec<(PluginHandle, _)>| placed.into_iter().map(|(handle, _)| handle);
        let loggers: Vec<_> = handles(loggers).collect();
        let chain =
            FilterChain::new(handles(filters), case.header.buffer_limit).with_access_loggers(loggers.iter().cloned());
        let connections = Connections::new(clock.clone(), transcript.clone(), surroundings.facts);
        Self { case, chain, loggers, workers, clock, transcript, calls, streams: Vec::new(), connections, surroundings }
    }

    /// Takes every step, then ends the streams that are left and stops the plugins.
    pub(super) fn run(mut self) -> anyhow::Result<()> {
        for step in &self.case.header.dialogue {
            if let Some(watch) = &self.surroundings.watch {
                watch.step(Some(step));
            }
            self.step(step)?;
            self.calls.show();
            self.finish_answered();
        }
        if let Some(watch) = &self.surroundings.watch {
            watch.step(None);
        }
        for index in 0..self.streams.len() {
            self.finish(index, "is over");
        }
        self.calls.show();
        self.streams.clear();
        self.connections.finish_all();
        self.transcript.line("plugins stop");
        if let Some(watch) = &self.surroundings.watch {
            watch.stops();
        }
        // Nothing else keeps them: they are told now.
        drop(self.chain);
        drop(self.loggers);
        self.calls.show();
        Ok(())
    }

    fn step(&mut self, step: &Step) -> anyhow::Result<()> {
        if let Some(milliseconds) = step.advance {
            self.advance(milliseconds);
            return Ok(());
        }
        if let Some(update) = &step.stats_update {
            return self.stats_update(update);
        }
        if let Some(name) = &step.stop {
            return self.stop(name);
        }
        if step.mail.is_some() {
            self.transcript.line("events of queues are delivered");
            self.workers.iter().for_each(Worker::handle_mail);
            return Ok(());
        }
        if step.metrics.is_some() {
            let services = self.workers[0].services();
            let lines = metrics::lines(&services.metrics);
            lines.iter().for_each(|line| self.transcript.line(line));
            if let Some(watch) = &self.surroundings.watch {
                watch.metrics(&lines);
            }
            return Ok(());
        }
        if self.calls.step(step) {
            self.wake();
            return Ok(());
        }
        if let Some(call) = &step.foreign_function {
            return self.foreign_function(call);
        }
        if self.connections.concerns(step) {
            return self.connections.step(step, &self.chain);
        }
        if self.surroundings.like_a_proxy && !step.begins_stream() && self.is_over(step.stream.as_deref()) {
            return Ok(());
        }
        let index = self.stream(step.stream.as_deref());
        if let Some(message) = &step.request {
            self.message(index, Side::Client, message);
        } else if let Some(message) = &step.response {
            self.message(index, Side::Upstream, message);
        } else if let Some(headers) = &step.request_headers {
            self.headers(index, Side::Client, headers);
        } else if let Some(headers) = &step.response_headers {
            self.headers(index, Side::Upstream, headers);
        } else if let Some(body) = &step.request_body {
            self.body(index, Side::Client, body.data.bytes(), body.end);
        } else if let Some(body) = &step.response_body {
            self.body(index, Side::Upstream, body.data.bytes(), body.end);
        } else if let Some(trailers) = &step.request_trailers {
            self.trailers(index, Side::Client, &trailers.fields);
        } else if let Some(trailers) = &step.response_trailers {
            self.trailers(index, Side::Upstream, &trailers.fields);
        } else if let Some(answer) = &step.local_response {
            self.say(index, &format!("proxy answers {} {:?}", answer.status, answer.body));
            self.streams[index].conversation.local_response(LocalResponse {
                status: answer.status,
                details: answer.details.clone(),
                body: answer.body.clone().into(),
                ..LocalResponse::default()
            });
            self.show(index);
        } else if step.wake.is_some() {
            self.say(index, "stream wakes");
            self.streams[index].conversation.wake();
            self.show(index);
        } else {
            self.finish(index, if step.hang_up.is_some() { "ends: the client goes away" } else { "is over" });
        }
        Ok(())
    }

    /// Lets time pass, and the timers of all workers run when they are due.
    fn advance(&self, milliseconds: u64) {
        self.transcript.line(&format!("{milliseconds} ms pass"));
        let end = self.clock.monotonic_nanos() + Duration::from_millis(milliseconds).as_nanos() as u64;
        while let Some(due) = self.workers.iter().filter_map(Worker::next_timer).min().filter(|due| *due <= end) {
            self.clock.advance(Duration::from_nanos(due.saturating_sub(self.clock.monotonic_nanos())));
            let left = Duration::from_nanos(end - due).as_millis() as u64;
            self.transcript.line(&format!("a timer is due after {} ms", milliseconds - left));
            self.workers.iter().for_each(Worker::handle_timers);
        }
        self.clock.advance(Duration::from_nanos(end - self.clock.monotonic_nanos()));
    }

    /// Wakes every stream and connection that has been asked for something, as a driver is woken.
    fn wake(&mut self) {
        for index in 0..self.streams.len() {
            if self.streams[index].conversation.stream().has_mail() && !self.streams[index].finished {
                self.say(index, "stream wakes");
                self.streams[index].conversation.wake();
                self.show(index);
            }
        }
        self.connections.wake();
    }

    fn message(&mut self, index: usize, side: Side, message: &Message) {
        let headers = HeadersStep {
            method: message.method.clone(),
            path: message.path.clone(),
            status: message.status,
            headers: message.headers.clone(),
            end: message.body.is_empty() && message.trailers.is_empty(),
        };
        self.headers(index, side, &headers);
        let pieces = message.body.len();
        for (number, piece) in message.body.iter().enumerate() {
            let last = number + 1 == pieces && message.trailers.is_empty() && !message.end_alone;
            self.body(index, side, piece.bytes(), last);
        }
        if message.end_alone && message.trailers.is_empty() {
            self.body(index, side, bytes::Bytes::new(), true);
        }
        if !message.trailers.is_empty() {
            self.trailers(index, side, &message.trailers);
        }
    }

    fn headers(&mut self, index: usize, side: Side, step: &HeadersStep) {
        let mut map = with_pseudo_headers(side, step);
        if let (Side::Client, Some(change)) = (side, self.surroundings.request_headers) {
            map = change(map, self.streams[index].name.as_deref());
        }
        if self.begins(index, side, &format!("headers {}", fields(&map)), step.end) {
            if self.surroundings.like_a_proxy && side == Side::Upstream {
                self.streams[index].conversation.info_mut().response_code_details = Some("via_upstream".to_owned());
            }
            self.streams[index].conversation.headers(side, map, step.end);
            self.show(index);
        }
    }

    fn body(&mut self, index: usize, side: Side, bytes: bytes::Bytes, end: bool) {
        if self.begins(index, side, &format!("body {}", data(&bytes)), end) {
            self.streams[index].conversation.body(side, bytes, end);
            self.show(index);
        }
    }

    fn trailers(&mut self, index: usize, side: Side, trailers: &[(String, String)]) {
        let map: HeaderMap = trailers.iter().map(|(name, value)| (&**name, &**value)).collect();
        if self.begins(index, side, &format!("trailers {}", fields(&map)), true) {
            self.streams[index].conversation.trailers(side, map);
            self.show(index);
        }
    }

    /// Announces a part. False if there is nobody to send it: an upstream that was not asked has nothing to answer.
    fn begins(&mut self, index: usize, side: Side, what: &str, end: bool) -> bool {
        let asked = self.streams[index].conversation.upstream_is_asked();
        let (who, kind) = if side == Side::Client { ("client", "request") } else { ("upstream", "response") };
        if side == Side::Upstream && !asked {
            self.say(index, "upstream has nothing to answer");
            return false;
        }
        self.say(index, &format!("{who} sends {kind} {what}{}", ending(end)));
        true
    }

    /// Writes down what the peers see.
    fn show(&mut self, index: usize) {
        for event in self.streams[index].conversation.events() {
            if matches!(event, Event::RequestHeaders { .. }) {
                self.streams[index].conversation.info_mut().upstream = facts::of_upstream(&self.surroundings.facts);
            }
            self.say(index, &seen(&event));
            self.streams[index].answered |= ends_response(&event);
            if let Some(watch) = &self.surroundings.watch {
                watch.saw(self.streams[index].name.as_deref(), &event);
            }
        }
        for (side, who) in [(Side::Client, "client"), (Side::Upstream, "upstream")] {
            if self.streams[index].conversation.waits(side) {
                self.say(index, &format!("{who} is made to wait"));
            }
        }
    }

    /// Ends streams whose client has everything, where they do not wait for the dialogue's end.
    fn finish_answered(&mut self) {
        if self.surroundings.like_a_proxy {
            for index in 0..self.streams.len() {
                if self.streams[index].answered {
                    self.finish(index, "is over");
                }
            }
        }
    }

    fn finish(&mut self, index: usize, how: &str) {
        if std::mem::replace(&mut self.streams[index].finished, true) {
            return;
        }
        self.say(index, &format!("stream {how}"));
        let stream = &mut self.streams[index];
        let duration = self.clock.monotonic_nanos() - stream.started;
        stream.conversation.info_mut().duration_nanos = Some(duration as i64);
        stream.conversation.finish();
        self.show(index);
    }

    fn foreign_function(&self, call: &ForeignFunctionStep) -> anyhow::Result<()> {
        let named = |handle: &&PluginHandle| handle.plugin().spec().name == call.plugin;
        let Some(handle) = self.chain.plugins().iter().find(named) else {
            bail!("there is no plugin {:?} to call", call.plugin);
        };
        self.transcript.line(&format!("foreign function {} calls plugin {:?}", call.id, call.plugin));
        if let Err(error) = handle.call_foreign_function(call.id, call.arguments.clone().into()) {
            self.transcript.line(&format!("it does not get through: {error}"));
        }
        Ok(())
    }

    fn stats_update(&self, update: &StatsStep) -> anyhow::Result<()> {
        let all = self.chain.plugins().iter().chain(&self.loggers);
        let Some(sink) = all.into_iter().find(|handle| handle.plugin().spec().name == update.plugin) else {
            bail!("there is no plugin {:?} to tell of statistics", update.plugin);
        };
        let counters =
            update.counters.iter().map(|(name, value, delta)| Counter { name, value: *value, delta: *delta });
        let gauges = update.gauges.iter().map(|(name, value)| Gauge { name, value: *value });
        let bytes = stats::encode(&counters.collect::<Vec<_>>(), &gauges.collect::<Vec<_>>());
        self.transcript.line("statistics are handed over");
        sink.handle_stats_update(bytes.context("the statistics are too long")?.into());
        Ok(())
    }

    fn stop(&mut self, name: &str) -> anyhow::Result<()> {
        let is_other = |handle: &PluginHandle| handle.plugin().spec().name != name;
        let (stays, goes): (Vec<_>, Vec<_>) = self.chain.plugins().iter().cloned().partition(is_other);
        let (loggers, quiet): (Vec<_>, Vec<_>) = self.loggers.drain(..).partition(is_other);
        if goes.is_empty() && quiet.is_empty() {
            bail!("there is no plugin {name:?} to stop");
        }
        self.loggers = loggers;
        self.transcript.line(&format!("plugin {name:?} stops"));
        self.chain =
            FilterChain::new(stays, self.case.header.buffer_limit).with_access_loggers(self.loggers.iter().cloned());
        Ok(())
    }

    /// Whether the latest stream of a name is over.
    fn is_over(&self, name: Option<&str>) -> bool {
        self.streams.iter().rfind(|stream| stream.name.as_deref() == name).is_some_and(|stream| stream.finished)
    }

    /// Place of a stream, which begins when it is first named.
    fn stream(&mut self, name: Option<&str>) -> usize {
        let known = self.streams.iter().rposition(|stream| stream.name.as_deref() == name);
        if let Some(index) = known
            && !self.streams[index].finished
        {
            return index;
        }
        let stream = self.chain.open(facts::of_stream(&self.clock, &self.surroundings.facts), Rc::new(facts::Routes));
        self.streams.push(Stream {
            name: name.map(str::to_owned),
            conversation: Conversation::new(stream),
            started: self.clock.monotonic_nanos(),
            finished: false,
            answered: false,
        });
        self.streams.len() - 1
    }

    fn say(&self, index: usize, what: &str) {
        match &self.streams[index].name {
            Some(name) => self.transcript.line(&format!("[{name}] {what}")),
            None => self.transcript.line(what),
        }
    }
}

/// Whether the client has nothing more to wait for.
fn ends_response(event: &Event) -> bool {
    match event {
        Event::ResponseHeaders { end_of_stream, .. } | Event::ResponseBody { end_of_stream, .. } => *end_of_stream,
        Event::ResponseTrailers(_) | Event::Reset => true,
        _ => false,
    }
}

fn ending(end: bool) -> &'static str {
    if end { ", end of stream" } else { "" }
}

fn seen(event: &Event) -> String {
    match event {
        Event::RequestHeaders { headers, end_of_stream } => {
            format!("upstream receives headers {}{}", fields(headers), ending(*end_of_stream))
        }
        Event::RequestBody { data: bytes, end_of_stream } => {
            format!("upstream receives body {}{}", data(bytes), ending(*end_of_stream))
        }
        Event::RequestTrailers(trailers) => format!("upstream receives trailers {}", fields(trailers)),
        Event::ResponseHeaders { headers, end_of_stream } => {
            format!("client receives headers {}{}", fields(headers), ending(*end_of_stream))
        }
        Event::ResponseBody { data: bytes, end_of_stream } => {
            format!("client receives body {}{}", data(bytes), ending(*end_of_stream))
        }
        Event::ResponseTrailers(trailers) => format!("client receives trailers {}", fields(trailers)),
        Event::Abandoned => "upstream is abandoned".to_owned(),
        Event::Reset => "stream is reset".to_owned(),
    }
}

fn with_pseudo_headers(side: Side, step: &HeadersStep) -> HeaderMap {
    let status = step.status.unwrap_or(200).to_string();
    let mut pairs = match side {
        Side::Client => vec![
            (":method", step.method.as_deref().unwrap_or("GET")),
            (":path", step.path.as_deref().unwrap_or("/")),
            (":authority", "example.com"),
        ],
        Side::Upstream => vec![(":status", &*status)],
    };
    pairs.extend(step.headers.iter().map(|(name, value)| (&**name, &**value)));
    pairs.into_iter().collect()
}
