;;! title = "A plugin that holds nothing but the end does not keep a connection that both peers have ended"
;;! spec = "proxy_on_downstream_data"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "enough" } },
;;!   { upstream_data = { data = "", end = true } },
;;!   { downstream_data = { data = "", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}} (i32.lt_u (local.get $data_size) (i32.const 4)))
  (func {{export proxy_on_downstream_connection_close}} (nop)))
