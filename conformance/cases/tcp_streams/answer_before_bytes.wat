;;! title = "Resumed by another connection, held bytes go on before later ones are seen, though the driver has not been woken yet"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { stream = "a", connect = true },
;;!   { stream = "a", downstream_data = { data = "held" } },
;;!   { stream = "b", connect = true },
;;!   { stream = "a", downstream_data = { data = "later" } },
;;!   { stream = "a", wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    (if (i32.eq (local.get $context_id) (i32.const 3)) (then
      {{proxy_set_effective_context 2}}
      {{proxy_continue_stream DOWNSTREAM}}))
    {{CONTINUE}})
  (func {{export proxy_on_downstream_data}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 -1}}
    {{PAUSE}}))
