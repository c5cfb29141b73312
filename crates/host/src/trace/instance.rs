//! An instance whose callbacks are shown to an observer.

use super::{Crossing, SharedObserver, Value};
use crate::module::ModuleInfo;
use crate::state::HostState;
use crate::vm::{Global, Instance, VmError};
use std::sync::Arc;
use std::time::Duration;
use tollgate_abi::callbacks::{START_SECTION_EXPORT, rows};
use tollgate_abi::{Callback, for_each_callback};

/// An instance whose callbacks are shown to an observer. Those that the module does not export are not.
pub(crate) struct Observed {
    instance: Box<dyn Instance>,
    info: Arc<ModuleInfo>,
    observer: SharedObserver,
}

impl Observed {
    pub(crate) fn new(instance: Box<dyn Instance>, info: Arc<ModuleInfo>, observer: SharedObserver) -> Self {
        Self { instance, info, observer }
    }

    fn call<T: Copy + Into<Value>>(
        &mut self,
        callback: &'static Callback,
        args: &[Value],
        call: impl FnOnce(&mut dyn Instance) -> Result<Option<T>, VmError>,
        is_unit: bool,
    ) -> Result<Option<T>, VmError> {
        let exported = match callback.name {
            START_SECTION_EXPORT => self.info.has_start_section,
            name => self.info.exports_function(name),
        };
        if !exported {
            return call(&mut *self.instance);
        }
        let id = self.instance.state().acting_id();
        self.observer.observe(self.instance.state().origin(id), &Crossing::Callback { callback, args });
        let result = call(&mut *self.instance);
        let outcome = result.as_ref().map(|value| if is_unit { None } else { value.map(Into::into) });
        self.observer.observe(self.instance.state().origin(id), &Crossing::CallbackReturned { callback, outcome });
        result
    }
}

macro_rules! observed {
    ($(
        #[doc = $doc:literal]
        fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
    )*) => {
        impl Instance for Observed {
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

            fn set_deadline(&mut self, deadline: Option<Duration>) {
                self.instance.set_deadline(deadline);
            }

            fn set_fuel(&mut self, fuel: Option<u64>) {
                self.instance.set_fuel(fuel);
            }

            fn fuel_used(&mut self) -> Option<u64> {
                self.instance.fuel_used()
            }

            $(observed!(@method $method($($param: $ty),*) $(-> $ret)?);)*
        }
    };
    (@method $method:ident($($param:ident: $ty:ty),*)) => {
        fn $method(&mut self, $($param: $ty),*) -> Result<Option<()>, VmError> {
            let args = [$(Value::from($param)),*];
            let unit = |i: &mut dyn Instance| Ok(i.$method($($param),*)?.map(|()| 0_i32));
            Ok(self.call(&rows::$method, &args, unit, true)?.map(|_| ()))
        }
    };
    (@method $method:ident($($param:ident: $ty:ty),*) -> $ret:ty) => {
        fn $method(&mut self, $($param: $ty),*) -> Result<Option<$ret>, VmError> {
            let args = [$(Value::from($param)),*];
            self.call(&rows::$method, &args, |i| i.$method($($param),*), false)
        }
    };
}
for_each_callback!(observed);
