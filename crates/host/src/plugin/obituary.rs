//! What is logged of a VM that has failed: enough to find out why without seeing it happen again.

use crate::context::Context;
use crate::fields::HeaderMap;
use crate::vm::VmError;
use std::fmt;

/// Most bytes of a request's method, authority or path that are shown.
const MOST: usize = 256;

/// How a VM has failed. As text, a line each: the callback and why it ended; the guest's stack; the request; the guest's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obituary {
    /// Nanoseconds since the Unix epoch.
    pub wall_nanos: u64,
    /// The callback that was running.
    pub callback: &'static str,
    /// Why it ended.
    pub message: String,
    /// The guest's stack, innermost first, as far as the engine tells.
    pub backtrace: Vec<String>,
    /// Method, authority and path of the request that it was about, if it was about one. Other bytes than those of ASCII text are escaped.
    pub request: Option<String>,
    /// Bytes of the guest's memory.
    pub memory_bytes: u64,
    /// Fuel that the callback had used, where fuel is counted.
    pub fuel: Option<u64>,
}

impl Obituary {
    pub(super) fn new(
        callback: &'static str,
        error: &VmError,
        context: Option<&Context>,
        (memory_bytes, fuel): (u64, Option<u64>),
        wall_nanos: u64,
    ) -> Self {
        let exchange = context.and_then(|context| context.kind.stream()).map(|(exchange, _)| exchange.borrow());
        let request = exchange.as_ref().and_then(|exchange| exchange.request.headers.as_ref()).map(|headers| {
            let part = |name: &[u8]| shown(headers, name);
            format!("{} {}{}", part(b":method"), part(b":authority"), part(b":path"))
        });
        let backtrace = error.backtrace().iter().map(ToString::to_string).collect();
        Self { wall_nanos, callback, message: error.to_string(), backtrace, request, memory_bytes, fuel }
    }
}

impl fmt::Display for Obituary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function: {} failed: {}", self.callback, self.message)?;
        self.backtrace.iter().try_for_each(|frame| write!(f, "\n  at {frame}"))?;
        if let Some(request) = &self.request {
            write!(f, "\n  request: {request}")?;
        }
        write!(f, "\n  memory: {} bytes", self.memory_bytes)?;
        self.fuel.map_or(Ok(()), |used| write!(f, "\n  fuel: {used} used"))
    }
}

/// A value as text in one line; nothing for what is not there.
fn shown(headers: &HeaderMap, name: &[u8]) -> String {
    let value = headers.value(name).map(|value| &value[..]).unwrap_or_default();
    let end = if value.len() > MOST { "..." } else { "" };
    format!("{}{end}", value[..value.len().min(MOST)].escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::{MOST, Obituary};
    use crate::context::{Context, ContextKind, PluginContext};
    use crate::plugin::Tally;
    use crate::stream::{Exchange, NoRoutes, StreamInfo};
    use crate::vm::{HostFault, VmError};
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::Arc;

    fn context(headers: &[(&str, &str)]) -> Context {
        let mut exchange = Exchange::new(1, StreamInfo::default(), Rc::new(NoRoutes));
        exchange.request.headers = Some(headers.iter().copied().collect());
        let plugin = Rc::new(PluginContext::new(1, Arc::default(), Rc::new(Tally::new(Arc::default()))));
        Context { plugin, kind: ContextKind::Http { exchange: Rc::new(RefCell::new(exchange)), filter: 0 } }
    }

    #[test]
    fn it_names_callback_reason_request_and_memory() {
        let context = context(&[(":method", "GET"), (":authority", "example.com"), (":path", "/a?b\n")]);
        let text = Obituary::new("proxy_on_log", &VmError::host(HostFault::Abort), Some(&context), (65_536, None), 0)
            .to_string();
        assert_eq!(
            text,
            "Function: proxy_on_log failed: abort\n  request: GET example.com/a?b\\n\n  memory: 65536 bytes"
        );
    }

    #[test]
    fn without_a_request_it_names_none_and_a_long_one_is_cut() {
        let text = Obituary::new("proxy_on_tick", &VmError::host(HostFault::Abort), None, (0, None), 0).to_string();
        assert_eq!(text, "Function: proxy_on_tick failed: abort\n  memory: 0 bytes");
        let context = context(&[(":path", &"/".repeat(1000))]);
        let text = Obituary::new("proxy_on_log", &VmError::host(HostFault::Abort), Some(&context), (0, Some(7)), 0)
            .to_string();
        assert!(text.contains("/...\n") && text.len() < MOST + 100, "{text}");
    }
}
