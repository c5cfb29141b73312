;;! title = "A logger is told of a finished stream about its plugin context, after every filter has logged and before any is done"
;;! spec = "proxy_on_log"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "log-one", access_log = true }, { name = "first" }, { name = "second" }, { name = "log-two", access_log = true, vm = { vm_id = "own" } }]
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
    {{proxy_get_property "plugin_name"}})
  (func {{export proxy_on_done}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_delete}}
    (nop)))
