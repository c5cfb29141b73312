;;! title = "`main` without `_initialize` is not called"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export main}}
    {{proxy_log INFO "main"}}
    (i32.const 0))
  (func {{export __main_void}}
    {{proxy_log INFO "main_void"}}
    (i32.const 0)))
