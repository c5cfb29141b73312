;;! title = "Bytes resumed in the callback that holds them go on"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "aaaa" } },
;;!   { downstream_data = { data = "bbbb", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{PAUSE}}))
