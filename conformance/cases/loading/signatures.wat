;;! title = "Callbacks of another type are listed"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)) (func (export "proxy_on_request_headers") (param i32) (result i32) (i32.const 0)) (func (export "proxy_on_done") (param i32)) (func (export "_initialize") (result i32) (i32.const 0)))
