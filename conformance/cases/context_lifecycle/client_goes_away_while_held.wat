;;! title = "So is one that a plugin holds"
;;! spec = "proxy_on_delete"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { hang_up = true }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    (nop))
  (func {{export proxy_on_request_headers}}
    (nop)
    {{PAUSE}})
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
