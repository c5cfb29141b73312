;;! title = "`_start` that ends with another code has failed"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _start}}
    {{proxy_log INFO "start"}}
    {{proc_exit 1}})
  (func {{export proxy_on_context_create}}
    {{proxy_log INFO "context"}}))
