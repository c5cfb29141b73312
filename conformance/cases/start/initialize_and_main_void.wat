;;! title = "`__main_void` where there is no `main`"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/start_order"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    {{proxy_log INFO "initialize"}})
  (func {{export __main_void}}
    {{proxy_log INFO "main_void"}}
    (i32.const 7)))
