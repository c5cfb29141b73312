;;! title = "A connection that is held is not connected to the upstream, until a callback of another one resumes it"
;;! spec = "proxy_on_new_connection"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "a", downstream_data = { data = "early" } },
;;!   { stream = "b", connect = true },
;;!   { stream = "a", wake = true },
;;!   { stream = "a", upstream_data = { data = "hello" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{PAUSE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{CONTINUE}})
  (func {{export proxy_on_downstream_data}} (nop) {{CONTINUE}}))
