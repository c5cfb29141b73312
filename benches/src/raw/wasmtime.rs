//! wasmtime without us.

use super::{Callback, Imports, RawEngine, RawInstance, RawModule};
use tollgate_abi::functions::rows;
use wasmtime::{
    Caller, Config, Engine, Instance, InstancePre, Linker, Memory, Module, PoolingAllocationConfig, Store, TypedFunc,
    ValType,
};

/// Instances that the pool has room for; there is one at a time.
const INSTANCES: u32 = 4;

pub(super) struct Raw(Engine);

impl Raw {
    pub(super) fn new() -> Self {
        Self(Engine::default())
    }

    /// Memory for instances is reserved once and used again.
    pub(super) fn pooled() -> Self {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_core_instances(INSTANCES).total_memories(INSTANCES).total_tables(INSTANCES);
        let mut config = Config::new();
        config.allocation_strategy(pool);
        Self(Engine::new(&config).expect("a pool can be reserved"))
    }
}

struct Data {
    memory: Option<Memory>,
    allocator: Option<TypedFunc<u32, u32>>,
    bytes: Vec<u8>,
}

impl RawEngine for Raw {
    fn name(&self) -> &'static str {
        "raw_wasmtime"
    }

    fn compile(&self, wasm: &[u8], imports: Imports) -> Box<dyn RawModule> {
        link(&Module::new(&self.0, wasm).expect("the guest compiles"), imports)
    }
}

fn link(module: &Module, imports: Imports) -> Box<dyn RawModule> {
    let mut linker = Linker::new(module.engine());
    let mut size = 0;
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let ty = import.ty().func().expect("guests import functions only").clone();
        let integers = ty.params().all(|ty| matches!(ty, ValType::I32)) && ty.results().len() == 1;
        let bytes = imports.bytes_of(name);
        size = size.max(bytes.unwrap_or(0));
        let arity = ty.params().len();
        let linked = match (arity, bytes) {
            (1, None) if integers => linker.func_wrap(from, name, |_: Caller<'_, Data>, _: i32| 0_i32),
            // A number of a metric, and how much to add.
            (2, None) if name == rows::proxy_increment_metric.name => {
                linker.func_wrap(from, name, |_: Caller<'_, Data>, _: i32, _: i64| 0_i32)
            }
            (3, None) if integers => linker.func_wrap(from, name, |_: Caller<'_, Data>, _: i32, _: i32, _: i32| 0_i32),
            (4, None) if integers => {
                linker.func_wrap(from, name, |_: Caller<'_, Data>, _: i32, _: i32, _: i32, _: i32| 0_i32)
            }
            (5, None) if integers => {
                linker.func_wrap(from, name, |_: Caller<'_, Data>, _: i32, _: i32, _: i32, _: i32, _: i32| 0_i32)
            }
            (3, Some(_)) => linker.func_wrap(from, name, |guest: Caller<'_, Data>, _: i32, data: i32, size: i32| {
                hand_over(guest, data, size)
            }),
            (4, Some(_)) => {
                linker.func_wrap(from, name, |guest: Caller<'_, Data>, _: i32, _: i32, data: i32, size: i32| {
                    hand_over(guest, data, size)
                })
            }
            (5, Some(_)) => {
                linker.func_wrap(from, name, |guest: Caller<'_, Data>, _: i32, _: i32, _: i32, data: i32, size: i32| {
                    hand_over(guest, data, size)
                })
            }
            _ => linker.func_new(from, name, ty, |_, _, _| Err(wasmtime::Error::msg("not for calling"))),
        };
        linked.expect("no import comes twice");
    }
    let pre = linker.instantiate_pre(module).expect("all imports are there");
    Box::new(RawWasmtimeModule { pre, imports, size })
}

/// Has the guest allocate, copies the bytes, writes the slots.
fn hand_over(mut guest: Caller<'_, Data>, data_slot: i32, size_slot: i32) -> wasmtime::Result<i32> {
    let memory = guest.data().memory.expect("resolved");
    let size = guest.data().bytes.len();
    // Cloning the handle would cost more than the call.
    let allocator = guest.data_mut().allocator.take().expect("resolved");
    let block = allocator.call(&mut guest, size as u32)?;
    guest.data_mut().allocator = Some(allocator);
    let (memory, data) = memory.data_and_store_mut(&mut guest);
    memory[block as usize..][..size].copy_from_slice(&data.bytes);
    memory[data_slot as usize..][..4].copy_from_slice(&block.to_le_bytes());
    memory[size_slot as usize..][..4].copy_from_slice(&(size as u32).to_le_bytes());
    Ok(0)
}

struct RawWasmtimeModule {
    pre: InstancePre<Data>,
    imports: Imports,
    size: usize,
}

impl RawModule for RawWasmtimeModule {
    fn instantiate(&self) -> Box<dyn RawInstance> {
        let data = Data { memory: None, allocator: None, bytes: vec![b'x'; self.size] };
        let mut store = Store::new(self.pre.module().engine(), data);
        let instance = self.pre.instantiate(&mut store).expect("the guest instantiates");
        Box::new(RawWasmtimeInstance { store, instance, callbacks: None })
    }

    fn link(&self) -> Box<dyn RawModule> {
        link(self.pre.module(), self.imports)
    }
}

struct RawWasmtimeInstance {
    store: Store<Data>,
    instance: Instance,
    callbacks: Option<Callbacks>,
}

type Headers = TypedFunc<(i32, i32, i32), i32>;

struct Callbacks {
    create: Option<TypedFunc<(i32, i32), ()>>,
    request_headers: Option<Headers>,
    request_body: Option<Headers>,
    response_headers: Option<Headers>,
    log: Option<TypedFunc<(i32,), ()>>,
    done: Option<TypedFunc<(i32,), i32>>,
    delete: Option<TypedFunc<(i32,), ()>>,
}

impl RawInstance for RawWasmtimeInstance {
    fn resolve(&mut self) {
        let Self { store, instance, .. } = self;
        let memory = instance.get_memory(&mut *store, "memory");
        let allocator = instance.get_typed_func(&mut *store, "malloc").ok();
        self.callbacks = Some(Callbacks {
            create: instance.get_typed_func(&mut *store, "proxy_on_context_create").ok(),
            request_headers: instance.get_typed_func(&mut *store, "proxy_on_request_headers").ok(),
            request_body: instance.get_typed_func(&mut *store, "proxy_on_request_body").ok(),
            response_headers: instance.get_typed_func(&mut *store, "proxy_on_response_headers").ok(),
            log: instance.get_typed_func(&mut *store, "proxy_on_log").ok(),
            done: instance.get_typed_func(&mut *store, "proxy_on_done").ok(),
            delete: instance.get_typed_func(&mut *store, "proxy_on_delete").ok(),
        });
        store.data_mut().memory = memory;
        store.data_mut().allocator = allocator;
    }

    fn callback(&mut self, callback: Callback, times: u64) {
        let Self { store, callbacks: Some(callbacks), .. } = self else { panic!("not resolved") };
        let function = match callback {
            Callback::RequestHeaders => &callbacks.request_headers,
            Callback::RequestBody => &callbacks.request_body,
        };
        let function = function.as_ref().expect("the guest exports it");
        for _ in 0..times {
            function.call(&mut *store, (2, 0, 0)).expect("the guest returns");
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
            create.call(&mut *store, (2, 1)).expect("the guest returns");
            request_headers.call(&mut *store, (2, 20, 1)).expect("the guest returns");
            response_headers.call(&mut *store, (2, 3, 1)).expect("the guest returns");
            log.call(&mut *store, (2,)).expect("the guest returns");
            done.call(&mut *store, (2,)).expect("the guest returns");
            delete.call(&mut *store, (2,)).expect("the guest returns");
        }
    }
}
