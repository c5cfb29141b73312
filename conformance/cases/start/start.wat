;;! title = "`_start` where there is no `_initialize`; no `main` after it"
;;! spec = "6.1 Load"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/start_order"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _start}}
    {{proxy_log INFO "start"}})
  (func {{export main}}
    {{proxy_log INFO "main"}}
    (i32.const 0)))
