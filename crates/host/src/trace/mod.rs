//! Every crossing between host and guest, for whoever wants to watch: an embedder, or the transcripts of tests.
//!
//! ```text
//! host                         guest
//!   | --> callback called        |
//!   |        host function called ==> |
//!   |     <== and its answer          |
//!   |        --> allocator called     |
//!   |        <-- and its block        |
//!   | <-- callback returned      |
//! ```
//!
//! Without an [`Observer`] a host call costs one more branch and a callback nothing.

mod instance;
mod line;
mod payload;
mod printer;

pub(crate) use instance::Observed;
pub use printer::Printer;

use crate::services::LogOrigin;
use crate::vm::{Guest, VmError};
use std::rc::Rc;
use tollgate_abi::{Callback, HostFunction};

/// A number that crosses the boundary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// 64-bit float.
    F64(f64),
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::I32(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}

/// What a call gave back: a value, nothing, or its end.
pub type Outcome<'a> = Result<Option<Value>, &'a VmError>;

/// One crossing of the boundary.
#[derive(Clone, Copy, Debug)]
pub enum Crossing<'a> {
    /// The host calls a callback that the module exports.
    Callback {
        /// The callback.
        callback: &'static Callback,
        /// Its arguments.
        args: &'a [Value],
    },
    /// The callback has returned or trapped.
    CallbackReturned {
        /// The callback.
        callback: &'static Callback,
        /// What it gave back.
        outcome: Outcome<'a>,
    },
    /// The guest calls a host function.
    HostCall {
        /// The function.
        function: &'static HostFunction,
        /// Its arguments.
        args: &'a [Value],
        /// The guest's memory.
        memory: &'a [u8],
    },
    /// The host function returns, or ends the guest's call.
    HostReturned {
        /// The function.
        function: &'static HostFunction,
        /// Its arguments.
        args: &'a [Value],
        /// What it gives back.
        outcome: Outcome<'a>,
        /// The guest's memory, written to.
        memory: &'a [u8],
    },
    /// The host has the guest allocate memory.
    Allocate {
        /// Bytes wanted.
        size: u32,
    },
    /// The allocator has returned or trapped.
    Allocated {
        /// Address of the block, as it came.
        outcome: Result<u32, &'a VmError>,
    },
}

impl Crossing<'_> {
    /// Name of the callback or host function; `allocate` for the allocator, whatever the module calls it.
    pub const fn function(&self) -> &'static str {
        match self {
            Self::Callback { callback, .. } | Self::CallbackReturned { callback, .. } => callback.name,
            Self::HostCall { function, .. } | Self::HostReturned { function, .. } => function.name,
            Self::Allocate { .. } | Self::Allocated { .. } => ALLOCATE,
        }
    }

    /// Whether a call begins, as opposed to ends.
    pub const fn begins(&self) -> bool {
        matches!(self, Self::Callback { .. } | Self::HostCall { .. } | Self::Allocate { .. })
    }

    /// One line of text: direction, context, function, named and decoded arguments or the result. Data is shown to a
    /// bound.
    pub fn line(&self, context_id: u32) -> String {
        line::render(context_id, self)
    }
}

/// What [`Crossing::function`] calls the guest's allocator.
pub const ALLOCATE: &str = "allocate";

/// Watches the boundary.
pub trait Observer {
    /// Something has crossed. `about` is the context that it is about, and the plugin of that: for a callback the one it
    /// is called for, for a host function the one it acts on.
    fn observe(&self, about: LogOrigin<'_>, crossing: &Crossing<'_>);
}

/// An answer of a host function as a value.
pub(crate) trait Answer {
    fn value(&self) -> Option<Value>;
}

impl Answer for () {
    fn value(&self) -> Option<Value> {
        None
    }
}

impl Answer for i32 {
    fn value(&self) -> Option<Value> {
        Some(Value::I32(*self))
    }
}

impl Answer for f64 {
    fn value(&self) -> Option<Value> {
        Some(Value::F64(*self))
    }
}

/// Has the observer see something about a context - the acting one if none is given - and returns the context's id.
fn show<G: Guest>(guest: &mut G, id: Option<u32>, see: impl FnOnce(&dyn Observer, LogOrigin<'_>, &[u8])) -> u32 {
    let (memory, state) = guest.split();
    let id = id.unwrap_or_else(|| state.acting_id());
    if let Some(observer) = &state.observer {
        see(&**observer, state.origin(id), memory);
    }
    id
}

/// Shows a host call; returns the id of the context it is about, which the call itself may change.
#[cold]
pub(crate) fn host_call<G: Guest>(guest: &mut G, function: &'static HostFunction, args: &[Value]) -> u32 {
    show(guest, None, |observer, about, memory| observer.observe(about, &Crossing::HostCall { function, args, memory }))
}

/// Shows its answer.
#[cold]
pub(crate) fn host_returned<G: Guest, T: Answer>(
    guest: &mut G,
    context_id: u32,
    function: &'static HostFunction,
    args: &[Value],
    result: &Result<T, VmError>,
) {
    let outcome = result.as_ref().map(Answer::value);
    show(guest, Some(context_id), |observer, about, memory| {
        observer.observe(about, &Crossing::HostReturned { function, args, outcome, memory });
    });
}

/// Shows a call of the allocator.
#[cold]
pub(crate) fn allocate<G: Guest>(guest: &mut G, size: u32) {
    show(guest, None, |observer, about, _| observer.observe(about, &Crossing::Allocate { size }));
}

/// Shows what the allocator has answered.
#[cold]
pub(crate) fn allocated<G: Guest>(guest: &mut G, result: &Result<u32, VmError>) {
    let outcome = result.as_ref().copied();
    show(guest, None, |observer, about, _| observer.observe(about, &Crossing::Allocated { outcome }));
}

/// An observer, shared.
pub(crate) type SharedObserver = Rc<dyn Observer>;
