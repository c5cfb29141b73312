;;! title = "A stream that the client leaves in the middle is logged, done and deleted"
;;! spec = "proxy_on_delete"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request_headers = { method = "POST" } }, { request_body = { data = "half" } }, { hang_up = true }]
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
