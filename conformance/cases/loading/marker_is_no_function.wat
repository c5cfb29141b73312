;;! title = "Only a function is a marker"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module (global (export "proxy_abi_version_0_2_1") i32 (i32.const 0)) (func (export "malloc") (param i32) (result i32) (i32.const 0)))
