;;! title = "The second plugin holds a connection: the first has let it pass, and sees no byte before it is connected"
;;! spec = "proxy_on_new_connection"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "one", configuration = "1", vm = { vm_id = "1" } }, { name = "two", module = "../shared/holds_connection.wat", vm = { vm_id = "2" } }, { name = "three", vm = { vm_id = "3" } }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
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
