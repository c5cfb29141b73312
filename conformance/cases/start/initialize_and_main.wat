;;! title = "`_initialize`, then `main` with zeros; not `_start`"
;;! spec = "6.1 Load"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/start_order"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    {{proxy_log INFO "initialize"}})
  (func {{export main}}
    {{proxy_log INFO "main"}}
    (i32.const 1))
  (func {{export __main_void}}
    {{proxy_log INFO "main_void"}}
    (i32.const 1))
  (func {{export _start}}
    {{proxy_log INFO "start"}})
  (func {{export proxy_on_context_create}}
    {{proxy_log INFO "context"}}))
