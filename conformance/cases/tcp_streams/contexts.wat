;;! title = "Each connection has a context of its own, as long as it lives"
;;! spec = "proxy_on_context_create"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "b", connect = true },
;;!   { stream = "a", downstream_data = { data = "for-a" } },
;;!   { stream = "b", upstream_data = { data = "from-b" } },
;;!   { stream = "a", downstream_reset = true },
;;!   { stream = "c", connect = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_context_create}} (nop))
  (func {{export proxy_on_new_connection}} (nop) {{CONTINUE}})
  (func {{export proxy_on_downstream_data}} (nop) {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (nop) {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (nop))
  (func {{export proxy_on_upstream_connection_close}} (nop))
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_log}} (nop))
  (func {{export proxy_on_delete}} (nop)))
