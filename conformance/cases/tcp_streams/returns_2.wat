;;! title = "A data callback that returns 2 holds what it saw"
;;! spec = "proxy_on_downstream_data"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "pong" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}} (i32.const 2)))
