;;! title = "Bytes still flow to the client after it has sent its last one"
;;! spec = "proxy_on_upstream_data"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "question", end = true } },
;;!   { upstream_data = { data = "one" } },
;;!   { upstream_data = { data = "two", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}} (nop) {{CONTINUE}})
  (func {{export proxy_on_downstream_data}} (nop) {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (nop) {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (nop))
  (func {{export proxy_on_upstream_connection_close}} (nop))
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_log}} (nop))
  (func {{export proxy_on_delete}} (nop)))
