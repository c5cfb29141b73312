;;! title = "The sender waits while a plugin holds as much as it may"
;;! spec = "buffer limit"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "a", upstream_data = { data = "aaaa" } },
;;!   { stream = "a", upstream_data = { data = "bbbbb" } },
;;!   { stream = "a", upstream_data = { data = "cccc" } },
;;!   { stream = "a", upstream_data = { data = "dddd", end = true } },
;;!   { stream = "b", connect = true },
;;!   { stream = "a", wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{CONTINUE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_continue_stream UPSTREAM}}
    {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} {{PAUSE}}))
