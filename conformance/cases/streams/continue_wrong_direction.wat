;;! title = "Resuming the other direction does nothing"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_stream HTTP_RESPONSE}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{CONTINUE}}))
