;;! title = "What one plugin has changed, the next one sees; each holds for itself"
;;! spec = "order of filters"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "one", vm = { vm_id = "1" } }, { name = "two", vm = { vm_id = "2" } }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "a" } },
;;!   { downstream_data = { data = "b" } },
;;!   { upstream_data = { data = "c" } },
;;!   { upstream_data = { data = "d" } },
;;! ]
(module {{prelude}}
  (global $held (mut i32) (i32.const 0))
  (func {{export proxy_on_downstream_data}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 100}}
    {{proxy_set_buffer_bytes DOWNSTREAM_DATA 0 0 "+"}}
    (global.set $held (i32.xor (global.get $held) (i32.const 1)))
    (global.get $held))
  (func {{export proxy_on_upstream_data}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 0 100}}
    {{proxy_set_buffer_bytes UPSTREAM_DATA 0 0 "-"}}
    {{CONTINUE}}))
