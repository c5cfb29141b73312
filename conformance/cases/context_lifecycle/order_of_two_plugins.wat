;;! title = "Requests in configured order, responses in reverse; at the end all log, then each is done and deleted"
;;! spec = "proxy_on_log"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
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
