;;! title = "A status that cannot be sent becomes 500, with a log line"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 600 "" "body" "" -1}}
    {{CONTINUE}}))
