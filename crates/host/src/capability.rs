//! What a VM may use of the ABI (`capability_restriction_config` of Envoy's `PluginConfig`).
//!
//! A capability is the name of a host function or of a callback. A function that is not allowed is still there: calling it
//! says so in the log and tells the plugin `INTERNAL_FAILURE`, or `ENOTCAPABLE` where it is WASI's. A callback that is not
//! allowed is not called, as if the module had none. What every module needs to start and to be handed bytes is no
//! capability: start functions, the allocator, and what toolchains import for themselves.

use crate::state::HostState;
use crate::vm::{Global, Instance, VmError};
use std::collections::BTreeSet;
use tollgate_abi::functions::WASI;
use tollgate_abi::{Errno, HostFunction, Status, for_each_callback};

/// The capabilities of a VM: all of them if none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AllowedCapabilities(BTreeSet<String>);

impl AllowedCapabilities {
    /// Whether there are any that the VM does not have.
    pub fn are_restricted(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether a callback may be called, by the name of its export.
    pub fn allow_callback(&self, name: &str) -> bool {
        self.allow(name) || !is_capability(name)
    }

    /// Whether a host function may be called.
    pub fn allow_function(&self, function: &HostFunction) -> bool {
        self.allow(function.name) || !(is_capability(function.name) || is_of_wasi(function))
    }

    fn allow(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.contains(name)
    }

    /// Those that are named but are neither a host function nor a callback: there is nothing that they could allow.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let is_known = |name: &str| {
            tollgate_abi::functions::host_functions().any(|function| function.name == name)
                || tollgate_abi::callbacks::CALLBACKS.iter().any(|callback| callback.name == name)
        };
        self.0.iter().map(String::as_str).filter(move |name| !is_known(name))
    }
}

impl<T: Into<String>> FromIterator<T> for AllowedCapabilities {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// The allocator of the specification has such a name, too, but nothing can be handed to a module without it.
fn is_capability(name: &str) -> bool {
    name.starts_with("proxy_") && name != "proxy_on_memory_allocate"
}

fn is_of_wasi(function: &HostFunction) -> bool {
    function.modules.iter().any(|module| WASI.contains(module))
}

/// What a function answers that may not be called: a number and its name.
pub(crate) fn refusal(function: &HostFunction) -> (i32, &'static str) {
    if is_of_wasi(function) {
        (Errno::Notcapable.as_i32(), "ENOTCAPABLE")
    } else {
        (Status::InternalFailure.as_i32(), "INTERNAL_FAILURE")
    }
}

/// An instance of which only some callbacks are called.
pub(crate) struct Restricted {
    instance: Box<dyn Instance>,
    capabilities: AllowedCapabilities,
}

impl Restricted {
    pub(crate) fn new(instance: Box<dyn Instance>, capabilities: AllowedCapabilities) -> Self {
        Self { instance, capabilities }
    }
}

macro_rules! restricted {
    ($(
        #[doc = $doc:literal]
        fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
    )*) => {
        impl Instance for Restricted {
            fn state(&mut self) -> &mut HostState {
                self.instance.state()
            }

            fn memory_size(&mut self) -> u64 {
                self.instance.memory_size()
            }

            fn memory(&mut self) -> &[u8] {
                self.instance.memory()
            }

            fn global(&mut self, export: &str) -> Option<Global> {
                self.instance.global(export)
            }

            fn set_deadline(&mut self, deadline: Option<std::time::Duration>) {
                self.instance.set_deadline(deadline);
            }

            fn set_fuel(&mut self, fuel: Option<u64>) {
                self.instance.set_fuel(fuel);
            }

            fn fuel_used(&mut self) -> Option<u64> {
                self.instance.fuel_used()
            }

            $(
                fn $method(&mut self, $($param: $ty),*) -> Result<Option<restricted!(@ret $($ret)?)>, VmError> {
                    if self.capabilities.allow_callback($export) { self.instance.$method($($param),*) } else { Ok(None) }
                }
            )*
        }
    };
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}
for_each_callback!(restricted);

#[cfg(test)]
mod tests {
    use super::{AllowedCapabilities, refusal};
    use tollgate_abi::functions::rows;

    #[test]
    fn none_named_means_all() {
        let all = AllowedCapabilities::default();
        assert!(!all.are_restricted());
        assert!(all.allow_callback("proxy_on_tick") && all.allow_function(&rows::proxy_log));
    }

    #[test]
    fn what_is_not_named_is_refused_and_what_is_no_capability_is_not() {
        let some: AllowedCapabilities = ["proxy_log", "proxy_on_tick", "fd_write"].into_iter().collect();
        assert!(some.are_restricted());
        assert!(some.allow_function(&rows::proxy_log) && some.allow_function(&rows::fd_write));
        assert!(!some.allow_function(&rows::proxy_get_property) && !some.allow_function(&rows::random_get));
        assert!(some.allow_callback("proxy_on_tick") && !some.allow_callback("proxy_on_log"));
        for always in ["_initialize", "_start", "main", "malloc", "proxy_on_memory_allocate", "envoy_on_resolve_dns"] {
            assert!(some.allow_callback(always), "{always}");
        }
        assert!(some.allow_function(&rows::emscripten_notify_memory_growth));
        assert_eq!((refusal(&rows::proxy_get_property).0, refusal(&rows::random_get).0), (10, 76));
    }

    #[test]
    fn names_that_mean_nothing_are_found() {
        let some: AllowedCapabilities = ["proxy_log", "proxy_on_tick", "proxy_lgo", "random_get"].into_iter().collect();
        assert_eq!(some.unknown().collect::<Vec<_>>(), ["proxy_lgo"]);
    }
}
