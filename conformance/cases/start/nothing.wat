;;! title = "A module without start functions starts"
;;! spec = "6.1 Load"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    {{proxy_log INFO "context"}}))
