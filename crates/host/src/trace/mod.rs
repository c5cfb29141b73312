//! Every crossing between host and guest, for whoever wants to watch: `--trace`, and the transcripts of tests.
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

/// Watches the boundary.
pub trait Observer {
    /// Something has crossed. `context_id` is the context that host functions act on.
    fn observe(&self, context_id: u32, crossing: &Crossing<'_>);
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

fn with_observer<G: Guest>(guest: &mut G, f: impl FnOnce(&dyn Observer, u32, &[u8])) {
    let (memory, state) = guest.split();
    if let Some(observer) = state.observer.clone() {
        f(&*observer, state.acting_id(), memory);
    }
}

/// Shows a host call.
#[cold]
pub(crate) fn host_call<G: Guest>(guest: &mut G, function: &'static HostFunction, args: &[Value]) {
    with_observer(guest, |observer, id, memory| observer.observe(id, &Crossing::HostCall { function, args, memory }));
}

/// Shows its answer.
#[cold]
pub(crate) fn host_returned<G: Guest, T: Answer>(
    guest: &mut G,
    function: &'static HostFunction,
    args: &[Value],
    result: &Result<T, VmError>,
) {
    let outcome = result.as_ref().map(Answer::value);
    with_observer(guest, |observer, id, memory| {
        observer.observe(id, &Crossing::HostReturned { function, args, outcome, memory });
    });
}

/// Shows a call of the allocator; `outcome` is its answer, or `None` before it is called.
#[cold]
pub(crate) fn allocation<G: Guest>(guest: &mut G, size: u32, outcome: Option<&Result<u32, VmError>>) {
    let crossing = match outcome {
        None => Crossing::Allocate { size },
        Some(result) => Crossing::Allocated { outcome: result.as_ref().copied() },
    };
    with_observer(guest, |observer, id, _| observer.observe(id, &crossing));
}

/// An observer, shared.
pub(crate) type SharedObserver = Rc<dyn Observer>;
