;;! title = "An access logger is told of a connection once its plugins are done with it"
;;! spec = "proxy_on_log"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "filter" }, { name = "log", access_log = true, module = "../shared/logs_connection.wat" }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "pong" } },
;;!   { downstream_reset = true },
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
