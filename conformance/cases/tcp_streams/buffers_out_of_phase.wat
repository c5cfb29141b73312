;;! title = "A buffer outside its callback reads as empty and cannot be written"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "pong" } },
;;! ]
(module {{prelude}}
  (func $both
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 100}}
    {{proxy_get_buffer_status DOWNSTREAM_DATA}}
    {{proxy_set_buffer_bytes DOWNSTREAM_DATA 0 0 "x"}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 0 100}}
    {{proxy_get_buffer_status UPSTREAM_DATA}}
    {{proxy_set_buffer_bytes UPSTREAM_DATA 0 0 "x"}})
  (func {{export proxy_on_new_connection}} (call $both) {{CONTINUE}})
  (func {{export proxy_on_downstream_data}} (call $both) {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (call $both) {{CONTINUE}})
  (func {{export proxy_on_log}} (call $both)))
