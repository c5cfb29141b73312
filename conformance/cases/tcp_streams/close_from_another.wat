;;! title = "A connection is closed from a callback of another one; what it holds is dropped"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "a", downstream_data = { data = "held" } },
;;!   { stream = "b", connect = true },
;;!   { stream = "a", wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{CONTINUE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_close_stream UPSTREAM}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{CONTINUE}})
  (func {{export proxy_on_downstream_data}} {{PAUSE}})
  (func {{export proxy_on_downstream_connection_close}} (nop)))
