;;! title = "Without body there is neither length nor type"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 204 "" "" "" -1}}
    {{CONTINUE}}))
