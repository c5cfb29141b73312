;;! title = "Extended constants are part of the baseline"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)) (memory (export "memory") 1) (global i32 (i32.add (i32.const 1) (i32.const 2))))
