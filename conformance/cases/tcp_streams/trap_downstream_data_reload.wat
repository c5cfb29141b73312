;;! title = "A trap in proxy_on_downstream_data under the policy reload: what becomes of the connection, and of the next one"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "one" } },
;;!   { upstream_data = { data = "two" } },
;;!   { downstream_data = { data = "", end = true } },
;;!   { upstream_data = { data = "", end = true } },
;;!   { advance = 2000 },
;;!   { connect = true },
;;!   { downstream_data = { data = "three" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}} (nop) {{CONTINUE}})
  (func {{export proxy_on_downstream_data}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (unreachable))) {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (nop) {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (nop))
  (func {{export proxy_on_upstream_connection_close}} (nop))
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_log}} (nop))
  (func {{export proxy_on_delete}} (nop))
)
