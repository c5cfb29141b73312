;;! title = "Plugins and streams of a VM share one sequence of ids, and none is used twice"
;;! spec = "proxy_on_context_create"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/ids_are_not_reused"]
;;! dialogue = [{ stream = "a", request = {} }, { stream = "b", request = {} }, { stream = "a", response = {} }, { stream = "a", finish = true }, { stream = "c", request = {} }]
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
