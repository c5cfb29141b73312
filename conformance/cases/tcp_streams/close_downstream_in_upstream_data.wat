;;! title = "Closing by the downstream side's name in the callback of upstream data: both sides are closed, and the bytes at hand are not sent"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { upstream_data = { data = "first" } },
;;!   { upstream_data = { data = "second" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_upstream_data}}
    (if (i32.eq (local.get $data_size) (i32.const 6)) (then {{proxy_close_stream DOWNSTREAM}}))
    {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (nop))
  (func {{export proxy_on_upstream_connection_close}} (nop))
  (func {{export proxy_on_log}} (nop)))
