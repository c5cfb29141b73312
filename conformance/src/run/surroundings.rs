//! What may differ from the suite's own run: for comparisons with another host, which sees a case on the wire.

use super::facts::Facts;
use crate::case::Step;
use std::rc::Rc;
use tollgate_abi::LogLevel;
use tollgate_host::fields::HeaderMap;
use tollgate_host::trace::Crossing;
use tollgate_testkit::rig::{CallEvent, Event};

/// What may differ from the suite's own run.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Sees everything that happens.
    pub watch: Option<Rc<dyn Watch>>,
    /// Changes a guest's text before it is compiled.
    pub guest: Option<fn(&str) -> String>,
    /// What becomes of a request's headers on the way to the host; told the name of the stream.
    pub request_headers: Option<fn(HeaderMap, Option<&str>) -> HeaderMap>,
    /// Plugins run as in a proxy: loggers start before filters, the host is told where a response comes from, a stream is over once the client
    /// has all of its response, and then nobody speaks on it.
    pub like_a_proxy: bool,
    /// Addresses of the peers.
    pub facts: Facts,
}

/// Sees everything that happens in a run, in order.
pub trait Watch {
    /// The module does not load, or a plugin does not start.
    fn refused(&self);
    /// A step of the dialogue begins; `None`: its end, where streams that are left are over, then the plugins.
    fn step(&self, step: Option<&Step>);
    /// The metrics of the process are shown, in lines.
    fn metrics(&self, lines: &[String]);
    /// The plugins stop.
    fn stops(&self);
    /// Something crosses between host and guest.
    fn crossed(&self, context_id: u32, crossing: &Crossing<'_>);
    /// Something is logged, by the guest or by the host.
    fn logged(&self, level: LogLevel, message: &[u8]);
    /// A peer of a stream sees something.
    fn saw(&self, stream: Option<&str>, event: &Event);
    /// An upstream sees something of a call.
    fn called(&self, number: usize, event: &CallEvent);
}
