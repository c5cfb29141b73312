;;! title = "In VMs of their own plugins count contexts for themselves"
;;! spec = "proxy_on_context_create"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first", vm = { vm_id = "one" } }, { name = "second", vm = { vm_id = "two" } }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    (nop))
  (func {{export proxy_on_request_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (nop)
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    (nop))
  (func {{export proxy_on_done}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_delete}}
    (nop)))
