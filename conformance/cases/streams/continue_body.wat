;;! title = "A body that is held goes on when resumed, without another callback"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (if (local.get $end_of_stream) (then {{proxy_continue_stream HTTP_REQUEST}}))
    {{PAUSE}}))
