;;! title = "The functions of 0.1.0, where nothing is held"
;;! spec = "proxy_continue_response"
;;! abi = ["0.1.0"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_response}}
    {{proxy_continue_request}}
    {{CONTINUE}}))
