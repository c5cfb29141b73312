;;! title = "Header callbacks have the parameters of their version"
;;! spec = "6.1 Load"
;;! abi = ["0.1.0"]
;;! dialogue = []
(module {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)) (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0)))
