;;! title = "An answer in the response callback of an answer is dropped"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "" "first" "" -1}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_send_local_response 404 "" "second" "" -1}}
    {{CONTINUE}}))
