;;! title = "Bytes that are no map are no fields, with a log line that says why"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 200 "" "ok" "abcde" -1}}
    {{CONTINUE}}))
