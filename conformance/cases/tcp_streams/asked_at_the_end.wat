;;! title = "Closing and resuming are too late once the connection is over"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { downstream_reset = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}} {{PAUSE}})
  (func $ask
    {{proxy_continue_stream DOWNSTREAM}}
    {{proxy_close_stream DOWNSTREAM}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 100}}
    {{proxy_set_buffer_bytes DOWNSTREAM_DATA 0 0 "x"}})
  (func {{export proxy_on_downstream_connection_close}} (call $ask))
  (func {{export proxy_on_done}} (call $ask) (i32.const 0))
  (func {{export proxy_on_log}} (call $ask))
  (func {{export proxy_on_delete}} (call $ask)))
