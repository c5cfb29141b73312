;;! title = "Closing twice closes once; closing and resuming closes"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    {{proxy_close_stream DOWNSTREAM}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{proxy_close_stream UPSTREAM}}
    {{PAUSE}})
  (func {{export proxy_on_downstream_connection_close}} (nop)))
