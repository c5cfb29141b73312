;;! title = "Bytes resumed in the callback that holds them go on"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { upstream_data = { data = "aaaa" } },
;;!   { upstream_data = { data = "bbbb", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_upstream_data}}
    {{proxy_continue_stream UPSTREAM}}
    {{PAUSE}}))
