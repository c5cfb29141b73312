//! What is logged of a VM that has failed: enough to find out why without seeing it happen again.

use crate::context::Context;
use crate::fields::HeaderMap;
use crate::vm::VmError;
use std::fmt::Write as _;

/// Most bytes of a request's method, authority or path that are shown.
const MOST: usize = 256;

/// The callback and why it ended; then the guest's stack, the request, and the guest's memory, a line each.
pub(super) fn obituary(callback: &str, error: &VmError, context: Option<&Context>, memory_bytes: u64) -> String {
    let mut message = format!("Function: {callback} failed: {error}");
    for frame in error.backtrace() {
        let _ = write!(message, "\n  at {frame}");
    }
    let exchange = context.and_then(|context| context.kind.stream()).map(|(exchange, _)| exchange.borrow());
    if let Some(headers) = exchange.as_ref().and_then(|exchange| exchange.request.headers.as_ref()) {
        let part = |name: &[u8]| shown(headers, name);
        let _ = write!(message, "\n  request: {} {}{}", part(b":method"), part(b":authority"), part(b":path"));
    }
    let _ = write!(message, "\n  memory: {memory_bytes} bytes");
    message
}

/// A value as text in one line; nothing for what is not there.
fn shown(headers: &HeaderMap, name: &[u8]) -> String {
    let value = headers.value(name).map(|value| &value[..]).unwrap_or_default();
    let end = if value.len() > MOST { "..." } else { "" };
    format!("{}{end}", value[..value.len().min(MOST)].escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::{MOST, obituary};
    use crate::context::{Context, ContextKind, PluginContext};
    use crate::stream::{Exchange, NoRoutes, StreamInfo};
    use crate::vm::{HostFault, VmError};
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::Arc;

    fn context(headers: &[(&str, &str)]) -> Context {
        let mut exchange = Exchange::new(1, StreamInfo::default(), Rc::new(NoRoutes));
        exchange.request.headers = Some(headers.iter().copied().collect());
        let plugin = Rc::new(PluginContext::new(1, Arc::default()));
        Context { plugin, kind: ContextKind::Http { exchange: Rc::new(RefCell::new(exchange)), filter: 0 } }
    }

    #[test]
    fn it_names_callback_reason_request_and_memory() {
        let context = context(&[(":method", "GET"), (":authority", "example.com"), (":path", "/a?b\n")]);
        let text = obituary("proxy_on_log", &VmError::host(HostFault::Abort), Some(&context), 65_536);
        assert_eq!(
            text,
            "Function: proxy_on_log failed: abort\n  request: GET example.com/a?b\\n\n  memory: 65536 bytes"
        );
    }

    #[test]
    fn without_a_request_it_names_none_and_a_long_one_is_cut() {
        let text = obituary("proxy_on_tick", &VmError::host(HostFault::Abort), None, 0);
        assert_eq!(text, "Function: proxy_on_tick failed: abort\n  memory: 0 bytes");
        let context = context(&[(":path", &"/".repeat(1000))]);
        let text = obituary("proxy_on_log", &VmError::host(HostFault::Abort), Some(&context), 0);
        assert!(text.contains("/...\n") && text.len() < MOST + 100, "{text}");
    }
}
