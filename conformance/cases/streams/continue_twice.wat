;;! title = "Resuming twice is resuming once"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{PAUSE}}))
