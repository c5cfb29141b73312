;;! title = "Exports that the ABI does not know are left alone"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)) (func (export "proxy_on_something_else") (param f32)) (global (export "__heap_base") i32 (i32.const 0)))
