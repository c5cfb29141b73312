;;! title = "A range outside memory is refused, and nothing is sent"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 0xffff 2 "b" "" -1}}
    {{proxy_send_local_response 403 "d" 0xffff 2 "" -1}}
    {{proxy_send_local_response 403 "d" "b" 0xffff 2 -1}}
    {{proxy_send_local_response 403 "d" "b" 0 -1 -1}}
    {{CONTINUE}}))
