//! A case run here, told as a story.

use super::normal::{GET_PROPERTY, UNPREDICTABLE_PROPERTIES, number};
use super::peers;
use super::story::{Crossing, Part, Peer, Story};
use crate::case::Step;
use crate::run::Watch;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use tollgate_abi::{HostFunction, LogLevel};
use tollgate_host::fields::HeaderMap;
use tollgate_host::trace::{Crossing as Seen, Value};
use tollgate_testkit::rig::{CallEvent, Event};

/// Functions that make the host log what the guest says.
const LOGGING: &[&str] = &["proxy_log", "fd_write", "fd_pwrite", "abort"];

/// Writes the story of a run.
#[derive(Debug, Default)]
pub(super) struct Teller {
    story: RefCell<Story>,
    /// The guest is in a function that logs, so that what is logged is the guest's.
    logging: Cell<bool>,
    step: Cell<usize>,
    /// How many properties the guest has asked for.
    asked: Cell<usize>,
    /// Which of these differ from run to run.
    unpredictable: RefCell<BTreeSet<usize>>,
}

impl Teller {
    /// The story so far.
    pub(super) fn story(&self) -> Story {
        self.story.borrow().clone()
    }

    /// The numbers of the calls that ask for a property that differs from run to run.
    pub(super) fn unpredictable(&self) -> BTreeSet<usize> {
        self.unpredictable.borrow().clone()
    }

    fn ask(&self, function: &HostFunction, args: &[Value], memory: &[u8]) {
        if function.name != GET_PROPERTY {
            return;
        }
        let number = self.asked.get();
        self.asked.set(number + 1);
        if let [Value::I32(at), Value::I32(length), ..] = *args
            && let Some(path) = memory.get(at as u32 as usize..).and_then(|rest| rest.get(..length as u32 as usize))
            && UNPREDICTABLE_PROPERTIES.contains(&path)
        {
            self.unpredictable.borrow_mut().insert(number);
        }
    }

    fn crossing(&self, crossing: Crossing) {
        self.story.borrow_mut().chapter().crossings.push(crossing);
    }

    fn part(&self, stream: Option<&str>, peer: Peer, parts: impl IntoIterator<Item = Part>) {
        let mut story = self.story.borrow_mut();
        story.chapter().parts.entry((stream.unwrap_or_default().to_owned(), peer)).or_default().extend(parts);
    }
}

/// The title of a step's chapter; `None` where the step belongs to the chapter before it, because elsewhere it happens
/// there of its own accord.
pub(super) fn title(number: usize, step: &Step) -> Option<String> {
    (step.wake.is_none() && step.mail.is_none()).then(|| format!("step {number}"))
}

/// The title of the chapter in which streams that are left end.
pub(super) const END: &str = "streams end";

/// The title of the chapter in which the plugins stop.
pub(super) const STOP: &str = "plugins stop";

impl Watch for Teller {
    fn refused(&self) {
        let mut story = self.story.borrow_mut();
        // It ends where it has begun, also where nothing crossed.
        story.chapter();
        story.refused = true;
    }

    fn step(&self, step: Option<&Step>) {
        self.step.set(self.step.get() + 1);
        // Whether it starts is a chapter of its own, also where nothing crosses.
        self.story.borrow_mut().chapter();
        let title = step.map_or_else(|| Some(END.to_owned()), |step| title(self.step.get(), step));
        if let Some(title) = title {
            self.story.borrow_mut().begin(title);
        }
    }

    fn metrics(&self, lines: &[String]) {
        // As Envoy writes them; of histograms it keeps its own account.
        let values = lines.iter().filter_map(|line| {
            let (kind, rest) = line.strip_prefix("metric ")?.split_once(' ')?;
            let (name, value) = rest.strip_prefix('"')?.split_once("\": ")?;
            matches!(kind, "counter" | "gauge").then(|| format!("{name}: {value}"))
        });
        self.story.borrow_mut().chapter().metrics.extend(values);
    }

    fn stops(&self) {
        self.story.borrow_mut().begin(STOP);
    }

    fn crossed(&self, _: u32, crossing: &Seen<'_>) {
        let values = |args: &[Value]| args.iter().copied().map(text).collect::<Vec<_>>();
        self.crossing(match *crossing {
            Seen::Callback { callback, args } => {
                Crossing::Called { name: callback.name.to_owned(), args: values(args) }
            }
            Seen::CallbackReturned { callback, outcome } => Crossing::Returned {
                name: callback.name.to_owned(),
                result: outcome.ok().map(|value| value.map_or_else(|| "void".to_owned(), text)),
            },
            Seen::HostCall { function, args, memory } => {
                self.ask(function, args, memory);
                self.logging.set(LOGGING.contains(&function.name));
                Crossing::Asked { name: function.name.to_owned(), args: values(args) }
            }
            Seen::HostReturned { function, outcome, .. } => {
                self.logging.set(false);
                Crossing::Answered {
                    name: function.name.to_owned(),
                    result: outcome.ok().map(|value| value.map_or_else(|| "void".to_owned(), text)),
                }
            }
            Seen::Allocate { size } => Crossing::Called { name: "allocate".to_owned(), args: vec![size.to_string()] },
            Seen::Allocated { outcome } => Crossing::Returned {
                name: "allocate".to_owned(),
                result: outcome.ok().map(|address| address.to_string()),
            },
        });
    }

    fn logged(&self, level: LogLevel, message: &[u8]) {
        if self.logging.get() {
            self.crossing(Crossing::Logged { level: level.to_string().to_lowercase(), message: message.to_vec() });
        }
    }

    fn called(&self, number: usize, event: &CallEvent) {
        let call = peers::call(number);
        match event {
            CallEvent::Http(http) => {
                let body = (!http.body.is_empty()).then(|| Part::Body(http.body.to_vec()));
                let trailers = (!http.trailers.is_empty()).then(|| Part::Trailers(fields(&http.trailers)));
                let mut headers = fields(&http.headers);
                // As HTTP/2 has it.
                if http.headers.value(b":scheme").is_none() {
                    headers.push((":scheme".to_owned(), "http".to_owned()));
                }
                let parts = [Some(Part::Headers(headers)), body, trailers, Some(Part::End)];
                self.part(Some(&call), Peer::Upstream, parts.into_iter().flatten());
            }
            // What is under way when the plugins stop is not waited for.
            CallEvent::Cancelled if self.story.borrow_mut().chapter().title != STOP => {
                self.part(Some(&call), Peer::Upstream, [Part::Reset]);
            }
            _ => {}
        }
    }

    fn saw(&self, stream: Option<&str>, event: &Event) {
        let end = |end: bool| end.then_some(Part::End);
        match event {
            Event::RequestHeaders { headers, end_of_stream } => {
                self.part(stream, Peer::Upstream, [Part::Headers(fields(headers))]);
                self.part(stream, Peer::Upstream, end(*end_of_stream));
            }
            Event::RequestBody { data, end_of_stream } => {
                self.part(stream, Peer::Upstream, [Part::Body(data.to_vec())]);
                self.part(stream, Peer::Upstream, end(*end_of_stream));
            }
            Event::RequestTrailers(trailers) => {
                self.part(stream, Peer::Upstream, [Part::Trailers(fields(trailers)), Part::End]);
            }
            Event::ResponseHeaders { headers, end_of_stream } => {
                self.part(stream, Peer::Client, [Part::Headers(fields(headers))]);
                self.part(stream, Peer::Client, end(*end_of_stream));
            }
            Event::ResponseBody { data, end_of_stream } => {
                self.part(stream, Peer::Client, [Part::Body(data.to_vec())]);
                self.part(stream, Peer::Client, end(*end_of_stream));
            }
            Event::ResponseTrailers(trailers) => {
                self.part(stream, Peer::Client, [Part::Trailers(fields(trailers)), Part::End]);
            }
            Event::Abandoned => self.part(stream, Peer::Upstream, [Part::Reset]),
            Event::Reset => {
                self.part(stream, Peer::Upstream, [Part::Reset]);
                self.part(stream, Peer::Client, [Part::Reset]);
            }
        }
    }
}

fn text(value: Value) -> String {
    match value {
        Value::I32(value) => (value as u32).to_string(),
        Value::I64(value) => number(&value.to_string()),
        Value::F64(value) => value.to_string(),
    }
}

fn fields(map: &HeaderMap) -> Vec<(String, String)> {
    map.pairs().map(|(name, value)| (name.escape_ascii().to_string(), value.escape_ascii().to_string())).collect()
}
