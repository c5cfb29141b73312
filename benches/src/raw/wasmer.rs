//! wasmer without us.

use super::{Callback, Imports, RawEngine, RawInstance, RawModule};
use tollgate_abi::functions::rows;
use wasmer::sys::{Cranelift, EngineBuilder};
use wasmer::{
    Engine, Extern, ExternType, Function, FunctionEnv, FunctionEnvMut, Instance, Memory, Module, RuntimeError, Store,
    Type, TypedFunction,
};

pub(super) struct Raw;

impl Raw {
    pub(super) fn new() -> Self {
        Self
    }
}

struct Data {
    memory: Option<Memory>,
    allocator: Option<TypedFunction<u32, u32>>,
    bytes: Vec<u8>,
}

/// Makes an imported function in a store: wasmer has no linker.
type Import = Box<dyn Fn(&mut Store, &FunctionEnv<Data>) -> Extern>;

macro_rules! typed {
    ($guest:ident, $($param:ident $(: $ty:ty)?),* => $answer:expr) => {
        Box::new(|store, env| {
            let function = |$guest: FunctionEnvMut<'_, Data>, $($param: typed!(@ty $($ty)?)),*| -> Result<i32, RuntimeError> { Ok($answer) };
            Function::new_typed_with_env(store, env, function).into()
        })
    };
    (@ty) => { i32 };
    (@ty $ty:ty) => { $ty };
}

impl RawEngine for Raw {
    fn name(&self) -> &'static str {
        "raw_wasmer"
    }

    fn compile(&self, wasm: &[u8], imports: Imports) -> Box<dyn RawModule> {
        // One engine per module, as an engine keeps all code that it has compiled.
        let engine: Engine = EngineBuilder::new(Cranelift::new()).engine().into();
        let module = Module::new(&engine, wasm).expect("the guest compiles");
        link(engine, module, imports)
    }
}

fn link(engine: Engine, module: Module, imports: Imports) -> Box<dyn RawModule> {
    let mut size = 0;
    let mut made: Vec<Import> = Vec::new();
    for import in module.imports() {
        let ExternType::Function(ty) = import.ty().clone() else { panic!("guests import functions only") };
        let integers = ty.params().iter().all(|ty| *ty == Type::I32) && ty.results().len() == 1;
        let bytes = imports.bytes_of(import.name());
        size = size.max(bytes.unwrap_or(0));
        made.push(match (ty.params().len(), bytes) {
            (1, None) if integers => typed!(_guest, _a => 0),
            // A number of a metric, and how much to add.
            (2, None) if import.name() == rows::proxy_increment_metric.name => typed!(_guest, _a, _b: i64 => 0),
            (3, None) if integers => typed!(_guest, _a, _b, _c => 0),
            (4, None) if integers => typed!(_guest, _a, _b, _c, _d => 0),
            (5, None) if integers => typed!(_guest, _a, _b, _c, _d, _e => 0),
            (3, Some(_)) => typed!(guest, _a, data, size => hand_over(guest, data, size)?),
            (4, Some(_)) => typed!(guest, _a, _b, data, size => hand_over(guest, data, size)?),
            (5, Some(_)) => typed!(guest, _a, _b, _c, data, size => hand_over(guest, data, size)?),
            _ => Box::new(move |store, _| {
                Function::new(store, ty.clone(), |_| Err(RuntimeError::new("not for calling"))).into()
            }),
        });
    }
    Box::new(RawWasmerModule { engine, module, imports, made, size })
}

/// Has the guest allocate, copies the bytes, writes the slots.
#[expect(
    unsafe_code,
    reason = "the safe way, `MemoryView::write`, is no floor: it copies 64 KiB several times more slowly"
)]
fn hand_over(mut guest: FunctionEnvMut<'_, Data>, data_slot: i32, size_slot: i32) -> Result<i32, RuntimeError> {
    let size = guest.data().bytes.len();
    // Cloning the handle would cost more than the call.
    let allocator = guest.data_mut().allocator.take().expect("resolved");
    let block = allocator.call(&mut guest, size as u32)?;
    guest.data_mut().allocator = Some(allocator);
    let (data, store) = guest.data_and_store_mut();
    let view = data.memory.as_ref().expect("resolved").view(&store);
    // SAFETY: nothing else touches the memory while the slice lives: it is not shared, the guest waits for this function
    // to return, and no second slice is made.
    let memory = unsafe { view.data_unchecked_mut() };
    memory[block as usize..][..size].copy_from_slice(&data.bytes);
    memory[data_slot as usize..][..4].copy_from_slice(&block.to_le_bytes());
    memory[size_slot as usize..][..4].copy_from_slice(&(size as u32).to_le_bytes());
    Ok(0)
}

struct RawWasmerModule {
    engine: Engine,
    module: Module,
    imports: Imports,
    made: Vec<Import>,
    size: usize,
}

impl RawModule for RawWasmerModule {
    fn instantiate(&self) -> Box<dyn RawInstance> {
        let mut store = Store::new(self.engine.clone());
        let data = Data { memory: None, allocator: None, bytes: vec![b'x'; self.size] };
        let env = FunctionEnv::new(&mut store, data);
        let externs: Vec<Extern> = self.made.iter().map(|import| import(&mut store, &env)).collect();
        let instance = Instance::new_by_index(&mut store, &self.module, &externs).expect("the guest instantiates");
        Box::new(RawWasmerInstance { store, env, instance, callbacks: None })
    }

    fn link(&self) -> Box<dyn RawModule> {
        link(self.engine.clone(), self.module.clone(), self.imports)
    }
}

struct RawWasmerInstance {
    store: Store,
    env: FunctionEnv<Data>,
    instance: Instance,
    callbacks: Option<Callbacks>,
}

type Headers = TypedFunction<(i32, i32, i32), i32>;

struct Callbacks {
    create: Option<TypedFunction<(i32, i32), ()>>,
    request_headers: Option<Headers>,
    request_body: Option<Headers>,
    response_headers: Option<Headers>,
    log: Option<TypedFunction<i32, ()>>,
    done: Option<TypedFunction<i32, i32>>,
    delete: Option<TypedFunction<i32, ()>>,
}

impl RawInstance for RawWasmerInstance {
    fn resolve(&mut self) {
        let Self { store, env, instance, .. } = self;
        let exports = &instance.exports;
        let memory = exports.get_memory("memory").ok().cloned();
        let allocator = exports.get_typed_function(store, "malloc").ok();
        self.callbacks = Some(Callbacks {
            create: exports.get_typed_function(store, "proxy_on_context_create").ok(),
            request_headers: exports.get_typed_function(store, "proxy_on_request_headers").ok(),
            request_body: exports.get_typed_function(store, "proxy_on_request_body").ok(),
            response_headers: exports.get_typed_function(store, "proxy_on_response_headers").ok(),
            log: exports.get_typed_function(store, "proxy_on_log").ok(),
            done: exports.get_typed_function(store, "proxy_on_done").ok(),
            delete: exports.get_typed_function(store, "proxy_on_delete").ok(),
        });
        let data = env.as_mut(store);
        data.memory = memory;
        data.allocator = allocator;
    }

    fn callback(&mut self, callback: Callback, times: u64) {
        let Self { store, callbacks: Some(callbacks), .. } = self else { panic!("not resolved") };
        let function = match callback {
            Callback::RequestHeaders => &callbacks.request_headers,
            Callback::RequestBody => &callbacks.request_body,
        };
        let function = function.as_ref().expect("the guest exports it");
        for _ in 0..times {
            function.call(store, 2, 0, 0).expect("the guest returns");
        }
    }

    fn stream(&mut self, times: u64) {
        let Self { store, callbacks: Some(callbacks), .. } = self else { panic!("not resolved") };
        let Callbacks {
            create: Some(create),
            request_headers: Some(request_headers),
            response_headers: Some(response_headers),
            log: Some(log),
            done: Some(done),
            delete: Some(delete),
            ..
        } = callbacks
        else {
            panic!("the guest lacks a callback")
        };
        for _ in 0..times {
            create.call(store, 2, 1).expect("the guest returns");
            request_headers.call(store, 2, 20, 1).expect("the guest returns");
            response_headers.call(store, 2, 3, 1).expect("the guest returns");
            log.call(store, 2).expect("the guest returns");
            done.call(store, 2).expect("the guest returns");
            delete.call(store, 2).expect("the guest returns");
        }
    }
}
