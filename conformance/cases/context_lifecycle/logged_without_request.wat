;;! title = "A plugin that never saw the request gets a context to log it with"
;;! spec = "proxy_on_log"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
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
