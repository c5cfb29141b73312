;;! title = "A plugin that is not done is deleted after the callback in which it says so"
;;! spec = "proxy_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ stop = "first" }, { request = {} }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_done}}
    (nop)
    (i32.eq (local.get $context_id) (i32.const 2)))
  (func {{export proxy_on_delete}}
    (nop))
  (func {{export proxy_on_request_headers}}
    {{proxy_done}}
    {{proxy_set_effective_context 1}}
    {{proxy_done}}
    {{proxy_done}}
    {{proxy_log INFO "still here"}}
    {{CONTINUE}}))
