;;! title = "So did a `main`"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/exit_zero_in_start"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    (nop))
  (func {{export main}}
    {{proc_exit 0}}
    (unreachable))
  (func {{export proxy_on_context_create}}
    {{proxy_log INFO "context"}}))
