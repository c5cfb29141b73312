//! What a VM that has failed leaves behind: the same on every engine, as far as it can tell.

use crate::hostile::exchange;
use crate::support::{Nothing, compile, module, runtimes, services};
use std::cell::RefCell;
use std::rc::Rc;
use tollgate_host::plugin::{CoreDump, CoreDumps, FAILURE, Worker};
use wasmparser::{
    CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection, CoreDumpStackSection, DataKind, ExternalKind,
    Operator, Parser, Payload, Validator,
};

/// Keeps what it is offered, with so many bytes of memory.
struct Kept {
    most: usize,
    dumps: RefCell<Vec<CoreDump>>,
}

impl CoreDumps for Kept {
    fn offer(&self, dump: &mut dyn FnMut(usize) -> CoreDump) {
        self.dumps.borrow_mut().push(dump(self.most));
    }
}

/// Starts a module, lets a request pass through it if it has started, and returns what it has left behind.
fn dumps(runtime: &dyn tollgate_host::vm::Runtime, text: &str, most: usize) -> Vec<CoreDump> {
    let kept = Rc::new(Kept { most, dumps: RefCell::default() });
    let mut services = services(Rc::new(Nothing));
    services.core_dumps = Some(kept.clone());
    if let Ok(plugin) = Worker::new(services).start(&compile(runtime, text)) {
        exchange(&plugin);
        exchange(&plugin);
    }
    kept.dumps.take()
}

/// What a dump says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    process: String,
    modules: Vec<String>,
    /// Module, memories and globals of each instance.
    instances: Vec<(u32, Vec<u32>, Vec<u32>)>,
    /// Function and offset of each frame.
    frames: Vec<(u32, u32)>,
    pages: u64,
    /// Exports, with the first instruction of a global's initialiser.
    globals: Vec<(String, String)>,
    data: Vec<(u32, Vec<u8>)>,
    failure: String,
}

fn read(wasm: &[u8]) -> Said {
    Validator::new().validate_all(wasm).expect("a dump is a module");
    let (mut said, mut values) = (Said::default(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::CustomSection(section) => {
                let reader = || wasmparser::BinaryReader::new(section.data(), 0);
                match section.name() {
                    "core" => said.process = CoreDumpSection::new(reader()).unwrap().name.to_owned(),
                    "coremodules" => {
                        let modules = CoreDumpModulesSection::new(reader()).unwrap().modules;
                        said.modules = modules.into_iter().map(str::to_owned).collect();
                    }
                    "coreinstances" => {
                        let instances = CoreDumpInstancesSection::new(reader()).unwrap().instances;
                        said.instances =
                            instances.into_iter().map(|i| (i.module_index, i.memories, i.globals)).collect();
                    }
                    "corestack" => {
                        let stack = CoreDumpStackSection::new(reader()).unwrap();
                        said.frames = stack.frames.iter().map(|frame| (frame.funcidx, frame.codeoffset)).collect();
                    }
                    FAILURE => said.failure = String::from_utf8(section.data().to_vec()).unwrap(),
                    other => panic!("{other}"),
                }
            }
            Payload::MemorySection(memories) => {
                said.pages = memories.into_iter().map(|memory| memory.unwrap().initial).sum();
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let first = global.unwrap().init_expr.get_operators_reader().read().unwrap();
                    values.push(format!("{first:?}"));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.into_iter().map(Result::unwrap) {
                    if export.kind == ExternalKind::Global {
                        said.globals.push((export.name.to_owned(), values[export.index as usize].clone()));
                    }
                }
            }
            Payload::DataSection(segments) => {
                for segment in segments.into_iter().map(Result::unwrap) {
                    let DataKind::Active { memory_index: 0, offset_expr } = &segment.kind else {
                        panic!("{segment:?}")
                    };
                    let Operator::I32Const { value } = offset_expr.get_operators_reader().read().unwrap() else {
                        panic!("{segment:?}")
                    };
                    said.data.push((value as u32, segment.data.to_vec()));
                }
            }
            _ => {}
        }
    }
    said
}

/// A guest that writes to its memory and its globals, and fails two calls deep when a request comes.
const FAILS: &str = r#"
    (global (export "hidden_from_nobody") (mut i32) (i32.const 0))
    (global $unsaid (mut i64) (i64.const 0))
    (global (export "d") f64 (f64.const 1.5))
    (global (export "l") (mut i64) (i64.const 7))
    (global (export "r") externref (ref.null extern))
    (func $innermost (local i32 i64)
        (i32.store (i32.const 80000) (i32.const 0x64636261))
        (memory.fill (i32.const 65536) (i32.const 1) (i32.const 2))
        (global.set 0 (i32.const -5))
        unreachable)
    (func $middle (call $innermost))
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
        (drop (memory.grow (i32.const 2))) (i32.const 1))
    (func $headers (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $middle) (i32.const 0))"#;

#[test]
fn a_dump_has_memory_globals_and_stack_as_far_as_the_engine_tells() {
    let mut told = Vec::new();
    for (name, runtime) in runtimes() {
        let dumps = dumps(&*runtime, &module("", FAILS), usize::MAX);
        // Only one: nothing of the VM runs again.
        let [dump] = &*dumps else { panic!("{name}: {}", dumps.len()) };
        assert_eq!((dump.plugin.as_str(), dump.left_out), ("test", 0), "{name}");
        let said = read(&dump.wasm);
        assert_eq!(
            (said.process.as_str(), &*said.modules, said.pages),
            ("test", &["test".to_owned()][..], 3),
            "{name}"
        );
        assert_eq!(said.instances, [(0, vec![0], vec![])], "{name}");
        let globals: Vec<_> = said.globals.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let double = format!("F64Const {{ value: Ieee64({}) }}", 1.5_f64.to_bits());
        let expected =
            [("hidden_from_nobody", "I32Const { value: -5 }"), ("d", &*double), ("l", "I64Const { value: 7 }")];
        assert_eq!(globals, expected, "{name}");
        let [(65536, first), (77824, second)] = &*said.data else { panic!("{name}: {} segments", said.data.len()) };
        assert!(first.starts_with(&[1, 1, 0]) && first.len() == 4096, "{name}");
        assert_eq!(&second[80000 - 77824..][..6], b"abcd\0\0", "{name}");
        assert!(said.failure.starts_with("Function: proxy_on_request_headers failed: unreachable"), "{name}");
        if runtime.capabilities().backtraces {
            told.push(said.frames);
        } else {
            assert_eq!(said.frames, [], "{name}");
        }
    }
    let wasm = wat::parse_str(module("", FAILS)).unwrap();
    let bodies = Parser::new(0).parse_all(&wasm).filter_map(|payload| match payload.unwrap() {
        Payload::CodeSectionEntry(body) => Some(body.range().len() as u32),
        _ => None,
    });
    let sizes: Vec<_> = bodies.collect();
    for frames in told {
        let [(2, failed), (3, middle), (5, outer)] = *frames else { panic!("{frames:?}") };
        // Its body begins with its locals, and it fails in the last instruction before its end.
        assert_eq!(failed, sizes[2] - 2, "{frames:?}");
        // Engines differ in whether a caller is at the begin of the call or at its end.
        assert!([1, 2].contains(&middle) && [1, 2].contains(&outer), "{frames:?}");
    }
}

#[test]
fn a_plugin_that_fails_at_its_start_leaves_a_dump_too() {
    for function in ["_initialize", "proxy_on_configure"] {
        let ty = if function == "_initialize" { "" } else { "(param i32 i32) (result i32)" };
        let fields = format!(r#"(data (i32.const 8) "here") (func (export "{function}") {ty} unreachable)"#);
        for (name, runtime) in runtimes() {
            let dumps = dumps(&*runtime, &module("", &fields), usize::MAX);
            let [dump] = &*dumps else { panic!("{name}: {}", dumps.len()) };
            let said = read(&dump.wasm);
            assert!(said.failure.starts_with(&format!("Function: {function} failed")), "{name}: {}", said.failure);
            assert_eq!((said.data[0].0, &said.data[0].1[8..12]), (0, &b"here"[..]), "{name}");
        }
    }
}

#[test]
fn memory_beyond_the_bound_is_left_out_and_counted() {
    let fields = r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
        (memory.fill (i32.const 0) (i32.const 9) (i32.const 65536)) unreachable)"#;
    for (name, runtime) in runtimes() {
        let dumps = dumps(&*runtime, &module("", fields), 10_000);
        let [dump] = &*dumps else { panic!("{name}: {}", dumps.len()) };
        assert_eq!(dump.left_out, 65536 - 8192, "{name}");
        let said = read(&dump.wasm);
        assert_eq!((said.data.len(), said.data[0].1.len(), said.pages), (1, 8192, 1), "{name}");
    }
}

#[test]
fn a_guest_without_failure_or_memory_has_nothing_to_leave() {
    let bare = r#"(module (func (export "malloc") (param i32) (result i32) i32.const 0)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "proxy_on_configure") (param i32 i32) (result i32) unreachable))"#;
    for (name, runtime) in runtimes() {
        assert_eq!(dumps(&*runtime, &module("", ""), usize::MAX), [], "{name}");
        let dumps = dumps(&*runtime, bare, usize::MAX);
        let said = read(&dumps[0].wasm);
        assert_eq!((said.pages, said.data, said.instances), (0, vec![], vec![(0, vec![], vec![])]), "{name}");
    }
}
