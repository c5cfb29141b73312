;;! title = "Resuming a direction of HTTP does not resume a TCP connection"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_continue_stream HTTP_RESPONSE}}
    {{PAUSE}}))
