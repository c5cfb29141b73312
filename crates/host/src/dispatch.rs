//! The door through which every host call passes: one function per row of the ABI table, generic over the runtime.
//!
//! A runtime links these. Each checks that the VM and the phase allow the call, hands the arguments to the handler in
//! `crate::hostcalls`, in the file named like the row's heading (called like the row, unless the row names another), and turns its answer into a Wasm value.

use crate::hostcalls;
use crate::trace;
use crate::vm::{Guest, VmError};
use tollgate_abi::{Errno, Status, for_each_host_function};

/// A handler's answer as a Wasm value.
trait IntoWasm<T> {
    fn into_wasm(self) -> T;
}

impl IntoWasm<i32> for Status {
    fn into_wasm(self) -> i32 {
        self.as_i32()
    }
}

/// A row without a result shares its handler with one that has a status.
impl IntoWasm<()> for Status {
    fn into_wasm(self) {}
}

impl IntoWasm<i32> for Errno {
    fn into_wasm(self) -> i32 {
        self.as_i32()
    }
}

impl IntoWasm<Self> for i32 {
    fn into_wasm(self) -> Self {
        self
    }
}

impl IntoWasm<Self> for f64 {
    fn into_wasm(self) -> Self {
        self
    }
}

impl IntoWasm<()> for () {
    fn into_wasm(self) {}
}

/// What a function answers that the VM may not use, as a Wasm value.
trait Refused {
    fn refused(answer: i32) -> Self;
}

impl Refused for i32 {
    fn refused(answer: i32) -> Self {
        answer
    }
}

/// A row without a result cannot say it.
impl Refused for () {
    fn refused(_answer: i32) {}
}

/// No row with such a result is a capability.
impl Refused for f64 {
    fn refused(answer: i32) -> Self {
        answer.into()
    }
}

macro_rules! door {
    ($family:ident $file:ident $(
        #[doc = $doc:literal]
        $modules:ident fn $name:ident $([$import:literal])? $(= $handler:ident)? (
            $($param:ident: $ty:ty),* $(,)?
        ) $(-> $ret:ty)?, $versions:ident, $phase:ident;
    )*) => {
        $(
            #[doc = $doc]
            ///
            /// # Errors
            ///
            /// The guest's call ends: the function is not allowed in this phase, or its documentation says so.
            #[allow(clippy::too_many_arguments, non_snake_case, reason = "the ABI decides about names and parameters")]
            pub fn $name<G: Guest>(guest: &mut G, $($param: $ty),*) -> Result<door!(@ret $($ret)?), VmError> {
                const ROW: &tollgate_abi::HostFunction = &tollgate_abi::functions::rows::$name;
                if guest.state().is_open() {
                    return door!(@handler $file $name $($handler)?)(guest, $($param),*).map(IntoWasm::into_wasm);
                }
                let observed =
                    guest.state().is_observed().then(|| trace::host_call(guest, ROW, &[$($param.into()),*]));
                let result = match (guest.state().refuse(ROW), guest.state().admit(ROW)) {
                    (Some(refusal), _) => Ok(Refused::refused(refusal)),
                    (None, Ok(())) => {
                        door!(@handler $file $name $($handler)?)(guest, $($param),*).map(IntoWasm::into_wasm)
                    }
                    (None, Err(error)) => Err(error),
                };
                if let Some(context_id) = observed {
                    trace::host_returned(guest, context_id, ROW, &[$($param.into()),*], &result);
                }
                result
            }
        )*
    };
    (@handler $file:ident $name:ident) => { hostcalls::$file::$name };
    (@handler $file:ident $name:ident $handler:ident) => { hostcalls::$file::$handler };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_host_function!(door);
