;;! title = "Bytes held to the end stay held, until they are resumed with it"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "a", upstream_data = { data = "aaaa" } },
;;!   { stream = "a", upstream_data = { data = "", end = true } },
;;!   { stream = "b", connect = true },
;;!   { stream = "a", wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{CONTINUE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 0 100}}
    {{proxy_continue_stream UPSTREAM}}
    {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} {{PAUSE}})
  (func {{export proxy_on_upstream_connection_close}} (nop)))
