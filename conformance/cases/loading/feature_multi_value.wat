;;! title = "Blocks with several values is part of the baseline"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/features"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (block (result i32 i32) (i32.const 1) (i32.const 2)) (drop) (drop)
    (i32.const 1)))
