;;! title = "The functions of 0.1.0"
;;! spec = "proxy_continue_request"
;;! abi = ["0.1.0"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_request}}
    {{PAUSE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_continue_response}}
    {{PAUSE}}))
