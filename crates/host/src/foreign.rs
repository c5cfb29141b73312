//! Functions that an embedder offers to plugins by name (`proxy_call_foreign_function`).
//!
//! The host library has none of its own; those that Envoy has are in the crate `tollgate-foreign`.
//!
//! ```
//! use tollgate_host::foreign::ForeignFunctions;
//!
//! let mut functions = ForeignFunctions::default();
//! functions.add("reverse", |_, arguments| Ok(arguments.iter().rev().copied().collect()));
//! assert!(functions.contains("reverse"));
//! ```

use crate::filter_state::{Declaration, LifeSpan};
use crate::properties::{self, Lookup};
use crate::services::Services;
use crate::state::HostState;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;
use tollgate_abi::encoding::property::Value;
use tollgate_abi::{LogLevel, Status};

/// A function that plugins may call by name.
///
/// It runs on the plugin's thread while the plugin waits, so it must not block. It cannot call the plugin.
pub trait ForeignFunction {
    /// Runs it. The arguments are bytes of the guest's memory, in whatever form the function asks for.
    ///
    /// # Errors
    ///
    /// The status that the plugin is told. It gets no results then.
    fn call(&self, caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status>;
}

impl<F> ForeignFunction for F
where
    F: Fn(&mut Caller<'_>, &[u8]) -> Result<Bytes, Status>,
{
    fn call(&self, caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
        self(caller, arguments)
    }
}

/// The functions that plugins of a thread may call. Cheap to clone.
#[derive(Clone, Default)]
pub struct ForeignFunctions {
    functions: Rc<BTreeMap<String, Rc<dyn ForeignFunction>>>,
}

impl ForeignFunctions {
    /// Adds a function; one that had this name is replaced.
    pub fn add<F>(&mut self, name: impl Into<String>, function: F)
    where
        F: Fn(&mut Caller<'_>, &[u8]) -> Result<Bytes, Status> + 'static,
    {
        self.add_function(name, Rc::new(function));
    }

    /// Adds a function that is a value; one that had this name is replaced.
    pub fn add_function(&mut self, name: impl Into<String>, function: Rc<dyn ForeignFunction>) {
        Rc::make_mut(&mut self.functions).insert(name.into(), function);
    }

    /// Whether there is a function of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(|name| &**name)
    }

    /// The function of this name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<Rc<dyn ForeignFunction>> {
        self.functions.get(std::str::from_utf8(name).ok()?).cloned()
    }
}

impl fmt::Debug for ForeignFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Property {
    /// A property.
    Value(Value),
    /// A group of properties, such as `request`.
    Group,
}

/// The plugin that calls a foreign function, and the context that it acts for.
pub struct Caller<'a> {
    state: &'a mut HostState,
    has_time: &'a mut dyn FnMut(Duration) -> bool,
    is_late: bool,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(state: &'a mut HostState, has_time: &'a mut dyn FnMut(Duration) -> bool) -> Self {
        Self { state, has_time, is_late: false }
    }

    /// Whether the plugin's call has time left. A function that takes more than some milliseconds asks now and then, at no cost worth
    /// mentioning, and ends when there is none: nothing interrupts it, and nobody on its thread is served meanwhile. What it
    /// answers then does not matter, for the plugin's call ends with it.
    pub fn has_time(&mut self) -> bool {
        self.has_time_for(Duration::ZERO)
    }

    /// As [`has_time`](Self::has_time), for what takes about so much time and cannot be done in parts: whether it may begin.
    pub fn has_time_for(&mut self, time: Duration) -> bool {
        self.is_late = self.is_late || !(self.has_time)(time);
        !self.is_late
    }

    /// Whether the function was told that there is no time left.
    pub(crate) fn is_late(&self) -> bool {
        self.is_late
    }

    /// Name of the plugin.
    pub fn plugin_name(&self) -> &str {
        self.state.acting_plugin().map_or("", |plugin| &plugin.spec.name)
    }

    /// Root id of the plugin.
    pub fn root_id(&self) -> &str {
        self.state.acting_plugin().map_or("", |plugin| &plugin.spec.root_id)
    }

    /// Id of its VM.
    pub fn vm_id(&self) -> &str {
        &self.state.config.vm_id
    }

    /// Id of the context it acts for: the one of the callback, or the one it has chosen instead.
    pub fn context_id(&self) -> u32 {
        self.state.acting_id()
    }

    /// Whether that context is a stream.
    pub fn is_stream(&self) -> bool {
        self.state.acting_exchange().is_some()
    }

    /// What the embedder provides.
    pub fn services(&self) -> &Services {
        &self.state.services
    }

    /// Logs on behalf of the plugin.
    pub fn log(&self, level: LogLevel, message: &str) {
        self.state.log(level, message.as_bytes());
    }

    /// A property, as `proxy_get_property` finds it but with its type. What plugins have stored is bytes.
    pub fn property(&self, path: &[u8]) -> Option<Property> {
        match properties::lookup(self.state, path) {
            Lookup::Stored(bytes) => Some(Property::Value(Value::Bytes(bytes.into()))),
            Lookup::Value(value) => Some(Property::Value(value)),
            Lookup::Group => Some(Property::Group),
            Lookup::NotFound => None,
        }
    }

    /// Stores a property, as `proxy_set_property` does, and answers as it does.
    pub fn set_property(&mut self, path: &[u8], value: &[u8]) -> Status {
        properties::store(self.state, path, value)
    }

    /// Says how properties of a path are to be kept. What the plugin's own context says holds for all its streams; what a
    /// stream's context says holds for nobody, as in Envoy. `BAD_ARGUMENT` if this context has said it before.
    pub fn declare_property(&mut self, path: &[u8], declaration: Declaration) -> Status {
        if self.state.declare_property(path, declaration) { Status::Ok } else { Status::BadArgument }
    }

    /// Sets an object in filter state under its full name: `NOT_FOUND` outside of a stream, `BAD_ARGUMENT` if it is
    /// read-only or the plugin may not set `filter_state.NAME`, `INTERNAL_FAILURE` if there is no more room.
    pub fn set_filter_state(&mut self, name: &[u8], value: Bytes, span: LifeSpan) -> Status {
        let Some(exchange) = self.state.acting_exchange().cloned() else { return Status::NotFound };
        if let Err(status) = self.state.check_property(&[b"filter_state.", name].concat()) {
            return status;
        }
        properties::keep(self.state, &exchange, span, |objects, most| {
            let has_room = objects.has_room(b"", name, &value, most);
            has_room.then(|| objects.set(name, value, false))
        })
    }

    /// Has the route of the acting stream chosen again, with the request headers as they are now.
    pub fn clear_route_cache(&mut self) {
        if let Some((exchange, _)) = self.state.acting_stream() {
            exchange.borrow_mut().route = None;
        }
    }

    /// What the function keeps for this plugin, found by its type and made when it is first asked for. It goes when the
    /// plugin's context goes. `None` while the module starts, when there is no plugin yet.
    pub fn plugin_data<T: Default + 'static>(&self) -> Option<Rc<T>> {
        self.state.acting_plugin().map(|plugin| plugin.data())
    }
}

impl fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("plugin", &self.plugin_name()).field("context_id", &self.context_id()).finish()
    }
}
