;;! title = "The upstream's direction is not what holds a new connection"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    {{proxy_continue_stream UPSTREAM}}
    {{PAUSE}}))
