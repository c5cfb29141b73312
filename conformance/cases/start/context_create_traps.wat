;;! title = "A trap in the plugin's `proxy_on_context_create` is a failure to start"
;;! spec = "proxy_on_context_create"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    (unreachable)))
