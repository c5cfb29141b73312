//! Contexts: what the numbers mean that a plugin is called with.

use crate::plugin::PluginSpec;
use crate::stream::Exchange;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A context of a VM.
#[derive(Debug)]
pub(crate) struct Context {
    /// The plugin it belongs to.
    pub(crate) plugin: Rc<PluginContext>,
    pub(crate) kind: ContextKind,
}

/// What a context is about.
#[derive(Debug)]
pub(crate) enum ContextKind {
    /// The plugin itself (a root context).
    Plugin,
    /// An HTTP stream.
    Http {
        /// The stream, shared by the contexts of all its filters.
        exchange: Rc<RefCell<Exchange>>,
        /// Place of the filter in the chain, in configured order.
        filter: usize,
    },
}

/// A plugin that has been started in a VM.
#[derive(Debug)]
pub(crate) struct PluginContext {
    /// Id of its own context.
    pub(crate) id: u32,
    pub(crate) spec: Arc<PluginSpec>,
}
