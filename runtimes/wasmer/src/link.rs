//! The host functions that a module imports.

use crate::error;
use crate::guest::{SharedEnv, WasmerGuest};
use tollgate_abi::for_each_host_function;
use tollgate_abi::functions::rows;
use tollgate_host::dispatch;
use tollgate_host::module::{ExternType, ModuleInfo};
use tollgate_host::vm::{VmError, VmErrorKind};
use wasmer::{Extern, Function, FunctionEnv, FunctionEnvMut, Store};

/// Makes a host function in a store. wasmer has no linker: functions belong to a store, so what is resolved once per
/// module is how to make each of them.
pub(crate) type Import = fn(&mut Store, &FunctionEnv<()>, SharedEnv) -> Extern;

/// What the module imports, in its order.
pub(crate) fn imports(info: &ModuleInfo) -> Result<Vec<Import>, VmError> {
    let resolve = |import: &tollgate_host::module::Import| {
        let found = match &import.ty {
            ExternType::Function { params, results } => find(&import.module, &import.name, params, results),
            _ => None,
        };
        found.ok_or_else(|| {
            VmError::new(VmErrorKind::Compile, format!("no host function {}.{}", import.module, import.name))
        })
    };
    info.imports.iter().map(resolve).collect()
}

fn find(
    module: &str,
    name: &str,
    params: &[tollgate_abi::ValType],
    results: &[tollgate_abi::ValType],
) -> Option<Import> {
    macro_rules! define {
        ($family:ident $file:ident $(
            #[doc = $doc:literal]
            $modules:ident fn $name:ident $([$import:literal])? $(= $handler:ident)? (
                $($param:ident: $ty:ty),* $(,)?
            ) $(-> $ret:ty)?, $versions:ident, $phase:ident;
        )*) => {
            $(
                if rows::$name.matches(module, name, params, results) {
                    return Some(|store, none, env| {
                        let function = move |store: FunctionEnvMut<'_, ()>, $($param: $ty),*| {
                            // Work of the host is not counted: a loop of host calls is ended here.
                            // SAFETY: this is the host function that runs, and `env` is of the store that it is made in.
                            let mut guest = unsafe { WasmerGuest::in_time(&env, store) }?;
                            dispatch::$name(&mut guest, $($param),*).map_err(error::raise)
                        };
                        Function::new_typed_with_env(store, none, function).into()
                    });
                }
            )*
        };
    }
    for_each_host_function!(define);
    None
}
