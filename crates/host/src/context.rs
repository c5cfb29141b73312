//! Contexts: what the numbers mean that a plugin is called with.

use crate::callouts::CallEvents;
use crate::filter_state::Declaration;
use crate::plugin::{PluginSpec, Tally};
use crate::stream::Exchange;
use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A context of a VM.
#[derive(Debug)]
pub(crate) struct Context {
    /// The plugin it belongs to.
    pub(crate) plugin: Rc<PluginContext>,
    pub(crate) kind: ContextKind,
}

impl Context {
    /// Whether it is the plugin itself.
    pub(crate) fn is_of_plugin(&self) -> bool {
        matches!(self.kind, ContextKind::Plugin)
    }
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
    /// A client's connection and the one to the server behind it.
    Tcp {
        /// The connection, shared by the contexts of all its filters.
        exchange: Rc<RefCell<Exchange>>,
        /// Place of the filter in the chain, in configured order.
        filter: usize,
    },
}

impl ContextKind {
    /// The stream and the place of the filter in its chain, unless the context is the plugin itself.
    pub(crate) fn stream(&self) -> Option<(&Rc<RefCell<Exchange>>, usize)> {
        match self {
            Self::Plugin => None,
            Self::Http { exchange, filter } | Self::Tcp { exchange, filter } => Some((exchange, *filter)),
        }
    }
}

/// A plugin that has been started in a VM.
#[derive(Debug)]
pub(crate) struct PluginContext {
    /// Id of its own context.
    pub(crate) id: u32,
    pub(crate) spec: Arc<PluginSpec>,
    /// Properties that it has declared, by path.
    declarations: RefCell<HashMap<Box<[u8]>, Declaration>>,
    /// What foreign functions keep for it.
    data: RefCell<HashMap<TypeId, Rc<dyn Any>>>,
    /// What its calls have to tell.
    pub(crate) calls: RefCell<CallEvents>,
    /// What its callbacks come to, in this VM and in those before.
    pub(crate) tally: Rc<Tally>,
}

impl PluginContext {
    pub(crate) fn new(id: u32, spec: Arc<PluginSpec>, tally: Rc<Tally>) -> Self {
        let (declarations, data, calls) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { id, spec, declarations, data, calls, tally }
    }

    /// How a property was declared.
    pub(crate) fn declared(&self, path: &[u8]) -> Option<Declaration> {
        self.declarations.borrow().get(path).copied()
    }

    /// Declares a property. False if it has been declared before.
    pub(crate) fn declare(&self, path: &[u8], declaration: Declaration) -> bool {
        let mut declarations = self.declarations.borrow_mut();
        if declarations.contains_key(path) {
            return false;
        }
        declarations.insert(path.into(), declaration);
        true
    }

    /// What is kept under a type, made when it is first asked for.
    pub(crate) fn data<T: Default + 'static>(&self) -> Rc<T> {
        let mut data = self.data.borrow_mut();
        let entry = data.entry(TypeId::of::<T>()).or_insert_with(|| Rc::new(T::default()));
        entry.clone().downcast().unwrap_or_default()
    }
}
