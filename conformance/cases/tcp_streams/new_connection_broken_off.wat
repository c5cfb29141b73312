;;! title = "A client that breaks off while its connection is held"
;;! spec = "proxy_on_downstream_connection_close"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_reset = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}} (nop) {{PAUSE}})
  (func {{export proxy_on_downstream_data}} (nop) {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (nop) {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (nop))
  (func {{export proxy_on_upstream_connection_close}} (nop))
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_log}} (nop))
  (func {{export proxy_on_delete}} (nop))
)
