;;! title = "The upstream closes first; the client's last half makes it the one who closed"
;;! spec = "TCP stream callbacks"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "hello", end = true } },
;;!   { downstream_data = { data = "", end = true } },
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
