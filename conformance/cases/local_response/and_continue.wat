;;! title = "Resuming does not undo an answer"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_send_local_response 403 "" "denied" "" -1}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{CONTINUE}}))
