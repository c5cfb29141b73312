;;! title = "A proposal outside the baseline is refused, on every engine alike"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)) (memory (export "memory") i64 1))
