;;! title = "An export that is called like a callback must be a function"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)) (global (export "proxy_on_log") i32 (i32.const 0)))
