;;! title = "Bulk memory is part of the baseline"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/features"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 0x10))
    (i32.const 1)))
