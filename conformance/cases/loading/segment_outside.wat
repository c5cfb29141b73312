;;! title = "A segment that does not fit is a failure to start"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)) (memory (export "memory") 1) (data (i32.const 0xffff) "ab"))
