//! The host functions that a module imports.

use crate::error;
use crate::guest::{Data, WasmiGuest};
use tollgate_abi::for_each_host_function;
use tollgate_abi::functions::rows;
use tollgate_host::dispatch;
use tollgate_host::module::ModuleInfo;
use wasmi::errors::LinkerError;
use wasmi::{Caller, Engine, Linker};

/// A linker with what the module imports, and nothing else.
pub(crate) fn linker(engine: &Engine, info: &ModuleInfo) -> Result<Linker<Data>, LinkerError> {
    let mut linker = Linker::new(engine);
    macro_rules! define {
        ($family:ident $file:ident $(
            #[doc = $doc:literal]
            $modules:ident fn $name:ident $([$import:literal])? $(= $handler:ident)? (
                $($param:ident: $ty:ty),* $(,)?
            ) $(-> $ret:ty)?, $versions:ident, $phase:ident;
        )*) => {
            $(
                for module in rows::$name.modules {
                    if info.imports_function(&rows::$name, module) {
                        linker.func_wrap(module, rows::$name.name, |mut caller: Caller<'_, Data>, $($param: $ty),*| {
                            // Work of the host costs no fuel: a loop of host calls is ended here.
                            if !caller.data_mut().watch.may_go_on() {
                                return Err(error::raise(error::interrupted()));
                            }
                            dispatch::$name(&mut WasmiGuest(caller), $($param),*).map_err(error::raise)
                        })?;
                    }
                }
            )*
        };
    }
    for_each_host_function!(define);
    Ok(linker)
}
