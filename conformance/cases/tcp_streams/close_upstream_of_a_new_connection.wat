;;! title = "Closing a new connection, by the upstream side's name: the upstream is not connected to"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    {{proxy_close_stream UPSTREAM}}
    {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (nop))
  (func {{export proxy_on_log}} (nop)))
