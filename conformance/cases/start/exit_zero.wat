;;! title = "`_start` that ends with proc_exit(0) ended well"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/exit_zero_in_start"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _start}}
    {{proxy_log INFO "start"}}
    {{proc_exit 0}})
  (func {{export proxy_on_context_create}}
    {{proxy_log INFO "context"}}))
