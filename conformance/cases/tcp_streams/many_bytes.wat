;;! title = "Many bytes go through in pieces of any size"
;;! spec = "proxy_on_downstream_data"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = { text = "0123456789", times = 20000 } } },
;;!   { upstream_data = { data = { text = "0123456789", times = 20000 }, end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 199990 100}}
    {{CONTINUE}})
  (func {{export proxy_on_upstream_data}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 199990 100}}
    {{CONTINUE}}))
