;;! title = "Bytes that are held can be changed from a callback of another connection, and resumed"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "a", upstream_data = { data = "held" } },
;;!   { stream = "b", connect = true },
;;!   { stream = "a", wake = true },
;;!   { stream = "a", upstream_data = { data = "more" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{CONTINUE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_set_buffer_bytes UPSTREAM_DATA 0 0 "was "}}
    {{proxy_continue_stream UPSTREAM}}
    {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (i32.eq (local.get $data_size) (i32.const 4))))
