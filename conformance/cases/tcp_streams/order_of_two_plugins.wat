;;! title = "Client's bytes meet plugins in order, the upstream's in reverse; at the end, one plugin after the other"
;;! spec = "order of filters"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "one", vm = { vm_id = "1" } }, { name = "two", vm = { vm_id = "2" } }]
;;! log_level = "INFO"
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "pong", end = true } },
;;!   { downstream_data = { data = "", end = true } },
;;! ]
(module {{prelude}}
  (func $name {{proxy_get_property "plugin_name"}})
  (func {{export proxy_on_new_connection}} (call $name) {{CONTINUE}})
  (func {{export proxy_on_downstream_data}} (call $name) {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (call $name) {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (call $name))
  (func {{export proxy_on_upstream_connection_close}} (call $name))
  (func {{export proxy_on_done}} (call $name) (i32.const 1))
  (func {{export proxy_on_log}} (call $name))
  (func {{export proxy_on_delete}} (call $name)))
